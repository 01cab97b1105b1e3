"""Signals and axes of NeXus."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

import gradcli
from gradcli.formats.opening import open_source

EDGES = np.array([0.0, 1, 3, 4, 6, 9, 10, 12, 13])
CENTRES = (EDGES[1:] + EDGES[:-1]) / 2
ANGLE = np.array([1.0, 2, 4, 7, 8])
COUNTS = np.add.outer(ANGLE**2, CENTRES**3)


def write(path: Path, style: str) -> Path:
    with h5py.File(path, "w") as file:
        entry = file.create_group("entry")
        entry.attrs["NX_class"] = "NXentry"
        data = entry.create_group("data")
        data.attrs["NX_class"] = "NXdata"
        data["counts"], data["tof"], data["angle"] = COUNTS, EDGES, ANGLE
        data["tof"].attrs["units"] = "us"
        data["errors"] = np.sqrt(COUNTS)
        entry["gain"] = np.arange(8.0)
        if style == "new":
            data.attrs["signal"] = "counts"
            data.attrs["axes"] = ["angle", "tof"]
        elif style == "indices":
            data.attrs["signal"], data.attrs["axes"] = "counts", ["tof"]
            data.attrs["tof_indices"], data.attrs["angle_indices"] = 1, [0]
        elif style == "old":
            data["counts"].attrs["signal"], data["counts"].attrs["axes"] = b"1", "[angle:tof]"
        else:
            data["counts"].attrs["signal"] = np.int32(1)
            data["angle"].attrs["axis"], data["tof"].attrs["axis"] = np.int32(1), b"2"
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


@pytest.mark.parametrize("style", ["new", "indices", "old", "marked"])
def test_the_signal_is_differentiated_along_its_axes(tmp_path: Path, style: str) -> None:
    path = write(tmp_path / "a.nxs", style)
    report = gradcli.differentiate(path, edge_order=2)
    assert report.notes == [
        "entry/data/tof: 9 coordinates for 8 points are edges of bins; the centres are used"
    ]
    found = results(report.outputs[0])
    names = {"dcounts_dangle", "dcounts_dtof", "angle", "tof_centres"}
    assert found.keys() == {f"entry/data/{name}" for name in names}
    np.testing.assert_array_equal(found["entry/data/tof_centres"], CENTRES)
    for name, x, axis in (("angle", ANGLE, 0), ("tof", CENTRES, 1)):
        expected = np.gradient(COUNTS, x, axis=axis, edge_order=2)
        np.testing.assert_allclose(found[f"entry/data/dcounts_d{name}"], expected, rtol=1e-12)


def test_what_lies_beside_the_signal_has_its_axes(tmp_path: Path) -> None:
    path = write(tmp_path / "a.nxs", "new")
    found = results(gradcli.differentiate(path, var="errors", axis="tof").outputs[0])
    expected = np.gradient(np.sqrt(COUNTS), CENTRES, axis=1)
    np.testing.assert_allclose(found["entry/data/derrors_dtof"], expected, rtol=1e-12)


def test_keep_carries_the_edges_and_what_groups_say(tmp_path: Path) -> None:
    path = write(tmp_path / "a.nxs", "new")
    out = gradcli.differentiate(path, keep=True).outputs[0]
    np.testing.assert_array_equal(results(out)["entry/data/tof"], EDGES)
    with h5py.File(out) as file:
        assert file["entry/data"].attrs["signal"] == "counts"
        assert list(file["entry/data"].attrs["axes"]) == ["angle", "tof"]


def test_a_part_by_the_centres_of_bins(tmp_path: Path) -> None:
    path = write(tmp_path / "a.nxs", "new")
    found = results(gradcli.differentiate(path, axis="tof", sel={"tof": (2, 8)}).outputs[0])
    np.testing.assert_array_equal(found["entry/data/tof_centres"], CENTRES[1:5])
    expected = np.gradient(COUNTS, CENTRES, axis=1)[:, 1:5]
    np.testing.assert_allclose(found["entry/data/dcounts_dtof"], expected, rtol=1e-12)


def two_groups(path: Path, default: Any) -> Path:
    with h5py.File(path, "w") as file:
        for name in ("a", "b"):
            group = file.create_group(f"entry/{name}")
            group.attrs["NX_class"], group.attrs["signal"] = "NXdata", "s"
            group.attrs["axes"] = "x"  # one name need not be a list
            group["s"], group["x"] = np.arange(5.0) ** 2, np.arange(5.0) * 2
        file["entry/none"] = np.arange(5.0)
        if default:
            file.attrs["default"], file["entry"].attrs["default"] = "entry", default
    return path


@pytest.mark.parametrize(("default", "kinds"), [("", "data data"), ("b", "signal data")])
def test_the_default_group_comes_first(tmp_path: Path, default: str, kinds: str) -> None:
    path = two_groups(tmp_path / "a.nxs", default)
    report = gradcli.differentiate(path)
    found = [v["name"] for v in report.variables]
    assert found == (["entry/b/s"] if default else ["entry/a/s", "entry/b/s"])
    said = "entry/b/s: the default of the file; its other signals need --var: entry/a/s"
    assert list(report.notes) == ([said.replace("--var", "var")] if default else [])
    assert gradcli.differentiate(path, var="entry/a/s", overwrite=True).notes == []
    with open_source(str(path)) as source:
        assert source.fields["entry/none"].kind == "no signal"


def test_coordinates_that_do_not_fit_are_none(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "a.nxs", "w") as file:
        group = file.create_group("d")
        group.attrs["NX_class"], group.attrs["signal"] = "NXdata", "s"
        group.attrs["axes"] = [".", "words", "short", "absent"]
        group["s"], group["short"] = np.zeros((2, 3, 4, 5)), np.arange(3.0)
        group["words"] = np.array([b"a", b"b", b"c"])
        group.attrs["default"] = "nowhere"
    with open_source(str(tmp_path / "a.nxs")) as source:
        assert [axis.name for axis in source.fields["d/s"].axes] == [None] * 4
