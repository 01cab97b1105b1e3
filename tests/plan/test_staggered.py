"""Divergence at the centres and curl at the corners of C grids of several models."""

from __future__ import annotations

from itertools import product
from pathlib import Path
from typing import Any

import netCDF4
import numpy as np
import pytest
import xarray as xr

import gradcli
from gradcli.engine.block import differentiate_block
from gradcli.errors import InputError, UsageError
from gradcli.formats.opening import open_source
from gradcli.formats.writing import create_sink
from gradcli.model.blocks import Block
from gradcli.model.metric import Metric
from gradcli.model.protocols import Destination, Hints
from gradcli.numerics.earth import unit_vectors
from gradcli.numerics.operator import Manner
from gradcli.numerics.operators import make_operators
from gradcli.plan.plan import make_plan
from gradcli.settings import Run, Settings
from tests.cgrids import MODELS, write
from tests.flows import DEGREE, both_kinds, flow, parts

GIVEN: dict[str, Any] = {"var": "u,v", "metric": "sphere", "overwrite": True}
LAYOUTS = [
    ("roms", {}),
    ("roms", {"terms": "pm", "places": False}),
    ("wrf", {}),
    ("wrf", {"terms": "mapfac", "places": False}),
    ("nemo", {}),
    ("nemo", {"terms": "e"}),
    ("mom6", {}),
    ("symmetric", {}),
    ("mitgcm", {}),
]


def derive(path: Path, **given: Any) -> tuple[xr.Dataset, list[str]]:
    report = gradcli.differentiate(path, **(GIVEN | given))
    with xr.open_dataset(report.outputs[0], engine="netcdf4") as data:
        return data.load(), report.notes


@pytest.mark.parametrize(("kind", "name", "give"), both_kinds(LAYOUTS))
def test_the_order_on_a_c_grid(kind: str, name: str, give: dict[str, Any], tmp_path: Path) -> None:
    given = GIVEN | ({"metric": None} if "terms" in give else {})
    errors = []
    for cells in (12, 24):
        exact = write(tmp_path / "f.nc", name, kind, cells, **give)
        found, notes = derive(tmp_path / "f.nc", operator="divergence", also="curl", **given)
        assert any("lie on the faces of a C grid" in note for note in notes)
        for result, point in (("div", "t"), ("curl", "f")):
            assert found[result].dims == ("time", *MODELS[name].names[point])
            assert found[result].units == "m s-1 m-1"
            off = abs(found[result] - exact[result] * np.array([1.0, 2.0])[:, None, None])
            inner = off[:, 1:-1, 1:-1] if off.isnull().any() else off
            assert inner.notnull().all()
            assert inner.max() < (2e-6 if kind == "rotation" else 4e-7)
            errors.append(float(np.sqrt((inner**2).mean())))
    for coarse, fine in zip(errors[:2], errors[2:], strict=True):
        assert coarse < 1e-13 or np.log2(coarse / fine) > 1.8


@pytest.mark.parametrize("name", ["nemo", "mitgcm"])
def test_a_grid_that_goes_around(name: str, tmp_path: Path) -> None:
    """On longitudes and latitudes of their own, x closes; nothing is missing at the seam."""
    errors = []
    for count in (18, 36):
        step = 360 / (2 * count)
        side = 0.5 if name == "nemo" else -0.5
        lat = -85 + 170 * (np.arange(count) + 0.5) / count
        lat_face = lat + side * 170 / count
        lon = 3 + step * np.arange(2 * count)
        over = {"u": ("yt", "xu"), "v": ("yv", "xt")}
        axes = {"yt": lat, "yv": lat_face, "xt": lon, "xu": lon + side * step}
        data = xr.Dataset(coords=axes)
        for axis in axes:
            data[axis].attrs["units"] = "degrees_east" if axis[0] == "x" else "degrees_north"
        for part, dims in over.items():
            mesh = np.meshgrid(axes[dims[1]], axes[dims[0]])
            vector, _, _ = flow("rotation", *mesh)
            _, east, north = unit_vectors(*(DEGREE * values for values in mesh))
            data[part] = (dims, parts(vector, east if part == "u" else north)[0])
            data[part].attrs["units"] = "m s-1"
        data.to_netcdf(tmp_path / "f.nc", engine="netcdf4")
        found, notes = derive(tmp_path / "f.nc", operator="curl", also="divergence")
        assert any("goes around the Earth" in note for note in notes)
        curl = flow("rotation", *np.meshgrid(axes["xu"], lat_face))[1]
        rows = abs(lat_face) < 60
        assert found["curl"].dims == ("yv", "xu")
        assert found["div"].dims == ("yt", "xt")
        errors.append(abs(found["curl"][rows] - curl[rows]).max().item())
        assert found["div"][1:-1].notnull().all()
    assert errors[1] < 2e-7
    assert np.log2(errors[0] / errors[1]) > 1.8


