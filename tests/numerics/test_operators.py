"""Operators: what they make of partials, what they refuse, what they are called."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import h5py
import netCDF4
import numpy as np
import pytest

import gradcli
from gradcli.errors import InputError, UsageError
from gradcli.numerics.operator import Manner
from gradcli.numerics.operators import OPERATORS, make_operator

GRID = np.mgrid[-2:2:5j, -2:2:5j, -2:2:5j]
X, Y, Z = GRID


def results(source: Path, **given: Any) -> dict[str, Any]:
    report = gradcli.differentiate(source, source.parent / "out.npz", overwrite=True, **given)
    with np.load(report.outputs[0]) as found:
        return dict(found)


@pytest.fixture
def potential(tmp_path: Path) -> Path:
    np.save(tmp_path / "V.npy", X**2 + 2 * Y**2 + 3 * Z**2)
    return tmp_path / "V.npy"


@pytest.fixture
def vector(tmp_path: Path) -> Path:
    np.save(tmp_path / "F.npy", np.stack([X**2 * Y, Y * Z, X * Z**2]))
    return tmp_path / "F.npy"


def test_figure_2_and_its_laplacian(potential: Path) -> None:
    found = results(potential, also="laplacian,magnitude,hessian", edge_order=2)
    slopes = {"dV_d0": 2 * X, "dV_d1": 4 * Y, "dV_d2": 6 * Z}
    for name, expected in slopes.items():
        np.testing.assert_array_equal(found[name], expected)
    np.testing.assert_array_equal(found["lap_V"], np.full_like(X, 12.0))
    length = np.sqrt(sum(slope**2 for slope in slopes.values()))
    np.testing.assert_allclose(found["grad_V"], length, rtol=1e-15)
    np.testing.assert_array_equal(found["d2V_d0d0"], np.full_like(X, 2.0))
    np.testing.assert_array_equal(found["d2V_d0d1"], 0 * X)


def test_minus_the_gradient_has_divergence_minus_12_and_no_curl(tmp_path: Path) -> None:
    np.save(tmp_path / "E.npy", np.stack([-2 * X, -4 * Y, -6 * Z]))
    found = results(tmp_path / "E.npy", operator="divergence", also="curl", components="0")
    np.testing.assert_array_equal(found["div"], np.full_like(X, -12.0))
    for name in ("curl_1", "curl_2", "curl_3"):
        np.testing.assert_array_equal(found[name], 0 * X)


@pytest.mark.parametrize("place", [0, -1])
def test_the_jacobian_its_trace_and_the_curl(vector: Path, place: int) -> None:
    stacked = np.load(vector)
    np.save(vector, np.moveaxis(stacked, 0, place))
    given: dict[str, Any] = {"components": str(place), "edge_order": 2}
    found = results(vector, operator="jacobian", also="divergence,curl", **given)
    axes = "123" if place == 0 else "012"
    expected = [[2 * X * Y, X**2, 0 * X], [0 * X, Z, Y], [Z**2, 0 * X, 2 * X * Z]]
    for row in range(3):
        for column, axis in enumerate(axes):
            np.testing.assert_array_equal(found[f"dF{row}_d{axis}"], expected[row][column])
    np.testing.assert_array_equal(found["div"], 2 * X * Y + Z + 2 * X * Z)
    for axis, curl in zip(axes, (-Y, -(Z**2), -(X**2)), strict=True):
        np.testing.assert_array_equal(found[f"curl_{axis}"], curl)


def test_blocks_threads_and_memory_change_no_bit(tmp_path: Path) -> None:
    values = np.random.default_rng(0).normal(size=(3, 40, 70, 60))
    np.save(tmp_path / "F.npy", values)
    expected: dict[str, Any] = {}
    for memory in ("18MiB", "1GiB"):
        for jobs in (1, 3):
            found = results(
                tmp_path / "F.npy",
                operator="jacobian",
                also="curl,divergence",
                components="0",
                accuracy=4,
                memory=memory,
                jobs=jobs,
            )
            expected = expected or found
            for name, one in found.items():
                np.testing.assert_array_equal(one, expected[name])


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, np.arctan2(2.0, 1.0)),
        ({"downslope": True}, np.arctan2(-2.0, -1.0)),
        ({"bearing": True}, np.degrees(np.arctan2(1.0, 2.0))),
        ({"bearing": True, "downslope": True}, 180 + np.degrees(np.arctan2(1.0, 2.0))),
    ],
)
def test_directions(tmp_path: Path, given: dict[str, Any], expected: float) -> None:
    y, x = np.mgrid[0:4.0, 0:5.0]
    np.save(tmp_path / "h.npy", x + 2 * y)
    found = results(tmp_path / "h.npy", operator="direction", axis="1,0", **given)
    np.testing.assert_allclose(found["dir_h"], np.full((4, 5), expected), rtol=1e-14)


def test_a_flat_place_has_no_direction(tmp_path: Path) -> None:
    np.save(tmp_path / "h.npy", np.ones((4, 5)))
    assert np.isnan(results(tmp_path / "h.npy", operator="direction")["dir_h"]).all()


def test_the_derivative_in_a_direction(tmp_path: Path) -> None:
    y, x = np.mgrid[0:4.0, 0:5.0]
    np.save(tmp_path / "h.npy", x + 2 * y)
    given: dict[str, Any] = {"operator": "directional", "axis": "1,0"}
    found = results(tmp_path / "h.npy", toward=(3, 4), **given)
    np.testing.assert_allclose(found["dh_ds"], np.full((4, 5), (3 + 8) / 5), rtol=1e-14)


def test_a_length_neither_overflows_nor_underflows() -> None:
    (found,) = make_operator("magnitude").combine(iter([np.array([3e300]), np.array([4e300])]))
    assert found == pytest.approx(5e300)


def wind(path: Path, **units: str) -> Path:
    with netCDF4.Dataset(path, "w") as data:
        for name in ("z", "y", "x"):
            data.createDimension(name, 5)
            data.createVariable(name, "f8", (name,))[:] = np.linspace(-2, 2, 5)
            data[name].units = "m"
        for name, values in zip("uvw", (X**2 * Y, Y * Z, X * Z**2), strict=True):
            made = data.createVariable(name, "f4", ("z", "y", "x"))
            made[:] = values.T
            made.units = units.get(name, "m s-1")
    return path


def test_variables_are_the_components_in_the_order_of_the_axes(tmp_path: Path) -> None:
    path = wind(tmp_path / "wind.nc")
    given: dict[str, Any] = {"var": ["u", "v", "w"], "edge_order": 2}
    report = gradcli.differentiate(path, operator="curl", axis="x,y,z", **given)
    assert report.outputs == [str(tmp_path / "wind_curl.nc")]
    with netCDF4.Dataset(report.outputs[0]) as found:
        assert found["curl_x"].units == "m s-1 m-1"
        assert found["curl_z"].derivative_operator == "curl"
        for axis, expected in {"x": -Y, "y": -(Z**2), "z": -(X**2)}.items():
            np.testing.assert_allclose(found[f"curl_{axis}"][:], expected.T, atol=1e-6)
    report = gradcli.differentiate(path, operator="divergence", overwrite=True, **given)
    with netCDF4.Dataset(report.outputs[0]) as found:
        np.testing.assert_allclose(found["div"][:], (2 * X * Y + Z + 2 * X * Z).T, atol=1e-5)


@pytest.mark.parametrize(
    ("given", "error", "match"),
    [
        ({"operator": "curl", "var": ["u"], "axis": "x"}, UsageError, "curl takes 2 or 3 axes"),
        (
            {"operator": "curl", "var": ["u", "v"], "axis": "x,y,z"},
            UsageError,
            "2 components .* 3 axes",
        ),
        ({"operator": "direction", "var": "u", "axis": "x"}, UsageError, "direction takes 2 axes"),
        ({"operator": "directional", "var": "u"}, UsageError, "toward="),
        ({"operator": "laplacian", "order": 2}, UsageError, "takes no order="),
        ({"operator": "rotor"}, UsageError, "no operator 'rotor'"),
        ({"also": "rotor"}, UsageError, "no operator 'rotor'"),
    ],
)
def test_what_does_not_fit_is_refused(
    tmp_path: Path, given: dict[str, Any], error: type[Exception], match: str
) -> None:
    with pytest.raises(error, match=match):
        gradcli.differentiate(wind(tmp_path / "wind.nc"), **given)


def test_components_of_different_units_are_refused(tmp_path: Path) -> None:
    path = wind(tmp_path / "wind.nc", v="km h-1")
    with pytest.raises(InputError, match="u and v differ in units: m s-1 and km h-1"):
        gradcli.differentiate(path, operator="divergence", var=["u", "v"], axis="x,y")


def test_axes_of_different_units_are_not_mixed(tmp_path: Path) -> None:
    path = wind(tmp_path / "wind.nc")
    with netCDF4.Dataset(path, "a") as data:
        data["z"].units = "hPa"
    with pytest.raises(InputError, match="a mix of units: x has m-1 and z has hPa-1"):
        gradcli.differentiate(path, operator="magnitude", var="u", axis="x,z")


def test_every_operator_has_a_command() -> None:
    from gradcli.cli.commands import COMMANDS

    assert [entry.operator for entry in COMMANDS.values() if entry.operator] == list(OPERATORS)
    for name in OPERATORS:
        assert make_operator(name, Manner(toward=(1, 0))).name == name


@pytest.mark.parametrize("manner", [Manner(toward=(1, 0)), Manner(True, True, (30,))])
@pytest.mark.parametrize("name", OPERATORS)
def test_an_operator_can_go_to_another_process(name: str, manner: Manner) -> None:
    operator = make_operator(name, manner)
    there = pickle.loads(pickle.dumps(operator))
    assert there.outcomes(2, 1) == operator.outcomes(2, 1)
    parts = [np.array([float(i), 2.0]) for i, _ in enumerate(operator.wanted(2, 1))]
    found = [list(each.combine(iter(parts))) for each in (operator, there)]
    np.testing.assert_array_equal(*found)


@pytest.mark.parametrize("place", [0, 1, 2])
def test_results_of_components_keep_the_other_axes_of_their_array(
    tmp_path: Path, place: int
) -> None:
    points = {"x": np.arange(5.0) ** 2, "y": 7 * np.arange(6.0)}
    names = list(points)
    names.insert(place, "part")
    parts = np.random.default_rng(3).normal(size=(2, 5, 6))
    along = {name: points.get(name, np.array([8.0, 9.0])) for name in names}
    with netCDF4.Dataset(tmp_path / "f.nc", "w") as data:
        for name, values in along.items():
            data.createDimension(name, None if name == "part" else len(values))
            data.createVariable(name, "f8", (name,))[:] = values
        stored = data.createVariable("f", "f8", names, zlib=True, chunksizes=[2] * 3)
        stored[:] = np.moveaxis(parts, 0, place)
    (tmp_path / "f.h5").write_bytes((tmp_path / "f.nc").read_bytes())
    expected = np.gradient(parts[0], points["x"], axis=0) + np.gradient(parts[1], 7, axis=1)
    for kind in ("nc", "h5"):
        given: dict[str, Any] = {"operator": "divergence", "components": "part"}
        (out,) = gradcli.differentiate(tmp_path / f"f.{kind}", **given).outputs
        with h5py.File(out) as found:
            np.testing.assert_allclose(found["div"][:], expected, atol=1e-12)
            for index, (name, values) in enumerate(points.items()):
                assert found["div"].dims[index].keys() == [name]
                assert found["div"].dims[index][0][:].tolist() == values.tolist()
            assert "part" not in found


@pytest.mark.parametrize("dims", [None, "y,x"])
def test_components_may_be_arrays_without_axes(tmp_path: Path, dims: str | None) -> None:
    np.savez(tmp_path / "p.npz", u=X[:, :, 0], v=Y[:, :, 0])
    found = results(tmp_path / "p.npz", operator="divergence", var=["u", "v"], dims=dims)
    expected = 0 if dims else 2  # u goes with x, which is the last axis where axes have names
    np.testing.assert_array_equal(found["div"], np.full((5, 5), expected))


def test_units_are_compared_by_what_they_mean(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "v.h5", "w") as file:
        for name, units in (("u", "m/s"), ("v", "m s-1"), ("w", "km s-1")):
            file[name] = X[:, :, 0]
            file[name].attrs["units"] = units
    given = {"operator": "divergence", "axis": "0,1"}
    results(tmp_path / "v.h5", var=["u", "v"], **given)
    with pytest.raises(InputError, match="v and w differ in units: m s-1 and km s-1"):
        results(tmp_path / "v.h5", var=["v", "w"], **given)


def test_the_magnitude_of_a_complex_field_is_real(tmp_path: Path) -> None:
    np.save(tmp_path / "c.npy", (3 + 4j) * X)
    found = results(tmp_path / "c.npy", operator="magnitude", also="gradient")
    assert found["grad_c"].dtype == np.float64
    assert found["dc_d0"].dtype == np.complex128
    np.testing.assert_array_equal(found["grad_c"], np.full(X.shape, 5.0))


def test_the_direction_in_the_last_row_of_a_falling_line_is_half_a_turn(tmp_path: Path) -> None:
    np.save(tmp_path / "f.npy", -np.arange(5.0) + np.zeros((4, 1)))
    found = results(tmp_path / "f.npy", operator="direction", also="gradient")
    np.testing.assert_array_equal(found["dir_f"], np.full((4, 5), np.pi))
    assert not np.signbit(found["df_d0"]).any()
