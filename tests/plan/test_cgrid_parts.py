"""Parts of C grids: those of the whole result, whichever way they are asked for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import netCDF4
import numpy as np
import pytest
import xarray as xr
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import gradcli
from gradcli.engine.block import differentiate_block
from gradcli.errors import UsageError
from gradcli.formats.opening import open_source
from gradcli.formats.writing import create_sink
from gradcli.model.blocks import Block, Window
from gradcli.model.metric import Metric
from gradcli.model.protocols import Destination, Hints
from gradcli.numerics.operators import make_operator
from gradcli.plan.plan import make_plan
from gradcli.settings import Run, Settings
from tests.cgrids import MODELS, write
from tests.plan.test_staggered import LAYOUTS, derive

BOTH = {"operator": "divergence", "also": "curl"}
POINTS = {"div": "t", "curl": "f"}
SHORT = [("roms", {}), ("wrf", {"terms": "mapfac", "places": False}), ("nemo", {"terms": "e"})]


def layouts(*names: str) -> list[Any]:
    """Return the layouts of some models; all but a few in long runs alone."""
    return [
        pytest.param(layout, id=str(layout), marks=() if layout in SHORT else pytest.mark.long)
        for layout in LAYOUTS
        if not names or layout[0] in names
    ]


def cut(whole: xr.Dataset, name: str, rows: slice, columns: slice) -> dict[str, Any]:
    return {
        result: whole[result].isel(
            dict(zip(MODELS[name].names[point], (rows, columns), strict=True))
        )
        for result, point in POINTS.items()
    }


def options(layout: tuple[str, dict[str, Any]]) -> dict[str, Any]:
    return {**BOTH, "metric": None if "terms" in layout[1] else "sphere"}


@pytest.mark.parametrize("layout", layouts())
def test_a_part_by_index_is_the_whole_cut(
    layout: tuple[str, dict[str, Any]], tmp_path: Path
) -> None:
    name, give = layout
    write(tmp_path / "f.nc", name, "rotation", 8, **give)
    whole, _ = derive(tmp_path / "f.nc", **options(layout))
    for rows, columns in ((slice(2, 5), slice(3, 10)), (slice(0, 1), slice(0, 15))):
        asked = {"y": (rows.start, rows.stop), "x": (columns.start, columns.stop)}
        part, notes = derive(tmp_path / "f.nc", isel=asked, **options(layout))
        size = f"{rows.stop - rows.start} by {columns.stop - columns.start}"
        over = " and ".join(MODELS[name].names["t"])
        assert f"divergence: the part is {size} centres of cells, over {over}" in notes
        assert any(f"curl: the part is {size} corners of cells" in note for note in notes)
        for result, expected in cut(whole, name, rows, columns).items():
            assert part[result].values.tobytes() == expected.values.tobytes()
            assert part[result].dims == expected.dims
            for coordinate in expected.coords:
                np.testing.assert_array_equal(part[coordinate], expected[coordinate])


WHOLE: dict[str, Any] = {}


@settings(
    max_examples=4, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_parts_of_any_size(data: st.DataObject, tmp_path: Path) -> None:
    name = data.draw(st.sampled_from(["roms", "nemo", "wrf"]))
    path = tmp_path / f"{name}.nc"
    if not path.exists():
        write(path, name, "rotation", 6)
        WHOLE[name] = derive(path, **BOTH)[0]
    sizes = WHOLE[name]["curl"].shape[1:]
    parts = []
    for size in map(min, sizes, WHOLE[name]["div"].shape[1:]):
        first = data.draw(st.integers(0, size - 1))
        parts.append(slice(first, data.draw(st.integers(first + 1, size))))
    asked = {way: (p.start, p.stop) for way, p in zip("yx", parts, strict=True)}
    part, _ = derive(path, isel=asked, **BOTH)
    for result, expected in cut(WHOLE[name], name, *parts).items():
        assert part[result].values.tobytes() == expected.values.tobytes()


@pytest.mark.parametrize(
    ("operator", "name", "dims"),
    [
        ("divergence", "roms", ("eta_rho", "xi_rho")),
        ("curl", "roms", ("eta_psi", "xi_psi")),
        ("curl", "wrf", ("south_north_stag", "west_east_stag")),
        ("divergence", "mom6", ("yh", "xh")),
    ],
)
def test_parts_by_the_dimensions_of_the_points(
    operator: str, name: str, dims: tuple[str, str], tmp_path: Path
) -> None:
    write(tmp_path / "f.nc", name, "rotation", 8)
    result = "curl" if operator == "curl" else "div"
    whole, _ = derive(tmp_path / "f.nc", operator=operator)
    part, _ = derive(
        tmp_path / "f.nc", operator=operator, isel={dims[1]: (2, 6), dims[0]: 3, "time": 1}
    )
    expected = whole[result][1:2, 3:4, 2:6]
    assert part[result].values.tobytes() == expected.values.tobytes()


def test_dimensions_of_other_points_are_refused(tmp_path: Path) -> None:
    write(tmp_path / "f.nc", "roms", "rotation", 8)
    with pytest.raises(UsageError, match=r"no part of the curl, whose points are corners of cells"):
        derive(tmp_path / "f.nc", isel={"xi_rho": (2, 6)}, **BOTH)
    with pytest.raises(UsageError, match="the curl has its points at corners of cells, over eta_p"):
        derive(tmp_path / "f.nc", operator="curl", isel={"xi_v": (2, 6)})
    both = {"xi_rho": (2, 6), "xi_psi": (2, 5)}
    part, _ = derive(tmp_path / "f.nc", isel=both, **BOTH)
    assert part["div"].shape[2] == 4
    assert part["curl"].shape[2] == 3


@pytest.mark.parametrize(("name", "sheets"), [("roms", "lon_{} lat_{}"), ("nemo", "glam{} gphi{}")])
def test_parts_by_two_dimensional_coordinates(name: str, sheets: str, tmp_path: Path) -> None:
    write(tmp_path / "f.nc", name, "rotation", 12)
    whole, _ = derive(tmp_path / "f.nc", **BOTH)
    for result, point, operator in (("div", "t", "divergence"), ("curl", "f", "curl")):
        letter = point if name == "nemo" else {"t": "rho", "f": "psi"}[point]
        lon, lat = (whole[part.format(letter)] for part in sheets.split())
        middle = float(lon[6, 12]), float(lat[6, 12])
        asked = {
            lon.name: (middle[0] - 15, middle[0] + 9),
            lat.name: (middle[1] - 11, middle[1] + 8),
        }
        part, _ = derive(tmp_path / "f.nc", operator=operator, sel=asked)
        inside = (abs(lon - middle[0] + 3) <= 12) & (abs(lat - middle[1] + 1.5) <= 9.5)
        rows, columns = (np.flatnonzero(inside.any(axis)) for axis in inside.dims[::-1])
        box = slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)
        expected = np.where(inside, whole[result], np.nan)[(slice(None), *box)]
        assert part[result].shape == expected.shape != whole[result].shape
        np.testing.assert_array_equal(part[result], expected)
    point, _ = derive(tmp_path / "f.nc", operator=operator, sel={"x": middle[0], "y": middle[1]})
    np.testing.assert_array_equal(point["curl"], whole["curl"][:, 6:7, 12:13])


@pytest.mark.parametrize("layout", layouts("roms", "wrf", "nemo"))
def test_without_halo_it_is_a_file_of_these_cells(
    layout: tuple[str, dict[str, Any]], tmp_path: Path
) -> None:
    name, give = layout
    model = MODELS[name]
    write(tmp_path / "f.nc", name, "rotation", 8, **give)
    for operator, point in (("divergence", "t"), ("curl", "f")):
        part, _ = derive(
            tmp_path / "f.nc",
            **{**options(layout), "operator": operator, "also": ()},
            isel={"y": (2, 6), "x": (3, 9)},
            halo=False,
        )
        less = model.extra if point == "f" else 0
        with xr.open_dataset(tmp_path / "f.nc") as data:
            ends = {}
            for kind in "tuvf":
                for place, (first, stop) in enumerate(((2, 6), (3, 9))):
                    faces = kind in ("vf", "uf")[place]
                    dim = model.names[kind][place]
                    more = (model.extra if faces else 0) - less
                    ends[dim] = slice(first, stop + more)
            data.isel(ends).to_netcdf(tmp_path / "c.nc", engine="netcdf4")
        alone, _ = derive(
            tmp_path / "c.nc", **{**options(layout), "operator": operator, "also": ()}
        )
        result = "curl" if point == "f" else "div"
        assert part[result].shape == (2, 4, 6)
        np.testing.assert_array_equal(part[result], alone[result])
        assert part[result].notnull().any()


def globe(path: Path) -> None:
    """Write a flow on a C grid of longitudes and latitudes that goes around the Earth."""
    lon, lat = 5.0 + 10 * np.arange(36), -85.0 + 10 * np.arange(18)
    axes = {"yt": lat, "yv": lat - 5, "xt": lon, "xu": lon - 5}
    data = xr.Dataset(coords=axes)
    for axis in axes:
        data[axis].attrs["units"] = "degrees_east" if axis[0] == "x" else "degrees_north"
    waves = np.sin(np.radians(lon - 5)) * np.cos(np.radians(lat))[:, None]
    data["u"] = ("yt", "xu"), waves
    data["v"] = ("yv", "xt"), np.cos(np.radians(lon)) * np.cos(np.radians(lat - 5))[:, None]
    mask = np.ones((18, 36), "i1")
    mask[4, [0, 3, 35]] = 0
    data["umask"] = ("yt", "xu"), mask
    data.to_netcdf(path, engine="netcdf4")


def test_a_longitude_goes_around(tmp_path: Path) -> None:
    globe(tmp_path / "f.nc")
    whole, _ = derive(tmp_path / "f.nc", **BOTH)
    for operator, result, dim in (("divergence", "div", "xt"), ("curl", "curl", "xu")):
        for low, high in ((320, 60), (-40, 60), (10, 80)):
            part, _ = derive(tmp_path / "f.nc", operator=operator, sel={dim: (low, high)})
            lon = whole[dim].values
            order = [k for k in range(36) if (lon[k] - low) % 360 <= (high - low) % 360]
            order.sort(key=lambda k: (lon[k] - low) % 360)
            expected = whole[result].values[:, order]
            assert part[result].values.tobytes() == expected.tobytes()
            assert (np.diff(part[dim]) == 10).all()
            assert ((part[dim] - lon[order]) % 360 == 0).all()
    with pytest.raises(UsageError, match="does not go with halo=False"):
        derive(tmp_path / "f.nc", operator="curl", sel={"xu": (320, 60)}, halo=False)
    part, _ = derive(tmp_path / "f.nc", operator="curl", sel={"xu": (10, 80)}, halo=False)
    assert part["curl"][:, 1:].notnull().any()
    assert part["curl"][:, 0].isnull().all()


def _packed(source: Any, task: Any, sink: Any, window: Window) -> Any:
    return differentiate_block(source, task, sink.packer, Block(0, window)).packets[0]


def test_blocks_of_a_part_across_the_ends(tmp_path: Path) -> None:
    globe(tmp_path / "f.nc")
    asked = {"divergence": ("xt", (300.0, 90.0)), "curl": ("xu", (-70.0, 80.0))}
    for operator, sel in asked.items():
        operators = (make_operator(operator),)
        chosen = Settings(
            var=("u", "v"), operators=operators, metric=Metric("sphere"), sel=dict([sel])
        )
        with open_source(str(tmp_path / "f.nc"), Hints()) as source:
            place = Destination(path=str(tmp_path / f"{operator}.nc"))
            plan = make_plan(source, chosen, place, Run())
            for tables in plan.tables:
                tables.load(source)
            (task,) = plan.tasks
            with create_sink(plan.outputs, plan.format, source, place) as sink:
                whole = tuple(slice(0, size) for size in task.field.shape)

                expected = _packed(source, task, sink, whole)
                assert np.isfinite(expected.payload[3:15]).sum() > 150
                for first in range(0, whole[1].stop, 3):
                    window = slice(2, 7), slice(first, min(first + 3, whole[1].stop))
                    found = _packed(source, task, sink, window)
                    np.testing.assert_array_equal(found.payload, expected.payload[window])
                sink.put(expected)


def test_python_and_parts_of_other_axes_at_once(tmp_path: Path) -> None:
    write(tmp_path / "f.nc", "nemo", "rotation", 8)
    with netCDF4.Dataset(tmp_path / "f.nc") as file:
        assert file["u"].dimensions == ("time", "y", "x")
    whole, _ = derive(tmp_path / "f.nc", **BOTH)
    report = gradcli.differentiate(
        tmp_path / "f.nc",
        operator="curl",
        var="u,v",
        metric="sphere",
        isel={"time": -1, "x": slice(None, 4)},
        dst=tmp_path / "p.nc",
    )
    with xr.open_dataset(report.outputs[0]) as part:
        np.testing.assert_array_equal(part["curl"], whole["curl"][1:, :, :4])