def test_missing_faces_and_masks(tmp_path: Path) -> None:
    """A face that is missing makes missing only the cells and corners that it belongs to."""

    def island(a: Any, b: Any) -> Any:
        return (abs(a - 0.1) < 0.21) & (abs(b - 1.5) < 0.21)

    exact = write(tmp_path / "f.nc", "roms", "rotation", 12, land=island)
    found, notes = derive(tmp_path / "f.nc", operator="divergence", also="curl")
    assert any("missing values stay missing" in note for note in notes)
    with xr.open_dataset(tmp_path / "f.nc", engine="netcdf4") as data:
        u, v = data["u"][0].values, data["v"][0].values
    assert np.isnan(u).sum() > 4
    wet = np.zeros(found["div"].shape[1:], bool)
    wet[1:-1, 1:-1] = np.isfinite(u[1:-1, 1:] + u[1:-1, :-1] + v[1:, 1:-1] + v[:-1, 1:-1])
    np.testing.assert_array_equal(np.isfinite(found["div"][0]), wet)
    corners = np.isfinite(u[1:] + u[:-1] + v[:, 1:] + v[:, :-1])
    np.testing.assert_array_equal(np.isfinite(found["curl"][0]), corners)
    assert abs(found["curl"][0] - exact["curl"]).max() < 1e-6
    # The same island as a mask, with zeros on land.
    write(tmp_path / "m.nc", "roms", "rotation", 12)
    with netCDF4.Dataset(tmp_path / "m.nc", "a") as file:
        for part, values in (("u", u), ("v", v)):
            mask = file.createVariable(f"mask_{part}", "f8", file[part].dimensions[1:])
            mask[:] = np.isfinite(values)
            file[part][:] = np.where(np.isfinite(values), file[part][:], 0)
    masked, notes = derive(tmp_path / "m.nc", operator="divergence", also="curl")
    assert any("mask_u is 0 and mask_v is 0" in note for note in notes)
    for result in ("div", "curl"):
        np.testing.assert_array_equal(masked[result], found[result])


@pytest.mark.parametrize("name", ["wrf", "roms"])
def test_blocks_give_the_same_bytes(name: str, tmp_path: Path) -> None:
    write(tmp_path / "f.nc", name, "rotation", 12)
    operators = make_operators("curl", ("divergence",), Manner())
    settings = Settings(var=("u", "v"), operators=operators, metric=Metric("sphere"))
    with open_source(str(tmp_path / "f.nc"), Hints()) as source:
        plan = make_plan(source, settings, Destination(), Run())
        for tables in plan.tables:
            tables.load(source)
        with create_sink(plan.outputs, plan.format, source, Destination()) as sink:
            for number, task in enumerate(plan.tasks):
                whole = tuple(slice(0, size) for size in task.field.shape)
                (packet,) = differentiate_block(
                    source, task, sink.packer, Block(number, whole)
                ).packets
                for y, x in product(range(0, whole[1].stop, 5), range(0, whole[2].stop, 7)):
                    ends = min(y + 5, whole[1].stop), min(x + 7, whole[2].stop)
                    window = slice(1, 2), slice(y, ends[0]), slice(x, ends[1])
                    (part,) = differentiate_block(
                        source, task, sink.packer, Block(number, window)
                    ).packets
                    np.testing.assert_array_equal(part.payload, packet.payload[window])
                sink.put(packet)


