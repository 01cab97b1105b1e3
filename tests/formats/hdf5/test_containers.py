"""Tables, and what PyTables, pandas and MATLAB keep beside fields."""

from __future__ import annotations

from pathlib import Path

import h5py
import numpy as np
import pytest

import gradcli
from gradcli.errors import GradcliError
from gradcli.formats.opening import open_source

T = np.array([0, 1, 3, 4, 6, 7, 9, 10.0])
KIND = [("t", "f8"), ("speed", "f4"), ("gear", "i4"), ("word", "S4"), ("place", "f8", (3,))]


def write_table(path: Path, **options: object) -> Path:
    rows = np.zeros(8, KIND)
    rows["t"], rows["speed"], rows["gear"], rows["word"] = T, T**2, np.arange(8), b"ab"
    rows["place"] = T[:, None] * [1, 2, 3]
    with h5py.File(path, "w") as file:
        file.create_dataset("log/table", data=rows, **options)
    return path


def results(path: str) -> dict[str, np.ndarray]:
    found: dict[str, np.ndarray] = {}
    with h5py.File(path) as file:
        file.visititems(
            lambda name, item: (
                found.update({name: item[()]}) if isinstance(item, h5py.Dataset) else None
            )
        )
    return found


@pytest.mark.parametrize("options", [{}, {"chunks": (3,), "compression": "gzip"}])
@pytest.mark.parametrize("memory", ["1GiB", "17MiB"])
def test_columns_of_a_table_are_fields_along_one_another(
    tmp_path: Path, options: dict, memory: str
) -> None:
    path = write_table(tmp_path / "a.h5", **options)
    found = results(gradcli.differentiate(path, axis="t", memory=memory).outputs[0])
    assert found.keys() == {f"log/table/{n}" for n in ("t", "dspeed_dt", "dgear_dt", "dplace_dt")}
    np.testing.assert_array_equal(found["log/table/t"], T)
    np.testing.assert_allclose(
        found["log/table/dspeed_dt"], np.gradient((T**2).astype("f4"), T), rtol=1e-5
    )
    np.testing.assert_allclose(found["log/table/dplace_dt"], np.ones((8, 1)) * [1, 2, 3])


def test_a_part_of_a_table_has_the_numbers_of_the_whole(tmp_path: Path) -> None:
    path = write_table(tmp_path / "a.h5")
    found = results(
        gradcli.differentiate(path, axis="t", var="speed", sel={"t": (3, 7)}).outputs[0]
    )
    np.testing.assert_array_equal(found["log/table/t"], T[2:6])
    np.testing.assert_allclose(
        found["log/table/dspeed_dt"], np.gradient((T**2).astype("f4"), T)[2:6], rtol=1e-5
    )


def test_words_of_a_table_tell_tracks_apart(tmp_path: Path) -> None:
    path = write_table(tmp_path / "a.h5")
    with h5py.File(path, "r+") as file:
        rows = file["log/table"][...]
        rows["word"] = [b"a"] * 4 + [b"b"] * 4
        file["log/table"][...] = rows
    report = gradcli.differentiate(path, axis="t", var="speed", by="log/table/word")
    expected = [np.gradient((T**2).astype("f4")[part], T[part]) for part in np.split(np.r_[:8], 2)]
    np.testing.assert_allclose(
        results(report.outputs[0])["log/table/dspeed_dt"], np.concatenate(expected), rtol=1e-5
    )


def test_the_index_of_a_table_is_left_alone(tmp_path: Path) -> None:
    path = write_table(tmp_path / "a.h5")
    with h5py.File(path, "r+") as file:
        group = file.create_group("log/_i_table")
        group.attrs["CLASS"] = np.bytes_("TINDEX")
        group["t/sortedLR"] = T
    with open_source(str(path)) as source:
        assert "log/_i_table/t/sortedLR" not in source.fields
        assert "left out: log/_i_table (index of a table)" in source.notes


def test_indices_of_pandas_are_coordinates(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["df/axis1"], file["df/block0_values"] = T, np.ones((8, 2))
        file["df"].attrs["pandas_type"] = "frame"
        file["axis1"] = T
    with open_source(str(tmp_path / "a.h5")) as source:
        kinds = {name: field.kind for name, field in source.fields.items()}
    assert kinds == {"axis1": "data", "df/axis1": "coordinate", "df/block0_values": "data"}


def test_what_matlab_keeps_as_numbers_is_told_apart(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "a.mat.h5", "w") as file:
        wave = np.zeros((2, 8), [("real", "f8"), ("imag", "f8")])
        wave["imag"] = T**2
        every = {
            "wave": (wave, "double"),
            "label": (np.ones((1, 4), "u2"), "char"),
            "cell": (np.ones((1, 4), "u8"), "cell"),
            "on": (np.ones((1, 4), "u1"), "logical"),
            "none": (np.array([0, 9], "u8"), "double"),
        }
        for name, (values, kind) in every.items():
            file[name] = values
            file[name].attrs["MATLAB_class"] = np.bytes_(kind)
        file["none"].attrs["MATLAB_empty"] = np.uint8(1)
        file["#refs#/a"] = T
        file["sparse/data"] = T
        file["sparse"].attrs["MATLAB_sparse"] = np.uint64(8)
    report = gradcli.differentiate(tmp_path / "a.mat.h5", axis=-1)
    with h5py.File(report.outputs[0]) as file:
        assert list(file) == ["dwave_d1"]
        np.testing.assert_allclose(
            file["dwave_d1"], 1j * np.gradient(np.tile(T**2, (2, 1)), axis=1)
        )
        assert not [name for name in file["dwave_d1"].attrs if name.startswith("MATLAB")]
    assert [note for note in report.notes if "transposed" in note]
    with open_source(str(tmp_path / "a.mat.h5")) as source:
        assert {n: f.kind for n, f in source.fields.items()} == {
            "#refs#/a": "cell",
            "on": "logical",
            "wave": "data",
        }


def test_datasets_of_one_point_stop_nothing_beside_others(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["trace"], file["gain"] = T, np.array([2.5])
    report = gradcli.differentiate(tmp_path / "a.h5", axis=0)
    assert results(report.outputs[0]).keys() == {"dtrace_d0"}
    assert [note for note in report.notes if note.startswith("gain: left out, ")]
    with pytest.raises(GradcliError, match="has 1 point, and"):
        gradcli.differentiate(tmp_path / "a.h5", axis=0, var="gain", overwrite=True)


def test_keep_carries_a_table_beside_the_results_of_its_columns(tmp_path: Path) -> None:
    path = write_table(tmp_path / "a.h5")
    report = gradcli.differentiate(path, axis="t", var="speed", keep=True)
    assert report.notes == [
        "keep=True: the table log/table is written as log/table/table_table, "
        "beside the results of its columns"
    ]
    found = results(report.outputs[0])
    assert found.keys() == {f"log/table/{name}" for name in ("t", "dspeed_dt", "table_table")}
    with h5py.File(path) as file:
        np.testing.assert_array_equal(found["log/table/table_table"], file["log/table"][:])
