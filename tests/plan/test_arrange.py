"""What is asked to be put in order, and what is not."""

from __future__ import annotations

from pathlib import Path

import h5py
import netCDF4
import numpy as np
import pytest

import gradcli
from gradcli.errors import InputError, UsageError
from gradcli.model.axes import Axis
from gradcli.plan.arrange import arranged
from tests.grids import write_grid
from tests.model.test_arrangement import X, Y, grid, merged


def test_an_axis_that_goes_one_way_is_left_as_it_is() -> None:
    for values in (np.arange(4.0), -np.arange(4.0), np.array([1.0]), None):
        axis = Axis("x", 4 if values is None else len(values), values)
        assert arranged("x", axis, True, "mean") is axis
    assert arranged("x", Axis("x", 3, np.array([1.0, np.nan, 0.0])), True, None).arrangement is None
    falling = arranged("x", Axis("x", 4, np.array([3.0, 2.0, 2.0, 1.0])), False, "first")
    assert falling.values.tolist() == [3, 2, 1]
    assert falling.arrangement.rows.tolist() == [0, 1, 3]


@pytest.mark.parametrize(
    ("x", "options", "words"),
    [
        ([0, 2, 1], {}, "sort=True"),
        ([0, 1, 1], {}, "duplicates="),
        ([0, 1, 1], {"sort": True}, "1.0 at index 2 repeats"),
        ([1, 0, 1], {"sort": True}, "repeats"),
        ([0, 2, 1, 1], {"duplicates": "first"}, r"direction at index 2 \(2.0, then 1.0\)"),
        ([0, np.nan, 1], {"sort": True, "duplicates": "mean"}, "at index 1 is missing"),
        ([2, 2, 2], {"duplicates": "mean"}, "has 1 point, and"),
    ],
)
def test_what_was_not_asked_for_is_refused(tmp_path: Path, x, options: dict, words: str) -> None:
    np.save(tmp_path / "x.npy", np.array(x, "f8"))
    np.save(tmp_path / "f.npy", np.arange(len(x)) * 1.0)
    with pytest.raises(InputError, match=words):
        gradcli.differentiate(
            tmp_path / "f.npy", axis="0", coords={"0": str(tmp_path / "x.npy")}, **options
        )


def test_axes_without_coordinates_or_with_steps_stay(tmp_path: Path) -> None:
    path = tmp_path / "f.npz"
    np.savez(path, f=grid(), x=X)
    for more in ({}, {"coords": {"1": f"{path}:x"}, "spacing": {"1": 1.0}}):
        with pytest.raises(UsageError, match=r"sort=True: is about coordinates|exclude each other"):
            gradcli.differentiate(path, var="f", sort=True, duplicates="mean", **more)
    rows = ",".join(map(str, range(len(grid()))))
    done = gradcli.differentiate(path, var="f", sort=True, coords={"0": rows})
    with np.load(done.outputs[0]) as found:
        np.testing.assert_array_equal(found["df_d1"], gradcli.gradient(grid(), axis=1))


def test_parts_are_selected_from_the_arranged_axis(tmp_path: Path) -> None:
    write_grid("hdf5", tmp_path, grid(), {"y": np.arange(5.0), "x": X})
    whole = gradcli.gradient(merged(grid(), X, 1, "mean")[0][:, 2:6], np.unique(X)[2:6], axis=1)
    for part in ({"isel": {"x": (2, 6)}}, {"sel": {"x": (2.0, 7.5)}}):
        report = gradcli.differentiate(
            tmp_path / "f.h5",
            axis="x",
            sort=True,
            duplicates="mean",
            overwrite=True,
            halo=False,
            **part,
        )
        with h5py.File(report.outputs[0]) as file:
            np.testing.assert_array_equal(file["x"], np.unique(X)[2:6])
            np.testing.assert_allclose(file["df_dx"], whole, rtol=1e-13)


def test_a_ring_closes_in_the_order_that_was_made(tmp_path: Path) -> None:
    lon = np.array([0.0, 90, 180, -90])
    write_grid("hdf5", tmp_path, np.arange(8.0).reshape(2, 4) ** 2, {"y": np.arange(2.0), "x": lon})
    report = gradcli.differentiate(tmp_path / "f.h5", axis="x", sort=True, periodic={"x": 360})
    ring = (np.arange(8.0).reshape(2, 4) ** 2)[:, [3, 0, 1, 2]]
    with h5py.File(report.outputs[0]) as file:
        found = file["df_dx"][...]
    np.testing.assert_allclose(
        found, (np.roll(ring, -1, 1) - np.roll(ring, 1, 1)) / 180, rtol=1e-13
    )


def test_a_dimension_cannot_be_in_two_orders(tmp_path: Path) -> None:
    with netCDF4.Dataset(tmp_path / "f.nc", "w") as file:
        for name, vector in (("y", Y[[0, 2, 1, 3, 4]] + np.arange(5) ** 3), ("x", X[:5])):
            file.createDimension(name, 5)
            file.createVariable(name, "f8", (name,))[:] = vector
        file.createVariable("f", "f8", ("y", "x"))[:] = 0
        file.createVariable("g", "f8", ("x", "y"))[:] = 0
    with pytest.raises(UsageError, match="different parts"):
        gradcli.differentiate(tmp_path / "f.nc", axis="0", sort=True)