def test_parts_of_other_axes_and_names(tmp_path: Path) -> None:
    write(tmp_path / "f.nc", "roms", "rotation", 12)
    whole, _ = derive(tmp_path / "f.nc", operator="curl")
    part, _ = derive(tmp_path / "f.nc", operator="curl", isel={"time": 1}, axis="x,y")
    np.testing.assert_array_equal(part["curl"][0], whole["curl"][1])
    swapped, _ = derive(tmp_path / "f.nc", operator="curl", axis="y,x", var="v,u")
    np.testing.assert_array_equal(swapped["curl"], whole["curl"])
    assert {"lon_psi", "lat_psi"} <= set(whole["curl"].coords)
    plain, _ = derive(tmp_path / "f.nc", operator="divergence", metric="none")
    assert plain["div"].units == "m s-1 degree-1"


def test_what_tells_the_side(tmp_path: Path) -> None:
    """Sizes alone do not tell where as many faces as cells are; xgcm's attribute does."""
    write(tmp_path / "f.nc", "mom6", "rotation", 12, places=False, terms="e")
    with pytest.raises(InputError, match="nothing tells on which side"):
        derive(tmp_path / "f.nc", operator="divergence", metric=None)
    errors = []
    for shift in (0.5, -0.5):
        with netCDF4.Dataset(tmp_path / "f.nc", "a") as file:
            for name in ("xq", "yq"):
                if name not in file.variables:
                    file.createVariable(name, "i4", (name,))[:] = np.arange(
                        len(file.dimensions[name])
                    )
                file[name].c_grid_axis_shift = shift
        found, _ = derive(tmp_path / "f.nc", operator="divergence", metric=None)
        errors.append(abs(found["div"]).max().item())
    assert errors[0] < 0.05 * errors[1]


@pytest.mark.parametrize(
    ("given", "error"),
    [
        ({"accuracy": 4}, "accuracy: u and v lie on"),
        ({"missing": "adapt"}, "missing='adapt': u and v"),
        ({"spacing": 2.0}, "spacing: u and v"),
        ({"unwrap": 360.0}, "unwrap: u and v"),
        ({"vectors": "earth"}, "vectors='earth': u and v"),
        ({"also": "jacobian"}, "there are divergence and curl"),
        ({"axis": "time,x"}, "in the order of the components"),
        ({"axis": "foo,x"}, "foo"),
        ({"var": "v,u"}, "is the component along y"),
        ({"isel": {"xi_u": (0, 5)}}, "points at centres of cells, over eta_rho and xi_rho"),
        ({"periodic": ["x"]}, "does not close on itself"),
        ({"metric": None}, "metric="),
    ],
)
def test_what_does_not_apply_is_refused(given: dict[str, Any], error: str, tmp_path: Path) -> None:
    write(tmp_path / "f.nc", "roms", "rotation", 8)
    with pytest.raises(UsageError, match=error):
        derive(tmp_path / "f.nc", operator="divergence", **given)


def test_values_of_nemo_without_positions_are_noted(tmp_path: Path) -> None:
    write(tmp_path / "f.nc", "nemo", "rotation", 8, places=False)
    with netCDF4.Dataset(tmp_path / "f.nc", "a") as file:
        file.renameVariable("u", "vozocrtx")
        file.renameVariable("v", "vomecrty")
    given = {"var": "vozocrtx,vomecrty", "metric": "none", "axis": "x,y"}
    _, notes = derive(tmp_path / "f.nc", operator="divergence", **given)
    assert any("NEMO has them on the faces" in note for note in notes)


