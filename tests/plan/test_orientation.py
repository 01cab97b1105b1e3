"""How operators lie on axes: x before y, north up, right-handed, whatever the order of the axes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import netCDF4
import numpy as np
import pytest
import xarray as xr

import gradcli
from gradcli.errors import UsageError
from gradcli.numerics.operator import Manner
from gradcli.numerics.operators import make_operator

SIZES = {"z": 4, "y": 5, "x": 6}


def grid(path: Path, units: str = "m", **fields: Any) -> Path:
    """Write fields of (z, y, x), or of (y, x), given as functions of the coordinates."""
    with netCDF4.Dataset(path, "w") as file:
        made = dict(zip("zyx", np.mgrid[0:4.0, 0:5.0, 0:6.0], strict=True))
        for name, size in SIZES.items():
            file.createDimension(name, size)
            file.createVariable(name, "f8", (name,))[:] = np.arange(float(size))
            file[name].units = units
        for name, function in fields.items():
            values = function(**made)
            flat = name.isupper()
            variable = file.createVariable(name, "f8", ("y", "x") if flat else ("z", "y", "x"))
            variable[:] = values[0] if flat else values
            variable.units = "m s-1"
    return path


def derive(source: Path, **given: Any) -> xr.Dataset:
    target = source.with_suffix(".out.nc")
    gradcli.differentiate(source, target, overwrite=True, **given)
    with xr.open_dataset(target, engine="netcdf4") as found:
        return found.load()


@pytest.fixture
def eastward(tmp_path: Path) -> Path:
    """Return a file whose field rises due east."""
    return grid(tmp_path / "h.nc", H=lambda x, **_: x)


@pytest.mark.parametrize("operator", ["direction", "gradient", "magnitude"])
def test_without_axes_an_angle_is_counted_from_x(eastward: Path, operator: str) -> None:
    also = None if operator == "direction" else "direction"
    found = derive(eastward, operator=operator, also=also)["dir_H"]
    assert (found == 0).all()
    assert found.derivative_manner == "radians from x to y, up the slope"


@pytest.mark.parametrize(("axis", "angle"), [("x,y", 0), ("y,x", np.pi / 2)])
def test_with_axes_an_angle_is_counted_from_the_first(
    eastward: Path, axis: str, angle: float
) -> None:
    found = derive(eastward, operator="direction", axis=axis)["dir_H"]
    np.testing.assert_allclose(found, angle)


@pytest.mark.parametrize("axis", [None, "x,y", "y,x"])
def test_a_bearing_counts_from_north_whatever_the_order(eastward: Path, axis: str | None) -> None:
    given: dict[str, Any] = {"axis": axis, "also": "directional", "toward": 90}
    found = derive(eastward, operator="direction", bearing=True, **given)
    assert (found["dir_H"] == 90).all()
    assert found["dir_H"].derivative_manner == "degrees clockwise from north, up the slope"
    np.testing.assert_allclose(found["dH_ds"], 1)
    assert found["dH_ds"].derivative_manner == "toward 90 degrees from north"
    down = derive(eastward, operator="direction", bearing=True, downslope=True, axis=axis)
    assert (down["dir_H"] == 270).all()


def test_a_bearing_of_a_little_less_than_360_is_not_rounded_to_it() -> None:
    east, north = np.float32([-1e-9]), np.float32([1])
    operator = make_operator("direction", Manner(bearing=True))
    (found,) = operator.combine(iter([east, north]))
    assert found.tolist() == [0]


TURNING = {"u": lambda y, **_: -y, "v": lambda x, **_: x, "w": lambda z, **_: 0 * z}


@pytest.mark.parametrize("order", ["xyz", "yzx", "zxy", "zyx", "yxz", "xzy"])
def test_a_curl_is_right_handed_whatever_the_order(tmp_path: Path, order: str) -> None:
    source = grid(tmp_path / "c.nc", **TURNING)
    var = ["uvw"["xyz".index(axis)] for axis in order]
    found = derive(source, operator="curl", var=var, axis=",".join(order))
    assert list(found.data_vars) == [f"curl_{axis}" for axis in order]
    for axis, expected in zip("xyz", (0, 0, 2), strict=True):
        np.testing.assert_allclose(found[f"curl_{axis}"], expected)


@pytest.mark.parametrize(("var", "axis"), [("U,V", "x,y"), ("V,U", "y,x"), ("U,V", None)])
def test_the_vorticity_has_one_sign(tmp_path: Path, var: str, axis: str | None) -> None:
    source = grid(tmp_path / "c.nc", U=TURNING["u"], V=TURNING["v"])
    found = derive(source, operator="curl", var=var.split(","), axis=axis)
    np.testing.assert_allclose(found["curl"], 2)


def test_a_vector_on_axes_known_by_their_names_alone(tmp_path: Path) -> None:
    lat, lon = np.arange(-80, 81, 2.0), np.arange(0, 360, 2.0)
    phi, lam = np.meshgrid(np.radians(lat), np.radians(lon), indexing="ij")
    np.save(tmp_path / "uv.npy", np.stack([10 * np.cos(phi), np.cos(phi) * np.sin(lam)]))
    np.save(tmp_path / "lat.npy", lat)
    np.save(tmp_path / "lon.npy", lon)
    coords = {name: str(tmp_path / f"{name}.npy") for name in ("lat", "lon")}
    found = []
    for number, axis in enumerate((None, "lon,lat")):
        target = tmp_path / f"{number}.npz"
        gradcli.differentiate(
            *(tmp_path / "uv.npy", target),
            dims="c,lat,lon",
            components="c",
            coords=coords,
            axis=axis,
            operator="divergence",
            also="curl",
            metric="sphere",
        )
        with np.load(target) as made:
            found.append((made["div"], made["curl"]))
    np.testing.assert_array_equal(*(div for div, _ in found))
    np.testing.assert_array_equal(*(curl for _, curl in found))
    expected = -2 * np.sin(phi) * np.sin(lam) / 6371229.0
    np.testing.assert_allclose(found[0][0][1:-1], expected[1:-1], atol=1e-9)


@pytest.mark.parametrize("var", ["V", "V,V"])
def test_one_component_is_no_vector_of_two_axes(tmp_path: Path, var: str) -> None:
    source = grid(tmp_path / "c.nc", U=TURNING["u"], V=TURNING["v"])
    with pytest.raises(UsageError, match=r"1 components \(V\) for 2 axes"):
        derive(source, operator="divergence", var=var.split(","))


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"bearing": True}, "bearing=True and downslope=True go with direction"),
        ({"downslope": True, "also": "laplacian"}, "go with direction"),
        ({"toward": (1, 0)}, "toward= goes with directional"),
        ({"operator": "jacobian", "also": "gradient"}, "results of the same names"),
    ],
)
def test_options_of_other_operators_are_refused(
    eastward: Path, given: dict[str, Any], words: str
) -> None:
    with pytest.raises(UsageError, match=words):
        derive(eastward, **given)


@pytest.mark.parametrize(("follow", "count"), [(False, 1), (True, 0)])
def test_a_curl_on_an_axis_that_grows_downwards_says_so(
    tmp_path: Path, follow: bool, count: int
) -> None:
    source = grid(tmp_path / "f.nc", u=lambda z, **_: z, w=lambda x, **_: x)
    with netCDF4.Dataset(source, "a") as file:
        file["z"].positive = "down"
    given: dict[str, Any] = {"var": "u,w", "axis": "x,z", "operator": "curl"}
    report = gradcli.differentiate(source, tmp_path / "o.nc", follow_positive=follow, **given)
    told = [note for note in report.notes if "left-handed" in note]
    assert len(told) == count
    assert all(note.startswith("z: grows downwards") for note in told)
    gradient = gradcli.differentiate(source, tmp_path / "g.nc", axis="x,z")
    assert not any("left-handed" in note for note in gradient.notes)


@pytest.mark.parametrize(
    ("given", "noted"),
    [
        ({}, True),
        ({"spacing": 30}, True),
        ({"spacing": (30, -30)}, False),
        ({"bearing": False}, False),
    ],
)
def test_a_bearing_on_rows_without_coordinates_says_which_way_it_takes_as_north(
    tmp_path: Path, given: dict[str, Any], noted: bool
) -> None:
    np.save(tmp_path / "dem.npy", np.arange(12.0).reshape(3, 4) ** 2)
    asked: dict[str, Any] = {"axis": (1, 0), "operator": "direction", "bearing": True} | given
    report = gradcli.differentiate(tmp_path / "dem.npy", **asked)
    assert (
        any("bearings take axis 0 as growing northward" in note for note in report.notes) == noted
    )
