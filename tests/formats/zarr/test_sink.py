"""What is written to Zarr: results, what goes with them, and how they are stored."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
import zarr

import gradcli
from gradcli.errors import UsageError
from tests.contract import read_all
from tests.formats.zarr.stores import KINDS, SHAPE, VALUES, make_store, opened, zipped


def differentiate(path: Path, out: str = "b.zarr", **options: object) -> Path:
    report = gradcli.differentiate(path, path.with_name(out), **({"axis": "y,x"} | options))
    return Path(report.outputs[0])


@pytest.mark.parametrize("kind", KINDS)
def test_results_are_stored_like_their_field(tmp_path: Path, kind: str) -> None:
    path = make_store(tmp_path / "a.zarr", kind, units="K", long_name="warmth")
    made = differentiate(path, jobs=2, history="asked")
    grid, had = opened(made), zarr.open_group(path)["f"]
    assert sorted(grid.data_vars) == ["df_dx", "df_dy"]
    np.testing.assert_array_equal(grid.df_dx, np.gradient(VALUES, had_x(path), axis=1))
    assert grid.df_dx.attrs["units"] == "K m-1"
    assert grid.df_dx.dims == ("y", "x")
    assert grid.x.attrs == {"units": "m"}
    assert grid.attrs["title"] == "a store"
    assert "asked" in grid.attrs["history"]
    result = zarr.open_group(made)["df_dx"]
    assert (result.chunks, result.shards) == (had.chunks, had.shards)
    assert result.compressors == had.compressors
    assert result.metadata.zarr_format == (2 if kind == "2" else 3)
    assert (made / ".zmetadata").exists() == (kind == "2")
    if kind == "2":
        with xr.open_zarr(made, consolidated=True, chunks=None) as gathered:
            xr.testing.assert_identical(gathered.load(), grid)


def had_x(path: Path) -> np.ndarray:
    return opened(path).x.to_numpy()


@pytest.mark.parametrize("kind", KINDS)
def test_threads_and_parts_of_memory_give_the_same_files(tmp_path: Path, kind: str) -> None:
    path = make_store(tmp_path / "a.zarr", kind)
    found = [
        contents(differentiate(path, f"{jobs}.zarr", jobs=jobs, history=None)) for jobs in (1, 3)
    ]
    assert found[0] == found[1]


def contents(path: Path) -> dict[str, bytes]:
    files = (file for file in path.rglob("*") if file.is_file())
    return {str(file.relative_to(path)): file.read_bytes() for file in files}


def test_archives_hold_what_folders_hold(tmp_path: Path) -> None:
    path = make_store(tmp_path / "a.zarr")
    folder = contents(differentiate(path, "b.zarr", history=None))
    archive = differentiate(zipped(path), "b.zarr.zip", history=None)
    import zipfile

    with zipfile.ZipFile(archive) as file:
        assert {name: file.read(name) for name in file.namelist()} == folder
        assert file.namelist()[-1] == "zarr.json"
    again = differentiate(path, "c.zarr.zip", history=None)
    assert again.read_bytes() == archive.read_bytes()


def test_parts_and_rows_put_in_order_take_their_coordinates_along(tmp_path: Path) -> None:
    mixed = np.array([3.0, 1, 2, 0, 5])
    grid = xr.Dataset(
        {"f": (("y", "x"), np.arange(20.0).reshape(5, 4), {"coordinates": "h"})},
        {"y": mixed, "x": [0.0, 1, 2, 3], "h": (("y", "x"), np.arange(20.0).reshape(5, 4))},
    )
    for version in (2, 3):
        path = tmp_path / f"{version}.zarr"
        grid.to_zarr(
            path, zarr_format=version, consolidated=False, encoding={"f": {"chunks": (2, 2)}}
        )
        made = opened(
            differentiate(path, f"out{version}.zarr", axis="y", sort=True, isel={"x": slice(1, 3)})
        )
        np.testing.assert_array_equal(made.y, np.sort(mixed))
        np.testing.assert_array_equal(made.x, [1, 2])
        order = np.argsort(mixed)
        np.testing.assert_array_equal(made.h, grid.h.to_numpy()[order][:, 1:3])
        values = grid.f.to_numpy()[order][:, 1:3]
        np.testing.assert_allclose(
            made.df_dy, np.gradient(values, np.sort(mixed), axis=0), rtol=1e-14
        )


def test_keep_takes_all_along_and_deflate_is_asked_for(tmp_path: Path) -> None:
    path = make_store(tmp_path / "a.zarr", "shards")
    made = differentiate(path, keep=True, deflate=6, chunks=[7, 5])
    np.testing.assert_array_equal(opened(made).f, VALUES)
    result = zarr.open_group(made)["df_dy"]
    assert (result.chunks, result.shards) == ((7, 5), None)
    assert "zlib" in str(result.compressors)
    plain = differentiate(path, "c.zarr", deflate=0)
    assert zarr.open_group(plain)["df_dy"].compressors == ()


def test_shards_are_multiples_of_chunks(tmp_path: Path) -> None:
    path = make_store(tmp_path / "a.zarr")
    for given, found in (
        ({"shards": {"x": 8}}, ((5, 4), (5, 8))),
        ({"shards": [0, 0]}, ((5, 4), (20, 12))),
        ({"shards": (10, 12), "chunks": (2, 3)}, ((2, 3), (10, 12))),
    ):
        made = differentiate(path, overwrite=True, jobs=2, **given)
        result = zarr.open_group(made)["df_dy"]
        assert (result.chunks, result.shards) == found
        np.testing.assert_array_equal(result[...], read_all(made)["df_dy"])
        np.testing.assert_allclose(result[:, 0], np.gradient(VALUES[:, 0], opened(path).y))
    for out, given, words in (
        ("c.zarr", {"shards": (7, 4)}, r"shards\W+ 7 points along y are no multiple .* of 5"),
        ("c.zarr", {"shards": (7,)}, "shards= gives one size"),
        ("c.nc", {"shards": (5, 4)}, "shards: only Zarr 3 has shards"),
    ):
        with pytest.raises(UsageError, match=words):
            differentiate(path, out, **given)
    with pytest.raises(UsageError, match="shards: only Zarr 3 has shards"):
        differentiate(make_store(tmp_path / "2.zarr", "2"), shards=(5, 4))


def test_other_formats_get_blosc_and_give_deflate(tmp_path: Path) -> None:
    source = tmp_path / "a.nc"
    grid = xr.Dataset({"f": (("y", "x"), VALUES)}, {"y": np.arange(17.0), "x": np.arange(11.0)})
    grid.to_netcdf(source, encoding={"f": {"zlib": True, "chunksizes": (5, 4)}})
    made = differentiate(source)
    result = zarr.open_group(made)["df_dy"]
    assert result.chunks == (5, 4)
    assert "zstd" in str(result.compressors)
    assert "shuffle" in str(result.compressors)
    np.testing.assert_array_equal(opened(made).x, grid.x)
    back = gradcli.differentiate(made, tmp_path / "c.nc", var="df_dy", axis="x")
    with xr.open_dataset(back.outputs[0]) as found:
        assert found["ddf_dy_dx"].encoding["complevel"] == 4
    assert any("blosc" in note for note in back.notes)


def test_arrays_without_names_stay_without(tmp_path: Path) -> None:
    made = zarr.create_array(tmp_path / "a.zarr", shape=SHAPE, chunks=(5, 4), dtype="f8")
    made[...] = VALUES
    report = gradcli.differentiate(tmp_path / "a.zarr", axis=0)
    assert report.outputs == [str(tmp_path / "a_gradient.zarr")]
    document = json.loads((tmp_path / "a_gradient.zarr" / "da_d0" / "zarr.json").read_text())
    assert document.get("dimension_names") is None


@pytest.mark.parametrize("name", ["../up", "__x", "zarr.json", ".zarray", "a/b", "a\nb"])
def test_names_that_mean_something_in_a_store_are_changed(tmp_path: Path, name: str) -> None:
    np.savez(tmp_path / "a.npz", **{name: VALUES})
    report = gradcli.differentiate(tmp_path / "a.npz", tmp_path / "b.zarr", axis=0, name="{var}")
    (made,) = read_all(report.outputs[0]).values()
    np.testing.assert_array_equal(made, np.gradient(VALUES, axis=0))
    assert sorted(os.listdir(tmp_path)) == ["a.npz", "b.zarr"]


def test_coordinates_over_several_axes_come_from_other_formats(tmp_path: Path) -> None:
    height = VALUES + 3
    grid = xr.Dataset(
        {"f": (("y", "x"), VALUES)},
        {"y": np.arange(17.0), "x": np.arange(11.0), "h": (("y", "x"), height, {"units": "m"})},
    )
    grid.to_netcdf(tmp_path / "a.nc")
    made = opened(differentiate(tmp_path / "a.nc", isel={"x": slice(2, 9)}))
    np.testing.assert_array_equal(made.h, height[:, 2:9])
    assert "h" in made.df_dy.coords
    assert made.h.attrs == {"units": "m"}


def test_complex_and_small_fields(tmp_path: Path) -> None:
    group = zarr.open_group(tmp_path / "a.zarr", zarr_format=2)
    group.create_array("c", data=np.arange(6) * 1j)
    group.create_array("n", data=np.arange(5, dtype="f2"))
    gradcli.differentiate(tmp_path / "a.zarr", tmp_path / "b.zarr", axis=0)
    found = read_all(tmp_path / "b.zarr")
    np.testing.assert_array_equal(found["dc_d0"], np.full(6, 1j))
    np.testing.assert_array_equal(found["dn_d0"], np.ones(5))


@pytest.mark.parametrize("kind", KINDS)
def test_chunks_that_are_missing_stay_missing(tmp_path: Path, kind: str) -> None:
    values = np.full(SHAPE, np.nan)
    values[:6] = VALUES[:6]
    path = make_store(tmp_path / "a.zarr", kind, values)
    (made,) = gradcli.differentiate(path, tmp_path / "b.zarr", axis="x").outputs
    stored = {
        name: {str(file.relative_to(folder)) for file in folder.rglob("*") if file.is_file()}
        for name, folder in {"f": path / "f", "df_dx": Path(made) / "df_dx"}.items()
    }
    assert stored["df_dx"] == stored["f"]
    found = opened(made)["df_dx"].values
    assert np.isnan(found[6:]).all()
    assert np.isfinite(found[:6]).all()