def test_a_plane_by_its_axes(tmp_path: Path) -> None:
    """On a plane both are exact for a linear flow, also where y falls."""
    for sign in (1, -1):
        x, y = 2.0 * np.arange(6), sign * 3.0 * np.arange(5)
        xf, yf = 2.0 * np.arange(7) - 1, sign * (3.0 * np.arange(6) - 1.5)
        coords = {"x": x, "y": y, "xf": xf, "yf": yf}
        data = xr.Dataset(
            {
                "u": (("y", "xf"), 5 * xf - 2 * y[:, None]),
                "v": (("yf", "x"), 7 * x + 3 * yf[:, None]),
            },
            coords,
        )
        for name in coords:
            data[name].attrs["units"] = "m"
        data.to_netcdf(tmp_path / "f.nc", engine="netcdf4")
        found, _ = derive(tmp_path / "f.nc", operator="curl", also="divergence", metric=None)
        np.testing.assert_allclose(found["div"], 8.0, rtol=1e-12)
        np.testing.assert_allclose(found["curl"][1:-1, 1:-1], 9.0, rtol=1e-12)
        assert found["curl"][[0, -1]].isnull().all()


def test_coordinates_that_are_made_up_on_land(tmp_path: Path) -> None:
    """Models write zeros as longitude and latitude where they computed nothing."""

    def island(a: Any, b: Any) -> Any:
        return (abs(a - 0.1) < 0.21) & (abs(b - 1.5) < 0.21)

    write(tmp_path / "f.nc", "roms", "rotation", 24, land=island)
    given = {"operator": "divergence", "also": "curl"}
    good, _ = derive(tmp_path / "f.nc", **given)
    with netCDF4.Dataset(tmp_path / "f.nc", "a") as file:
        for part in "uv":
            land = file[part][0].mask
            for name in ("lon", "lat"):
                values = file[f"{name}_{part}"][:]
                values[land] = 0
                file[f"{name}_{part}"][:] = values
    found, _ = derive(tmp_path / "f.nc", **given)
    for name in ("div", "curl"):
        np.testing.assert_array_equal(found[name].isnull(), good[name].isnull())
        np.testing.assert_allclose(found[name], good[name], rtol=0, atol=2e-6)


def test_degrees_as_they_stand_have_no_seam(tmp_path: Path) -> None:
    write(tmp_path / "f.nc", "wrf", "rotation", 12)
    given = {"operator": "divergence", "metric": "none"}
    expected, _ = derive(tmp_path / "f.nc", **given)
    with netCDF4.Dataset(tmp_path / "f.nc", "a") as file:
        for part in "UV":
            lon = np.asarray(file[f"XLONG_{part}"][:])
            file[f"XLONG_{part}"][:] = np.where(lon < np.median(lon), lon + 360, lon)
    found, _ = derive(tmp_path / "f.nc", **given)
    np.testing.assert_allclose(found["div"], expected["div"], rtol=1e-9, atol=1e-12)


def test_dimensions_of_each_point_as_nemo_writes_them(tmp_path: Path) -> None:
    """Each grid has dimensions of its own; results take those of the centres where they are."""
    write(tmp_path / "a.nc", "nemo", "rotation", 8)
    with netCDF4.Dataset(tmp_path / "a.nc") as old, netCDF4.Dataset(tmp_path / "f.nc", "w") as file:
        for point in "TUV":
            for dim, size in (("y", 8), ("x", 16)):
                file.createDimension(f"{dim}_grid_{point}", size)
            for name in ("glam", "gphi"):
                made = file.createVariable(
                    f"nav_{name}_{point}", "f8", (f"y_grid_{point}", f"x_grid_{point}")
                )
                made[:] = old[name + point.lower()][:]
                made.units = "degrees_east" if name == "glam" else "degrees_north"
        for part in "uv":
            point = part.upper()
            made = file.createVariable(part, "f8", (f"y_grid_{point}", f"x_grid_{point}"))
            made[:] = old[part][0]
            made.units, made.coordinates = "m s-1", f"nav_glam_{point} nav_gphi_{point}"
    found, _ = derive(tmp_path / "f.nc", operator="divergence")
    expected, _ = derive(tmp_path / "a.nc", operator="divergence")
    assert found["div"].dims == ("y_grid_T", "x_grid_T")
    assert {"nav_glam_T", "nav_gphi_T"} <= set(found["div"].coords)
    np.testing.assert_array_equal(found["div"], expected["div"][0])
