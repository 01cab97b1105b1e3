"""A result that is missing everywhere says why."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import netCDF4
import numpy as np
import pytest

import gradcli
from gradcli.engine.emptiness import has_values


def write(path: Path, values: np.ndarray, **attributes: Any) -> Path:
    with netCDF4.Dataset(path, "w") as file:
        for name, size in zip(("y", "x"), values.shape, strict=True):
            file.createDimension(name, size)
        field = file.createVariable("sst", "f8", ("y", "x"), fill_value=-999.0)
        field.setncatts(attributes)
        file.set_auto_mask(False)
        field[...] = values
    return path


def notes(path: Path, **given: Any) -> list[str]:
    report = gradcli.differentiate(path, path.with_name("o.nc"), overwrite=True, **given)
    return [note for note in report.notes if "missing" in note]


def test_limits_that_leave_nothing_are_named(tmp_path: Path) -> None:
    values = np.full((5, 6), 288.0)
    values[2] = -999.0
    path = write(tmp_path / "f.nc", values, valid_min=-2.0, valid_max=40.0)
    assert notes(path) == [
        "sst: every value that was read is missing: every value but the fill value lies outside "
        "its valid range (missing are -999.0, below -2.0 or above 40.0, NaN); valid_range=False "
        "takes it as it is"
    ]
    assert not notes(path, valid_range=False, missing="adapt")


def test_fill_values_alone_are_named(tmp_path: Path) -> None:
    path = write(tmp_path / "f.nc", np.full((5, 6), -999.0), valid_max=40.0)
    (note,) = notes(path)
    assert (
        "sst: every value that was read is missing: all are fill values (missing are -999" in note
    )


def test_limits_are_found_in_a_large_field(tmp_path: Path) -> None:
    values = np.full((700, 600), -999.0)
    values[100:650] = 300.0
    (note,) = notes(write(tmp_path / "f.nc", values, valid_max=40.0), axis="x")
    assert "lies outside its valid range" in note


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({}, "no point has all the valid neighbours that its stencil needs (missing='adapt')"),
        ({"missing": "adapt"}, "nowhere are there enough valid points in a row"),
    ],
)
def test_points_without_neighbours_are_named(
    tmp_path: Path, given: dict[str, Any], why: str
) -> None:
    board = np.where(np.add.outer(np.arange(5), np.arange(6)) % 2, 1.0, -999.0)
    found = notes(write(tmp_path / "f.nc", board), **given)
    assert f"dsst_dy, dsst_dx: missing everywhere: {why}" in found


def test_an_array_without_attributes_and_one_block_of_many(tmp_path: Path) -> None:
    values = np.full((4, 5), np.nan)
    np.save(tmp_path / "f.npy", values)
    report = gradcli.differentiate(tmp_path / "f.npy", overwrite=True)
    assert any("f: every value that was read is missing" in note for note in report.notes)
    values[3, :3] = 1.0
    np.save(tmp_path / "f.npy", values)
    report = gradcli.differentiate(tmp_path / "f.npy", axis="1", overwrite=True)
    assert not [note for note in report.notes if "missing" in note]


@pytest.mark.parametrize("place", [0, 4999, 5001, 99_999])
def test_one_value_is_enough(place: int) -> None:
    values = np.full(100_000, np.nan)
    assert not has_values(values)
    values[place] = 0.0
    assert has_values(values)


def test_limits_that_hide_a_coordinate_are_named(tmp_path: Path) -> None:
    path = write(tmp_path / "f.nc", np.ones((5, 6)))
    with netCDF4.Dataset(path, "a") as file:
        y = file.createVariable("y", "f8", ("y",))
        y.valid_max, y[...] = 3.0, np.arange(5.0)
    words = r"index 4 is missing .*; its valid range excludes it \(valid_range=False\)"
    with pytest.raises(gradcli.errors.InputError, match=words):
        notes(path, axis="y")
    assert not notes(path, axis="y", valid_range=False)
