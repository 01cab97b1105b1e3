"""Grids of ESRI."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import gradcli
from gradcli.errors import InputError
from gradcli.formats.csv.esri import grid_of
from gradcli.formats.opening import open_source

HEAD = "ncols 5\nnrows 4\nxllcorner 100\nyllcorner 20\ncellsize 10\nNODATA_value -9999\n"
Z = np.add.outer(np.array([9.0, 4, 1, 0]), np.arange(5.0) ** 3)


def write(path: Path, head: str = HEAD) -> Path:
    values = Z.copy()
    values[0, 0] = -9999
    with path.open("w") as file:
        file.write(head)
        np.savetxt(file, values, fmt="%.6f")
    return path


@pytest.mark.parametrize("head", [HEAD, HEAD.replace("xllcorner 100", "XLLCENTER 105")])
def test_coordinates_are_the_centres_of_cells_from_the_north(tmp_path: Path, head: str) -> None:
    with open_source(str(write(tmp_path / "a.asc", head))) as source:
        (field,) = source.fields.values()
    assert [axis.name for axis in field.axes] == ["y", "x"]
    np.testing.assert_array_equal(field.axes[0].values, [55, 45, 35, 25])
    np.testing.assert_array_equal(field.axes[1].values, [105, 115, 125, 135, 145])


def test_results_are_grids_again_and_what_has_no_data_is_missing(tmp_path: Path) -> None:
    path = write(tmp_path / "a.asc")
    outputs = gradcli.differentiate(path, axis="x,y", edge_order=2).outputs
    assert [Path(out).name for out in outputs] == ["a_dx.asc", "a_dy.asc"]
    known = np.where(np.arange(20).reshape(4, 5) == 0, np.nan, Z)
    for out, x, axis in zip(
        outputs, ([105, 115, 125, 135, 145], [55, 45, 35, 25]), (1, 0), strict=True
    ):
        lines = Path(out).read_text().splitlines()
        assert lines[:6] == [
            "ncols 5",
            "nrows 4",
            "xllcenter 105.0",
            "yllcenter 25.0",
            "cellsize 10.0",
            "NODATA_value nan",
        ]
        found = np.array([line.split() for line in lines[6:]], float)
        expected = np.gradient(known, np.array(x, float), axis=axis, edge_order=2)
        np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-12)


def test_a_part_has_the_header_of_a_part(tmp_path: Path) -> None:
    path = write(tmp_path / "a.asc")
    out = gradcli.differentiate(path, axis="x", isel={"x": (2, 5), "y": (1, 3)}).outputs[0]
    grid = grid_of(Path(out).read_text().splitlines())
    assert grid is not None
    assert (grid.rows, grid.columns, grid.x, grid.y, grid.dx) == (2, 3, 125, 35, 10)


def test_other_formats_get_the_coordinates(tmp_path: Path) -> None:
    path = write(tmp_path / "a.asc")
    out = gradcli.differentiate(path, tmp_path / "a.csv", axis="x").outputs[0]
    with open_source(out) as source:
        (field,) = source.fields.values()
    np.testing.assert_array_equal(field.axes[0].values, [55, 45, 35, 25])
    np.testing.assert_array_equal(field.axes[1].values, [105, 115, 125, 135, 145])


def test_a_matrix_of_another_size_than_the_header_says_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "a.asc", HEAD.replace("nrows 4", "nrows 5"))
    with pytest.raises(InputError, match="holds 4 rows of 5 numbers; its header says nrows 5"):
        gradcli.differentiate(path, axis="x")


@pytest.mark.parametrize(
    "head",
    [
        ["ncols 5", "nrows 4", "xllcorner 1", "cellsize 1"],
        ["ncols 5", "nrows 4", "xllcorner 1", "yllcorner 1", "cellsize 0"],
        ["ncols x", "nrows 4", "xllcorner 1", "yllcorner 1", "cellsize 1"],
    ],
)
def test_what_is_no_header_of_a_grid(head: list[str]) -> None:
    assert grid_of(head) is None
