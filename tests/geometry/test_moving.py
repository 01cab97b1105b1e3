"""Grids that move: each step is what it is alone, whatever the blocks are."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import netCDF4
import numpy as np
import pytest

import gradcli
from gradcli.errors import InputError
from gradcli.formats.opening import open_source
from gradcli.geometry.auxiliary import find_chart
from gradcli.geometry.positions import Positions
from gradcli.model.blocks import Window
from gradcli.model.protocols import Source

TIMES, ROWS, COLUMNS = 3, 9, 12
ORDERS = {"first": ("t", "j", "i"), "middle": ("j", "t", "i"), "last": ("j", "i", "t")}


def nest(kind: str) -> tuple[Any, Any]:
    """Return coordinates of a turned nest that follows a storm, or of one around the pole."""
    k = np.arange(TIMES)[:, None, None]
    j, i = np.mgrid[:ROWS, :COLUMNS].astype(float)
    if kind == "ring":  # the columns go around the pole, and turn
        turn = 2 * np.pi / COLUMNS * (i + 0.3 * k)
        return np.degrees(turn) % 360, 60 + 2 * j + 0 * k + 0.2 * k
    east, north = 0.4 * i - 0.1 * j, 0.12 * i + 0.35 * j + 0.01 * j**2
    if kind == "metres":
        return 4e4 * (east + 0.9 * k), 4e4 * (north + 0.5 * k)
    return 178 + east + 0.9 * k, 20 + north + 0.5 * k


def write(
    path: Path, kind: str = "nest", order: str = "first", levels: int = 0, gaps: bool = False,
    dtype: str = "f8", still: bool = False,
) -> str:  # fmt: skip
    x, y = nest(kind)
    if still:
        x, y = x[[0] * TIMES], y[[0] * TIMES]
    rng = np.random.default_rng(1)
    u, v = rng.normal(size=(2, TIMES, ROWS, COLUMNS))
    if gaps:
        for step in range(TIMES):
            hole = (step, slice(2, 4), slice(3 + step, 6 + step))
            u[hole] = v[hole] = np.nan
            x[hole], y[hole] = 0.0, -999.0  # anything
    dims = ORDERS[order]
    units = ("m", "m") if kind == "metres" else ("degrees_east", "degrees_north")
    with netCDF4.Dataset(path, "w") as file:
        for name, size in (("t", TIMES), ("z", levels), ("j", ROWS), ("i", COLUMNS)):
            if size:
                file.createDimension(name, size)
        file.createVariable("t", "f8", ("t",))[:] = np.arange(TIMES)
        file["t"].units, file["t"].axis = "hours since 2000-01-01", "T"
        axes = [("t", "j", "i").index(dim) for dim in dims]
        for name, values, unit in (("xc", x, units[0]), ("yc", y, units[1])):
            variable = file.createVariable(name, dtype, dims)
            variable[:] = np.transpose(values, axes)
            variable.units = unit
            variable.standard_name = {
                "m": f"projection_{name[0]}_coordinate",
                "degrees_east": "longitude",
                "degrees_north": "latitude",
            }[unit]
        for name, values in (("u", u), ("v", v)):
            values = np.transpose(values, axes)
            if levels:
                where = dims.index("j")
                values = np.stack([values * (k + 1) for k in range(levels)], axis=where)
                shape = (*dims[:where], "z", *dims[where:])
            else:
                shape = dims
            variable = file.createVariable(name, "f8", shape)
            variable[:] = values
            variable.coordinates, variable.units = "xc yc", "m s-1"
    return str(path)


def derive(path: str, **asked: Any) -> tuple[dict[str, Any], list[str]]:
    report = gradcli.differentiate(path, axis="x,y", overwrite=True, **asked)
    with netCDF4.Dataset(report.outputs[0]) as file:
        found = {
            name: (variable.dimensions, np.ma.filled(variable[:], np.nan))
            for name, variable in file.variables.items()
            if name[0] not in "txyz"
        }
    return found, report.notes


def same_alone(path: str, **asked: Any) -> None:
    """Check that each step of a grid that moves is what the step gives by itself."""
    whole, notes = derive(path, **asked)
    assert "xc and yc move along t: each step is taken on its own positions" in notes
    assert whole
    for step in range(TIMES):
        alone, _ = derive(path, isel={"t": step}, **asked)
        for name, (dims, values) in whole.items():
            one = alone[name][1]
            assert np.isfinite(one).any()
            axis = dims.index("t")
            found = values.take(step, axis)
            np.testing.assert_array_equal(found, one.reshape(found.shape))


VECTOR = {"var": "u,v", "operator": "divergence", "also": "curl,gradient"}


@pytest.mark.parametrize(("order", "levels"), [("first", 2), ("middle", 0), ("last", 2)])
def test_each_step_is_what_it_is_alone(tmp_path: Path, order: str, levels: int) -> None:
    path = write(tmp_path / "f.nc", order=order, levels=levels)
    same_alone(path, metric="sphere", accuracy=4, **VECTOR)


@pytest.mark.parametrize("metric", ["none", "wgs84"])
def test_other_metrics(tmp_path: Path, metric: str) -> None:
    same_alone(write(tmp_path / "f.nc", dtype="f4"), var="u", edge_order=2, metric=metric)


def test_components_along_the_grid_are_turned_step_by_step(tmp_path: Path) -> None:
    path = write(tmp_path / "f.nc", order="middle", levels=2, gaps=True)
    same_alone(path, metric="sphere", vectors="grid", missing="adapt", **VECTOR)


def test_lengths(tmp_path: Path) -> None:
    same_alone(write(tmp_path / "f.nc", "metres"), **VECTOR)


def test_a_ring_around_the_pole_that_turns(tmp_path: Path) -> None:
    path = write(tmp_path / "f.nc", "ring")
    same_alone(path, metric="sphere", accuracy=4, periodic="i", **VECTOR)


def test_coordinates_in_gaps_that_move_with_the_grid_may_be_anything(tmp_path: Path) -> None:
    path = write(tmp_path / "f.nc", levels=2, gaps=True)
    same_alone(path, metric="sphere", missing="adapt", **VECTOR)


def test_a_grid_that_stands_still_is_used_once(tmp_path: Path) -> None:
    path = write(tmp_path / "f.nc", still=True)
    whole, notes = derive(path, metric="sphere", **VECTOR)
    assert not any("move along" in note for note in notes)
    alone, _ = derive(path, metric="sphere", isel={"t": 1}, **VECTOR)
    first, _ = derive(path, metric="sphere", isel={"t": 0}, **VECTOR)
    assert not np.array_equal(alone["div"][1], first["div"][1])
    np.testing.assert_array_equal(whole["div"][1][1:2], alone["div"][1].reshape(1, ROWS, COLUMNS))


def test_blocks_and_threads_give_the_same_bytes(tmp_path: Path) -> None:
    """Blocks cut the map, and several share a step."""
    path = str(tmp_path / "f.nc")
    rng = np.random.default_rng(2)
    j, i = np.mgrid[:80, :80].astype(float)
    with netCDF4.Dataset(path, "w") as file:
        for name, size in (("t", 2), ("z", 2), ("j", 80), ("i", 80)):
            file.createDimension(name, size)
        for name, unit in (("lon", "degrees_east"), ("lat", "degrees_north")):
            file.createVariable(name, "f4", ("t", "j", "i")).units = unit
        for step in range(2):
            file["lon"][step] = 0.02 * i - 0.003 * j + step
            file["lat"][step] = 0.02 * j + 0.004 * i + 50 * step
        for name in "uv":
            field = file.createVariable(name, "f8", ("t", "z", "j", "i"), chunksizes=(1, 1, 40, 40))
            values = rng.normal(size=(2, 2, 80, 80))
            values[:, :, 38:42, 39:42] = np.nan
            field[:], field.coordinates, field.units = values, "lon lat", "m s-1"
    asked = {"metric": "sphere", "missing": "adapt", "var": "u,v", "operator": "curl"}
    plan = gradcli.differentiate(path, axis="x,y", dry_run=True, memory="22MiB", jobs=2, **asked)
    assert plan.blocks >= 8
    whole, _ = derive(path, **asked)
    parts, _ = derive(path, **asked, memory="22MiB", jobs=2)
    np.testing.assert_array_equal(parts["curl"][1], whole["curl"][1])


class Recorder:
    """A source that counts how often each cell of a variable is read."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.counts = {n: np.zeros(f.shape, int) for n, f in source.fields.items()}

    def read(self, name: str, window: Window) -> Any:
        """Read a window, and count its cells."""
        self.counts[name][window] += 1
        return self.source.read(name, window)


