"""C grids are recognised by sizes, coordinates, positions and attributes of their components."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import netCDF4
import numpy as np
import pytest

from gradcli.errors import InputError, UsageError
from gradcli.formats.opening import open_source
from gradcli.geometry.staggered import CGrid, recognise
from gradcli.model.protocols import Hints
from tests.cgrids import MODELS, write


def recognised(path: Path, *names: str) -> CGrid | None:
    with open_source(str(path), Hints()) as source:
        return recognise(source, *(source.fields[name] for name in names or ("u", "v")))


@pytest.mark.parametrize("name", MODELS)
def test_models(name: str, tmp_path: Path) -> None:
    write(tmp_path / "f.nc", name, "rotation", 8)
    grid = recognised(tmp_path / "f.nc")
    assert grid is not None
    assert (grid.y, grid.x) == (1, 2)
    assert set(grid.first.values()) == {MODELS[name].first}
    sizes = [axis.size for axis in grid.axes(False)]
    assert sizes == [2, 8, 16]
    faces = [n + MODELS[name].extra for n in (8, 16)]
    assert [axis.size for axis in grid.axes(True)] == [2, *faces]


def test_terms_of_nemo_alone(tmp_path: Path) -> None:
    write(tmp_path / "f.nc", "nemo", "rotation", 8, places=False, terms="e")
    grid = recognised(tmp_path / "f.nc")
    assert grid is not None
    assert set(grid.first.values()) == {-1}


def make(path: Path, u: tuple[str, ...], v: tuple[str, ...], **sizes: int) -> Path:
    with netCDF4.Dataset(path, "w") as file:
        for dim, size in sizes.items():
            file.createDimension(dim, size)
        for name, dims in (("u", u), ("v", v)):
            file.createVariable(name, "f8", dims)[...] = 1.0
    return path


@pytest.mark.parametrize(
    ("u", "v", "sizes"),
    [
        (("y", "x"), ("y", "x"), {"y": 4, "x": 5}),
        (("ya", "xa"), ("yb", "xb"), {"ya": 4, "xa": 5, "yb": 7, "xb": 9}),
        (("time", "x"), ("t2", "xb"), {"time": 4, "x": 5, "t2": 5, "xb": 4}),
        (("y", "x"), ("y", "xb"), {"y": 4, "x": 5, "xb": 6}),
        (("x",), ("xb",), {"x": 5, "xb": 6}),
    ],
)
def test_what_is_none(u: Any, v: Any, sizes: dict[str, int], tmp_path: Path) -> None:
    assert recognised(make(tmp_path / "f.nc", u, v, **sizes)) is None


def test_points_that_are_apart_but_not_by_half_a_step(tmp_path: Path) -> None:
    write(tmp_path / "f.nc", "nemo", "rotation", 8)
    with netCDF4.Dataset(tmp_path / "f.nc", "a") as file:
        for sheet in ("glam", "gphi"):
            values = np.asarray(file[f"{sheet}v"][:])
            file[f"{sheet}v"][:] = 0.6 * values + 0.4 * np.asarray(file[f"{sheet}u"][:])
    with pytest.raises(InputError, match="not at the faces of a C grid"):
        recognised(tmp_path / "f.nc")


def test_coordinates_that_contradict_sizes(tmp_path: Path) -> None:
    path = make(tmp_path / "f.nc", ("y", "xf"), ("yf", "x"), y=4, yf=5, x=5, xf=6)
    with netCDF4.Dataset(path, "a") as file:
        file.createVariable("x", "f8", ("x",))[:] = np.arange(5.0)
        file.createVariable("xf", "f8", ("xf",))[:] = np.arange(6.0) + 0.5
    with pytest.raises(InputError, match="their coordinates contradict it"):
        recognised(path)


def test_y_before_x_is_told_by_names(tmp_path: Path) -> None:
    write(tmp_path / "f.nc", "wrf", "rotation", 8)
    with pytest.raises(UsageError, match="v is the component along y"):
        recognised(tmp_path / "f.nc", "v", "u")


def test_x_may_be_the_slower_axis(tmp_path: Path) -> None:
    path = make(
        tmp_path / "f.nc", ("xi_u", "eta_u"), ("xi_v", "eta_v"), xi_u=4, eta_u=8, xi_v=5, eta_v=7
    )
    grid = recognised(path)
    assert grid is not None
    assert (grid.x, grid.y, grid.first) == (0, 1, {0: -1, 1: -1})
