"""Operators of flows: strain, Q-criterion, Okubo-Weiss, and vorticity as another name of curl."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import sympy
import xarray as xr

import gradcli
from gradcli.errors import InputError, UsageError
from gradcli.numerics.operator import all_couples, couples, upper_outcomes
from gradcli.numerics.operators import OPERATORS, make_operator

R = 6371229.0
SYMBOLS = sympy.symbols("x y z")
# Quadratic, so that central differences are exact inside and one-sided ones of order 2 at the ends.
FLOW = {
    "u": SYMBOLS[0] ** 2 - SYMBOLS[1] * SYMBOLS[2] + 3 * SYMBOLS[1],
    "v": SYMBOLS[0] * SYMBOLS[1] - 2 * SYMBOLS[2] ** 2 + SYMBOLS[0],
    "w": 2 * SYMBOLS[0] * SYMBOLS[2] + SYMBOLS[1] ** 2,
}
LINES = {"x": np.cumsum([0.0, 1, 0.5, 2, 1]), "y": np.arange(6.0) / 2, "z": np.arange(4.0)[::-1]}


def flow(path: Path, axes: str = "xyz", units: str = "m s-1") -> Path:
    """Write the components of the flow along some axes, the others at 1, in the order z, y, x."""
    names, lines = "uvw"[: len(axes)], {axis: LINES[axis] for axis in axes[::-1]}
    grid = dict(zip(lines, np.meshgrid(*lines.values(), indexing="ij"), strict=True))
    data = xr.Dataset(coords={axis: (axis, line, {"units": "m"}) for axis, line in lines.items()})
    for name in names:
        value = sympy.lambdify(SYMBOLS, FLOW[name] + 0 * SYMBOLS[0])
        made = value(*(grid.get(axis, 1.0) for axis in "xyz"))
        data[name] = tuple(lines), made, {"units": units}
    data.to_netcdf(path, engine="netcdf4")
    return path


def exact(axes: str = "xyz") -> dict[str, Callable[..., Any]]:
    """Return the exact results by name, from the definitions."""
    flat = dict.fromkeys(SYMBOLS[len(axes) :], 1)
    parts = [FLOW[name].subs(flat) for name in "uvw"[: len(axes)]]
    jacobian = sympy.Matrix(parts).jacobian(SYMBOLS[: len(axes)])
    strain, spin = (jacobian + jacobian.T) / 2, (jacobian - jacobian.T) / 2
    square = lambda matrix: sum(entry**2 for entry in matrix)  # noqa: E731
    found = {
        f"strain_{axes[i]}{axes[j]}": strain[i, j]
        for i in range(len(axes))
        for j in range(i, len(axes))
    }
    found["qcriterion"] = (square(spin) - square(strain)) / 2
    if len(axes) == 2:
        normal, shear = jacobian[0, 0] - jacobian[1, 1], jacobian[1, 0] + jacobian[0, 1]
        found["okubo_weiss"] = normal**2 + shear**2 - (jacobian[1, 0] - jacobian[0, 1]) ** 2
    return {name: sympy.lambdify(SYMBOLS, formula) for name, formula in found.items()}


def derived(path: Path, **given: Any) -> xr.Dataset:
    report = gradcli.differentiate(path, overwrite=True, **given)
    with xr.open_dataset(report.outputs[0], engine="netcdf4") as data:
        return data.load()


@pytest.mark.parametrize("axes", ["xy", "xyz"])
def test_all_of_a_flow_in_one_pass_against_sympy(tmp_path: Path, axes: str) -> None:
    path, order = flow(tmp_path / "f.nc", axes), ",".join(axes)
    also = ["qcriterion", "vorticity", *(["okubo-weiss"] if len(axes) == 2 else [])]
    given: dict[str, Any] = {"var": list("uvw"[: len(axes)]), "axis": order, "edge_order": 2}
    found = derived(path, operator="strain", also=also, **given)
    every = np.meshgrid(*(LINES[axis] for axis in axes[::-1]), indexing="ij")
    grid = dict(zip(axes[::-1], every, strict=True))
    for name, formula in exact(axes).items():
        expected = formula(*(grid.get(axis, 1.0) for axis in "xyz"))
        np.testing.assert_allclose(
            found[name], np.broadcast_to(expected, found[name].shape), atol=1e-11
        )
        power = 1 if name.startswith("strain") else 2
        assert found[name].attrs["units"] == ("m s-1 m-1" if power == 1 else "s-2")
    curl = derived(path, operator="curl", **given)
    assert {*found} == {*exact(axes), *curl}
    for name in curl:
        np.testing.assert_array_equal(found[name], curl[name])
    assert (
        found["qcriterion"].attrs["long_name"]
        == f"Q-criterion of ({', '.join('uvw'[: len(axes)])})"
    )


def test_the_order_of_axes_does_not_matter(tmp_path: Path) -> None:
    path = flow(tmp_path / "f.nc", "xy")
    also = ["okubo-weiss", "strain"]
    one = derived(path, operator="qcriterion", also=also, var=["u", "v"], axis="x,y")
    other = derived(path, operator="qcriterion", also=also, var=["v", "u"], axis="y,x")
    for name in ("qcriterion", "okubo_weiss", "strain_xx", "strain_yy"):
        np.testing.assert_array_equal(one[name], other[name])
    np.testing.assert_array_equal(one["strain_xy"], other["strain_yx"])


def test_a_solid_body_on_the_sphere_turns_and_does_not_strain(tmp_path: Path) -> None:
    lon, lat = np.arange(0.0, 360.0, 2), np.arange(-89.0, 90.0, 2)
    turn = 3e-6
    u = np.broadcast_to(turn * R * np.cos(np.radians(lat))[:, None], (90, 180))
    data = xr.Dataset({"u": (("lat", "lon"), u), "v": (("lat", "lon"), 0 * u)})
    data = data.assign_coords(
        lon=("lon", lon, {"units": "degrees_east"}), lat=("lat", lat, {"units": "degrees_north"})
    )
    for name in "uv":
        data[name].attrs["units"] = "m s-1"
    data.to_netcdf(tmp_path / "f.nc", engine="netcdf4")
    given: dict[str, Any] = {"var": ["u", "v"], "axis": "x,y", "metric": "sphere"}
    found = derived(tmp_path / "f.nc", operator="okubo-weiss", also="qcriterion,strain", **given)
    spin = turn * np.sin(np.radians(lat))[1:-1, None]
    inside = found.isel(lat=slice(1, -1))
    size = turn**2
    np.testing.assert_allclose(inside["okubo_weiss"], -4 * spin**2 + 0 * u[1:-1], atol=3e-3 * size)
    np.testing.assert_allclose(inside["qcriterion"], spin**2 + 0 * u[1:-1], atol=1e-3 * size)
    for name in ("strain_xx", "strain_xy", "strain_yy"):
        np.testing.assert_allclose(inside[name], 0 * u[1:-1], atol=1e-3 * turn)
    with pytest.raises(UsageError, match=r"strain: .* mixed in degrees; give metric='sphere'"):
        gradcli.differentiate(tmp_path / "f.nc", operator="strain", var=["u", "v"], axis="x,y")


@pytest.mark.parametrize(
    ("given", "error", "match"),
    [
        ({"operator": "okubo-weiss", "components": "0"}, UsageError, "okubo-weiss takes 2 axes"),
        ({"operator": "strain", "var": ["u"], "order": 2}, UsageError, "strain takes no order="),
        ({"operator": "qcriterion"}, UsageError, "qcriterion: 1 components"),
    ],
)
def test_what_does_not_fit_is_refused(
    tmp_path: Path, given: dict[str, Any], error: type[Exception], match: str
) -> None:
    np.save(tmp_path / "f.npy", np.zeros((3, 4, 4, 4)))
    with pytest.raises(error, match=match):
        gradcli.differentiate(tmp_path / "f.npy", **given)


def test_squares_of_a_complex_vector_are_refused_and_its_strain_is_complex(tmp_path: Path) -> None:
    y, x = np.mgrid[0:4.0, 0:5.0]
    np.save(tmp_path / "f.npy", np.stack([1j * x, 2 * x + 0 * y]))
    report = gradcli.differentiate(
        tmp_path / "f.npy", tmp_path / "out.npz", operator="strain", components="0", axis="2,1"
    )
    with np.load(report.outputs[0]) as found:
        np.testing.assert_array_equal(found["strain_22"], np.full((4, 5), 1j))
        np.testing.assert_array_equal(found["strain_21"], np.full((4, 5), 1.0 + 0j))
    for name in ("qcriterion", "okubo-weiss"):
        with pytest.raises(UsageError, match="a complex vector has no"):
            gradcli.differentiate(tmp_path / "f.npy", operator=name, components="0")


def test_mixed_units_are_refused(tmp_path: Path) -> None:
    path = flow(tmp_path / "f.nc")
    with xr.open_dataset(path, engine="netcdf4") as data:
        data = data.load()
    data["z"].attrs["units"] = "hPa"
    data.to_netcdf(tmp_path / "g.nc", engine="netcdf4")
    with pytest.raises(InputError, match="qcriterion: a mix of units"):
        gradcli.differentiate(
            tmp_path / "g.nc", operator="qcriterion", var=["u", "v", "w"], axis="x,y,z"
        )


def test_coordinates_over_two_dimensions_give_the_same_strain(tmp_path: Path) -> None:
    lon, lat = np.arange(0.0, 30, 2), np.arange(20.0, 60, 2)
    east, north = np.meshgrid(lon, lat)
    parts = {
        "u": np.sin(np.radians(3 * east)) * np.cos(np.radians(north)),
        "v": np.cos(np.radians(2 * east + north)),
    }
    units = {"lon": "degrees_east", "lat": "degrees_north"}
    places = {"line": {"lon": ("lon", lon), "lat": ("lat", lat)}}
    places["sheet"] = {"lon": (("j", "i"), east), "lat": (("j", "i"), north)}
    found = []
    for name, dims in (("line", ("lat", "lon")), ("sheet", ("j", "i"))):
        data = xr.Dataset({part: (dims, values) for part, values in parts.items()}, places[name])
        for axis, unit in units.items():
            data[axis].attrs["units"] = unit
        data.to_netcdf(tmp_path / f"{name}.nc", engine="netcdf4")
        given: dict[str, Any] = {"var": ["u", "v"], "axis": "lon,lat", "metric": "sphere"}
        also = ["qcriterion", "okubo-weiss"]
        found.append(
            derived(tmp_path / f"{name}.nc", operator="strain", also=also, accuracy=4, **given)
        )
    inside = (slice(2, -2), slice(2, -2))
    for name, values in found[0].items():
        size = float(np.abs(values).max())
        np.testing.assert_allclose(
            found[1][name].values[inside], values.values[inside], atol=1e-5 * size
        )


@pytest.mark.parametrize("count", [2, 3])
def test_couples_and_outcomes_fit(count: int) -> None:
    parts, results = couples(count), upper_outcomes(count)
    assert len(parts) == 2 * len(results)
    for outcome, first, second in zip(results, parts[::2], parts[1::2], strict=True):
        assert outcome.named == (first.component, second.component)
        assert (first.component, *first.along) == (*second.along, second.component)
    every = [(part.component, *part.along) for part in all_couples(count)]
    assert sorted({*every}) == [(i, j) for i in range(count) for j in range(count)]
    assert len(every) == 2 * count**2


def test_vorticity_is_the_curl() -> None:
    assert make_operator("vorticity") is OPERATORS["curl"]