@pytest.mark.parametrize(("order", "still"), [("first", True), ("last", False)])
def test_a_dry_run_reads_no_coordinate_twice(tmp_path: Path, order: str, still: bool) -> None:
    with open_source(write(tmp_path / "f.nc", order=order, still=still)) as source:
        chart = find_chart(source, source.fields["u"], {})
        assert chart is not None
        recorder = Recorder(source)
        Positions(chart, source.fields["u"]).check(cast(Source, recorder))
        for name in ("xc", "yc"):
            assert recorder.counts[name].max() == 1
            assert not still or recorder.counts[name].all()
        assert not recorder.counts["u"].any()


def test_what_needs_one_step_refuses_a_grid_that_moves(tmp_path: Path) -> None:
    with open_source(write(tmp_path / "f.nc")) as source:
        chart = find_chart(source, source.fields["u"], {})
        assert chart is not None
        with pytest.raises(InputError, match=r"xc and yc change along t, .*--isel t=0"):
            Positions(chart, source.fields["u"]).read(source)


def test_points_without_a_place_are_missing(tmp_path: Path) -> None:
    path = write(tmp_path / "f.nc")
    with netCDF4.Dataset(path, "a") as file:
        file["yc"][2, 3, 4] = 91.0
    found, _ = derive(path, var="u", metric="sphere")
    lost = np.argwhere(np.isnan(found["du_dx"][1])).tolist()
    assert [2, 3, 4] in lost
    assert {tuple(each) for each in lost} <= {
        (2, 3 + a, 4 + b) for a in (-1, 0, 1) for b in (-1, 0, 1)
    }


def test_points_that_coincide_are_refused_by_their_step(tmp_path: Path) -> None:
    path = write(tmp_path / "f.nc")
    with netCDF4.Dataset(path, "a") as file:
        file["xc"][1, 3:6, 4], file["yc"][1, 3:6, 4] = 180.0, 21.0
        file["xc"][1, 4, 3:6], file["yc"][1, 4, 3:6] = 180.0, 21.0
    with pytest.raises(InputError, match="singular Jacobian at t index 1, j index 4, i index 4"):
        derive(path, metric="sphere")
    with netCDF4.Dataset(path, "a") as file:
        file["u"][1, 4, 4] = file["v"][1, 4, 4] = np.nan
    derive(path, metric="sphere")
