"""Cylindrical and spherical coordinates against the vector calculus of sympy in x, y and z."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
import sympy
import xarray as xr
from sympy.vector import CoordSys3D, curl, divergence, gradient, laplacian

import gradcli
from gradcli.errors import InputError, UsageError

Array = Any
PLACE = sympy.symbols("x y z")
X, Y, Z = PLACE
FIELDS = (
    X**2 * Y + Z * X + Y**2,
    sympy.exp(X / 2 - Y / 3 + Z / 4),
    sympy.sin(X + 2 * Y) * sympy.cos(Z),
    X * Y * Z + Z**3 - X**3,
    1 / (2 + X**2 + Y**2 + Z**2),
)
SPACE = CoordSys3D("S")
NAMES = {"cylindrical": ("r", "phi", "z"), "spherical": ("r", "theta", "phi")}


class Exact(NamedTuple):
    """Functions of x, y and z: a scalar, a vector, and what vector calculus makes of them."""

    scalar: Callable[..., Array]
    vector: Callable[..., Array]
    gradient: Callable[..., Array]
    hessian: Callable[..., Array]
    laplacian: Callable[..., Array]
    divergence: Callable[..., Array]
    curl: Callable[..., Array]
    jacobian: Callable[..., Array]


@cache
def exact(number: int) -> Exact:
    """Return what sympy makes of a field, and of a vector whose components are three of them."""
    scalar = FIELDS[number]
    parts = [FIELDS[(number + place) % len(FIELDS)] for place in range(3)]
    base = dict(zip(PLACE, SPACE.base_scalars(), strict=True))
    vector = sum(
        (part.subs(base) * unit for part, unit in zip(parts, SPACE.base_vectors(), strict=True)),
        start=0 * SPACE.i,
    )
    every = (
        scalar,
        sympy.Matrix(parts),
        gradient(scalar.subs(base)).to_matrix(SPACE),
        sympy.hessian(scalar, PLACE),
        laplacian(scalar.subs(base)),
        divergence(vector),
        curl(vector).to_matrix(SPACE),
        sympy.Matrix(parts).jacobian(PLACE),
    )
    back = {own: symbol for symbol, own in base.items()}
    flat = (list(sympy.Matrix([each]).subs(back)) for each in every)
    return Exact(*(sympy.lambdify(PLACE, entries, "numpy", cse=True) for entries in flat))


def cartesian(kind: str, grid: Mapping[str, Array]) -> tuple[Array, Array]:
    """Return x, y, z of a grid, and the unit vectors of its directions, one a row."""
    r, phi = grid["r"], grid["phi"]
    cos, sin, zero = np.cos(phi), np.sin(phi), 0 * r * phi
    if kind == "cylindrical":
        place = (r * cos, r * sin, grid["z"])
        rows = [[cos, sin, zero], [-sin, cos, zero], [zero, zero, zero + 1]]
    else:
        flat, up = np.sin(grid["theta"]), np.cos(grid["theta"])
        place = (r * flat * cos, r * flat * sin, r * up)
        rows = [[flat * cos, flat * sin, up], [up * cos, up * sin, -flat], [-sin, cos, zero]]
    units = np.array([np.broadcast_arrays(*row, zero + sum(place))[:3] for row in rows])
    return np.array(np.broadcast_arrays(*place)), units


def expected(kind: str, number: int, grid: Mapping[str, Array]) -> dict[str, Array]:
    """Return what the results should be, by name."""
    names = NAMES[kind]
    place, units = cartesian(kind, grid)
    known = exact(number)

    def at(function: Callable[..., Array], *shape: int) -> Array:
        made = [np.broadcast_to(entry, place.shape[1:]) for entry in function(*place)]
        return np.reshape(made, (*shape, *place.shape[1:]))

    turned = {
        name: np.einsum("ia...,a...->i...", units, at(function, 3))
        for name, function in (("v", known.vector), ("d", known.gradient), ("c", known.curl))
    }
    second, jacobian = (
        np.einsum("ia...,jb...,ab...->ij...", units, units, at(function, 3, 3))
        for function in (known.hessian, known.jacobian)
    )
    found = {"f": at(known.scalar), "lap_f": at(known.laplacian), "div": at(known.divergence)}
    for i, name in enumerate(names):
        found |= {f"u{name}": turned["v"][i], f"df_d{name}": turned["d"][i]}
        found |= {f"curl_{name}": turned["c"][i]}
        for j, other in enumerate(names):
            found[f"du{name}_d{other}"] = jacobian[i, j]
            if j >= i:
                pair = f"d{name}2" if i == j else f"d{name}d{other}"
                found[f"d2f_{pair}"] = second[i, j]
                found[f"strain_{name}_{other}"] = (jacobian[i, j] + jacobian[j, i]) / 2
    found["qcriterion"] = -np.einsum("ij...,ji...->...", jacobian, jacobian) / 2
    return found


def lines_of(kind: str, size: int, even: bool = True) -> dict[str, Array]:
    """Return coordinates: the azimuth all around, the others over parts of the same lengths."""

    def part(count: int) -> Array:
        share = np.linspace(0, 1, count + 1)
        return share if even else share + 0.06 * np.sin(2 * np.pi * share)

    long = part(size * 5 // 4)
    other = {"z": -0.5 + 0.8 * long} if kind == "cylindrical" else {"theta": 0.7 + 0.9 * long}
    return {
        "r": 0.6 + 0.7 * part(size),
        "phi": np.linspace(0, 2 * np.pi, 3 * size, endpoint=False),
        **other,
    }


def grid_of(kind: str, lines: Mapping[str, Array]) -> dict[str, Array]:
    names = NAMES[kind]
    made = np.meshgrid(*(lines[name] for name in names), indexing="ij")
    return dict(zip(names, made, strict=True))


def derived(path: Path, **given: Any) -> dict[str, Array]:
    report = gradcli.differentiate(path, path.with_suffix(".out.npz"), overwrite=True, **given)
    with np.load(report.outputs[0]) as found:
        return dict(found)


def errors(
    folder: Path, kind: str, accuracy: int, lines: Mapping[str, Array], vectors: tuple[int, ...]
) -> dict[str, float]:
    """Return the largest error of every result, away from the ends.

    There are five scalars, and vectors that begin with some of them.
    """
    names, grid = NAMES[kind], grid_of(kind, lines)
    right = [expected(kind, number, grid) for number in range(len(FIELDS))]
    path = folder / "f.npz"
    given: dict[str, Any] = {"axis": list(names), "metric": kind, "accuracy": accuracy}
    found, wanted = {}, {}
    np.savez(path, **{f"f{number}": values["f"] for number, values in enumerate(right)}, **lines)
    found = derived(path, also="laplacian,hessian", **given)
    for number, values in enumerate(right):
        wanted |= {
            name.replace("f", f"f{number}"): value
            for name, value in values.items()
            if name.startswith(("df_", "d2f_", "lap_"))
        }
    for number in vectors:
        values = {name: value for name, value in right[number].items() if "f" not in name}
        parts = [f"u{name}" for name in names]
        np.savez(path, **{name: values.pop(name) for name in parts}, **lines)
        also = "divergence,curl,strain,qcriterion"
        made = derived(path, var=parts, operator="jacobian", also=also, **given)
        assert {*made} == {*values, *lines}
        found |= {f"{name} of {number}": value for name, value in made.items()}
        wanted |= {f"{name} of {number}": value for name, value in values.items()}
    inner = len(lines["r"]) // 4
    inside = tuple(slice(None) if name == "phi" else slice(inner, -inner) for name in names)
    return {
        name: float(np.abs(found[name] - value)[inside].max()) for name, value in wanted.items()
    }


def check_order(
    folder: Path, kind: str, accuracy: int, vectors: tuple[int, ...], even: bool = True
) -> None:
    """Check that the error of every result falls as the accuracy says when steps are halved."""
    coarse, fine = (
        errors(folder, kind, accuracy, lines_of(kind, size, even), vectors) for size in (8, 16)
    )
    for name, error in fine.items():
        order = np.log2(max(coarse[name], 1e-300) / max(error, 1e-300))
        assert order > accuracy - (0.35 if even else 0.6) or error < 1e-9, f"{name}: {order:.2f}"


given_kind = pytest.mark.parametrize("kind", NAMES)
given_accuracy = pytest.mark.parametrize("accuracy", [2, 4])


@given_kind
@given_accuracy
def test_five_fields_converge_as_the_accuracy_says(
    tmp_path: Path, kind: str, accuracy: int
) -> None:
    check_order(tmp_path, kind, accuracy, (0, 3))  # components of all five


@pytest.mark.long
@given_kind
@given_accuracy
def test_five_fields_on_uneven_steps(tmp_path: Path, kind: str, accuracy: int) -> None:
    check_order(tmp_path, kind, accuracy, (0, 1, 2, 3, 4), even=False)


def cylinder(
    path: Path, lines: Mapping[str, Array], units: Mapping[str, str], **fields: Array
) -> Path:
    """Write fields over axes, the first slowest, with coordinates and their units."""
    data = xr.Dataset(
        {name: (tuple(lines), values, {"units": "K"}) for name, values in fields.items()},
        {name: (name, line, _said(units.get(name))) for name, line in lines.items()},
    )
    data.to_netcdf(path, engine="netcdf4")
    return path


def _said(unit: str | None) -> dict[str, str]:
    return {} if unit is None else {"units": unit}


def opened(path: Path, **given: Any) -> tuple[xr.Dataset, list[str]]:
    report = gradcli.differentiate(path, overwrite=True, **given)
    with xr.open_dataset(report.outputs[0], engine="netcdf4") as data:
        return data.load(), report.notes


R = np.cumsum([0.0, 0.5, 0.5, 0.75, 0.25, 0.5, 1.0])
HEIGHT = np.arange(5.0)
UNITS = {"r": "m", "phi": "degrees", "z": "m", "theta": "radians"}
TURN = np.arange(0.0, 360, 10)


def test_on_the_axis_what_needs_an_azimuth_is_missing_and_the_rest_is_not(tmp_path: Path) -> None:
    r, phi = np.meshgrid(R, np.radians(TURN), indexing="ij")
    path = cylinder(tmp_path / "f.nc", {"r": R, "phi": TURN}, UNITS, f=r**2 * (2 + np.cos(2 * phi)))
    found, notes = opened(path, metric="cylindrical", also="laplacian", edge_order=2)
    assert np.isnan(found["df_dphi"][0]).all()
    assert np.isnan(found["lap_f"][0]).all()
    np.testing.assert_allclose(found["df_dr"], 2 * r * (2 + np.cos(2 * phi)), atol=1e-12)
    np.testing.assert_allclose(
        found["df_dphi"][1:], (-2 * r * np.sin(2 * phi))[1:], rtol=0.03, atol=1e-9
    )
    exact = np.sin(2 * np.radians(10)) / np.radians(10)  # of the difference in place of 2
    np.testing.assert_allclose(found["df_dphi"][1:], (-exact * r * np.sin(2 * phi))[1:], atol=1e-12)
    assert found["df_dphi"].attrs["units"] == "K m-1"
    assert found["df_dphi"].attrs["derivative_metric"] == "cylindrical (r, phi)"
    assert found["df_dphi"].attrs["derivative_edges"] == "periodic"
    assert "phi: goes around the axis, so it is periodic" in notes
    assert "results that need the direction of phi are missing at r = 0" in notes


def test_on_the_axis_of_a_field_without_azimuth_symmetry_gives_the_limits(tmp_path: Path) -> None:
    r, z = np.meshgrid(R, HEIGHT, indexing="ij")
    lines = {"r": R, "z": HEIGHT}
    path = cylinder(tmp_path / "f.nc", lines, UNITS, f=r**2 + z**2, u=3 * r, w=-6 * z)
    found, notes = opened(path, var="f", metric="cylindrical", operator="laplacian")
    np.testing.assert_allclose(found["lap_f"], 0 * r + 6, rtol=1e-11)
    assert "results at r = 0 follow from symmetry: nothing changes around it" in notes
    given: dict[str, Any] = {"var": ["u", "w"], "metric": "cylindrical", "edge_order": 2}
    found, _ = opened(path, operator="divergence", **given)
    np.testing.assert_allclose(found["div"], 0 * r, atol=1e-11)


def test_at_the_centre_of_a_sphere_too(tmp_path: Path) -> None:
    path = cylinder(tmp_path / "f.nc", {"r": R}, UNITS, f=R**2, u=R)
    found, _ = opened(path, var="f", metric="spherical", operator="laplacian")
    np.testing.assert_allclose(found["lap_f"], 0 * R + 6, rtol=1e-12)
    found, _ = opened(path, var="u", metric="spherical", operator="divergence", edge_order=2)
    np.testing.assert_allclose(found["div"], 0 * R + 3, rtol=1e-12)


def test_at_the_poles_of_a_field_without_azimuth(tmp_path: Path) -> None:
    theta = np.linspace(0, np.pi, 181)
    radius = np.array([0.0, 1.0, 2.0, 3.0])
    r, angle = np.meshgrid(radius, theta, indexing="ij")
    lines = {"r": radius, "theta": theta}
    path = cylinder(tmp_path / "f.nc", lines, UNITS, f=r**2 * np.cos(angle) ** 2)
    found, notes = opened(path, metric="spherical", operator="laplacian", edge_order=2)
    np.testing.assert_allclose(found["lap_f"][1:], 0 * r[1:] + 2, atol=5e-3)
    assert np.isnan(found["lap_f"][0]).all()
    assert "results that need the direction of theta are missing at r = 0" in notes
    assert "results at the poles of theta follow from symmetry: nothing changes around it" in notes


@pytest.mark.parametrize("kind", ["colatitude", "latitude"])
@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 0, 2), (1, 2, 0)])
def test_a_curl_is_right_handed_in_any_order(
    tmp_path: Path, kind: str, order: tuple[int, ...]
) -> None:
    """A solid body that turns around z has the curl 2 along z: up at the equator."""
    lines = {"r": 1 + R, "theta": np.linspace(80, 100, 21), "phi": TURN}
    r, theta, _ = np.meshgrid(*lines.values(), indexing="ij")
    parts = {"ur": 0 * r, "ut": 0 * r, "up": r * np.sin(np.radians(theta))}
    units = {"r": "m", "theta": "degrees", "phi": "degrees"}
    names = ["r", "theta", "phi"]
    if kind == "latitude":
        lines = {"r": lines["r"], "lat": 90 - lines["theta"], "lon": TURN}
        units, names = (
            {"r": "m", "lat": "degrees_north", "lon": "degrees_east"},
            ["r", "lat", "lon"],
        )
    path = cylinder(tmp_path / "f.nc", lines, units, **parts)
    var, axis = ([of[place] for place in order] for of in (list(parts), names))
    given: dict[str, Any] = {"metric": "spherical", "operator": "curl"}
    found, _ = opened(path, var=var, axis=axis, **given)
    sign = 1 if kind == "latitude" else -1
    along = {"r": 2 * np.cos(np.radians(theta)), names[1]: sign * 2 * np.sin(np.radians(theta))}
    for name, values in along.items():
        inner = (slice(1, -1), slice(1, -1))
        np.testing.assert_allclose(found[f"curl_{name}"][inner], values[inner], atol=2e-3)
    pair, _ = opened(path, var=["up", "ut"], axis=[names[2], names[1]], **given)
    np.testing.assert_allclose(pair["curl"], found["curl_r"], rtol=1e-12)


def test_components_are_those_of_r_phi_z_without_axes(tmp_path: Path) -> None:
    lines = {"z": HEIGHT, "phi": TURN, "r": 1 + R}
    _, _, r = np.meshgrid(*lines.values(), indexing="ij")
    path = cylinder(tmp_path / "f.nc", lines, UNITS, u=r, v=r**2, w=0 * r)
    given: dict[str, Any] = {"var": ["u", "v", "w"], "metric": "cylindrical", "edge_order": 2}
    found, _ = opened(path, operator="divergence", also="curl,strain", **given)
    np.testing.assert_allclose(found["div"], 0 * r + 2, rtol=1e-12)
    np.testing.assert_allclose(found["strain_phi_phi"], 0 * r + 1, rtol=1e-12)
    inside = (..., slice(1, -1))
    np.testing.assert_allclose(found["curl_z"][inside], 3 * r[inside], rtol=0.05)


def test_the_azimuth_closes_with_its_last_point_repeated_or_on_uneven_steps(tmp_path: Path) -> None:
    whole = np.linspace(0, 360, 37)
    uneven = np.array([0.0, 20, 50, 90, 120, 170, 200, 240, 290, 330])
    for phi, given, said in (
        (
            whole,
            {},
            "phi: goes around the axis, so it is periodic, and its last point is its first",
        ),
        (TURN - 180, {}, "phi: goes around the axis, so it is periodic"),
        (TURN[::-1].copy(), {}, "phi: goes around the axis, so it is periodic"),
        (uneven, {"periodic": "phi"}, None),
        (TURN[:-4], {}, None),
    ):
        values = np.sin(np.radians(phi)) * np.array([[1.0], [2.0]])
        lines = {"r": np.array([1.0, 2.0]), "phi": phi}
        path = cylinder(tmp_path / "f.nc", lines, UNITS, f=values)
        found, notes = opened(path, axis="phi", metric="cylindrical", **given)
        right = np.cos(np.radians(phi)) * np.array([[1.0], [1.0]])
        close = 0.006 if phi is not uneven else 0.1
        ends = slice(None) if phi is not TURN[:-4] and len(phi) != 32 else slice(1, -1)
        np.testing.assert_allclose(found["df_dphi"][:, ends], right[:, ends], atol=close)
        assert said is None or said in notes
        assert any("goes around" in note for note in notes) == (said is not None)


def test_axes_have_any_name_and_units_are_converted(tmp_path: Path) -> None:
    lines = {"Z": HEIGHT, "th": TURN, "R": 1 + R}
    _, phi, r = np.meshgrid(*lines.values(), indexing="ij")
    units = {"Z": "mm", "th": "degrees", "R": "mm"}
    path = cylinder(tmp_path / "f.nc", lines, units, f=r * np.sin(np.radians(phi)))
    named = "cylindrical:r=R,phi=th,z=Z"
    found, _ = opened(path, metric=named, axis="R,th,Z")
    right = np.cos(np.radians(phi)) * np.sin(np.radians(10)) / np.radians(10)
    np.testing.assert_allclose(found["df_dth"], right, atol=1e-12)
    assert found["df_dth"].attrs["derivative_metric"] == "cylindrical (r=R, phi=th, z=Z)"
    assert found["df_dth"].attrs["units"] == "K mm-1"
    other, _ = opened(path, metric=named, axis="R,th", per={"R": "m", "th": "m"}, also="hessian")
    assert other["df_dth"].attrs["units"] == other["df_dR"].attrs["units"] == "K m-1"
    np.testing.assert_allclose(other["df_dth"], 1000 * found["df_dth"], rtol=1e-12)
    np.testing.assert_allclose(other["df_dR"], 1000 * found["df_dR"], rtol=1e-12)
    np.testing.assert_allclose(other["d2f_dRdth"], 0 * r, atol=2e-9)


def test_an_angle_without_units_is_in_radians_unless_it_is_too_large(tmp_path: Path) -> None:
    r, phi = np.meshgrid(1 + R, np.radians(TURN), indexing="ij")
    f = r * np.sin(phi)
    lines = {"r": 1 + R, "phi": np.radians(TURN)}
    path = cylinder(tmp_path / "f.nc", lines, {}, f=f)
    found, notes = opened(path, metric="cylindrical")
    right = np.cos(phi) * np.sin(np.radians(10)) / np.radians(10)
    np.testing.assert_allclose(found["df_dphi"], right, atol=1e-12)
    assert any("phi: has no units, its values are taken as radians" in note for note in notes)
    assert found["df_dphi"].attrs["units"] == "K"
    cylinder(path, {"r": 1 + R, "phi": TURN}, {}, f=f)
    with pytest.raises(UsageError, match="phi: has no units, and its values extend over 350, more"):
        gradcli.differentiate(path, metric="cylindrical", overwrite=True)
    found, _ = opened(path, metric="cylindrical", units={"phi": "degrees"})
    np.testing.assert_allclose(found["df_dphi"], right, atol=1e-12)


LINES = {"r": R, "phi": TURN, "z": HEIGHT}
SPHERE = {"r": R, "theta": np.linspace(0, 180, 9), "phi": TURN}


@pytest.mark.parametrize(
    ("lines", "given", "match"),
    [
        (LINES, {"metric": "spherical:r=R"}, "metric='spherical:r=R': no axis 'R'"),
        (LINES, {"metric": "cylindrical:theta=phi"}, "no coordinate 'theta'; there are: r, phi, z"),
        (LINES, {"metric": "sphere:r=r"}, "no coordinate 'r'; it names no axes"),
        (LINES, {"metric": "cylindrical:r"}, "write r=NAME,phi=NAME"),
        (LINES, {"metric": "cylindrical:"}, "write r=NAME,phi=NAME"),
        (LINES, {"metric": "cylindrical:r=r,r=phi"}, "a coordinate is named twice"),
        (LINES, {"metric": "cylindrical:r=r,phi=r"}, "names an axis of f twice"),
        (SPHERE, {"metric": "spherical:theta=theta,lat=phi"}, "one coordinate, and so are"),
        (LINES, {"metric": "cylindrical", "radius": 7e6}, "is of a sphere"),
        (LINES, {"metric": "cylindrical", "edges": "pole"}, "metric='sphere' or wgs84"),
        (LINES, {"metric": "cylindrical", "periodic": "r"}, r"periodic\['r'\]: not along r of"),
        (LINES, {"metric": "cylindrical", "spacing": {"r": 1.0}}, "not along r of"),
        (
            LINES,
            {"metric": "cylindrical", "operator": "direction", "axis": "r,phi", "bearing": True},
            "a bearing counts from north",
        ),
        ({"r": R - 1, "phi": TURN}, {"metric": "cylindrical"}, "axis r: -1 at index 0; a distance"),
        (
            {"r": R, "theta": TURN, "phi": TURN},
            {"metric": "spherical"},
            "axis theta: 190 at index 19; an angle from the pole lies from 0 to 180",
        ),
        ({"x": R, "y": HEIGHT}, {"metric": "cylindrical"}, "needs the distance from the axis"),
        (
            {"theta": SPHERE["theta"], "phi": TURN},
            {"metric": "spherical"},
            "distance from the centre",
        ),
        (
            {"t": HEIGHT, "r": R, "phi": TURN},
            {"metric": "cylindrical", "operator": "laplacian"},
            "laplacian: t is not a coordinate of",
        ),
    ],
)
def test_what_does_not_fit_is_refused(
    tmp_path: Path, lines: Mapping[str, Array], given: dict[str, Any], match: str
) -> None:
    values = np.zeros([len(line) for line in lines.values()])
    units = {"r": "m", "z": "m", "phi": "degrees", "theta": "degrees"}
    path = cylinder(tmp_path / "f.nc", lines, units, f=values)
    with pytest.raises((UsageError, InputError), match=match):
        gradcli.differentiate(path, **given)
    assert not (tmp_path / "f_gradient.nc").exists()


def test_an_angle_in_other_units_is_refused(tmp_path: Path) -> None:
    lines = {"r": R, "phi": HEIGHT}
    path = cylinder(tmp_path / "f.nc", lines, {"r": "m", "phi": "m"}, f=np.zeros((7, 5)))
    with pytest.raises(UsageError, match="its units are 'm', and phi is an angle"):
        gradcli.differentiate(path, metric="cylindrical")


def test_without_a_metric_a_note_says_that_axes_are_straight(tmp_path: Path) -> None:
    shape = tuple(map(len, LINES.values()))
    path = cylinder(tmp_path / "f.nc", LINES, UNITS, f=np.zeros(shape))
    told = "r and phi are taken as straight axes"
    assert any(told in note for note in opened(path)[1])
    assert any(told in note for note in opened(path, axis="phi")[1])
    for given in ({"axis": "r"}, {"axis": "z"}, {"metric": "none"}, {"metric": "cylindrical"}):
        assert not any(told in note for note in opened(path, **given)[1])


def test_angles_that_need_no_length_need_no_units(tmp_path: Path) -> None:
    lines = {"r": R, "theta": TURN, "phi": TURN}
    path = cylinder(tmp_path / "f.nc", lines, {"r": "m"}, f=np.ones((7, 36, 36)))
    found, notes = opened(path, axis="r", metric="spherical")
    assert not found["df_dr"].any()
    assert notes == []
    with pytest.raises(UsageError, match="axis theta: has no units, and its values extend"):
        gradcli.differentiate(path, axis="phi", metric="spherical", units={"phi": "degrees"})


def test_what_goes_on_around_the_axis_is_said_to_be_left_out(tmp_path: Path) -> None:
    lines = {"r": R, "z": HEIGHT}
    path = cylinder(tmp_path / "f.nc", lines, UNITS, u=np.ones((7, 5)), w=np.ones((7, 5)))
    given: dict[str, Any] = {"var": ["u", "w"], "metric": "cylindrical"}
    _, notes = opened(path, operator="qcriterion", **given)
    assert (
        "qcriterion: that of the flow along r, z alone; what it does around the axis is left out"
        in notes
    )
    assert not any("left out" in note for note in opened(path, operator="curl", **given)[1])


def test_a_mix_of_lengths_and_angles_names_the_metric(tmp_path: Path) -> None:
    path = cylinder(tmp_path / "f.nc", {"r": R, "phi": TURN}, UNITS, f=np.ones((7, 36)))
    with pytest.raises(InputError, match=r"a mix of units.*\(metric='cylindrical'\)"):
        gradcli.differentiate(path, operator="laplacian")


def test_fields_without_these_axes_are_left_out(tmp_path: Path) -> None:
    data = xr.Dataset({"f": (("r", "phi"), np.zeros((7, 36))), "g": (("x", "z"), np.ones((4, 5)))})
    data = data.assign_coords(
        r=("r", R, {"units": "m"}), phi=("phi", TURN, {"units": "degrees"}), z=("z", HEIGHT)
    )
    data.to_netcdf(tmp_path / "f.nc", engine="netcdf4")
    found, notes = opened(tmp_path / "f.nc", metric="cylindrical")
    assert {*found} == {"df_dr", "df_dphi"}
    assert "g: left out, its axes are no coordinates around an axis or a centre" in notes


@pytest.mark.parametrize("missing", ["propagate", "adapt"])
def test_a_part_has_the_numbers_of_the_whole_also_next_to_gaps(
    tmp_path: Path, missing: str
) -> None:
    rng = np.random.default_rng(2)
    lines = {"z": np.arange(9.0), "phi": np.arange(0.0, 360, 24), "r": np.cumsum(rng.random(12))}
    shape = tuple(map(len, lines.values()))
    holes = rng.random(shape) < 0.02
    parts = {name: np.where(holes, np.nan, rng.normal(size=shape)) for name in "uvw"}
    np.savez(tmp_path / "f.npz", **parts, **lines)
    given: dict[str, Any] = {
        "var": list("uvw"),
        "axis": "r,phi,z",
        "metric": "cylindrical",
        "units": {"phi": "degrees"},
        "operator": "divergence",
        "also": "curl,qcriterion",
        "missing": missing,
    }
    whole = derived(tmp_path / "f.npz", **given)
    isel = {"phi": (0, 7), "z": (3, 6), "r": (1, 9)}
    part = derived(tmp_path / "f.npz", isel=isel, **given)
    for name in ("div", "curl_r", "curl_phi", "curl_z", "qcriterion"):
        np.testing.assert_array_equal(part[name], whole[name][3:6, 0:7, 1:9])
        lost = np.isnan(whole[name]) & ~holes
        assert (lost.mean() < 0.03) == (missing == "adapt")
