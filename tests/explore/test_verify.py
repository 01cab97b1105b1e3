"""Derivatives beside the exact ones of a formula."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from gradcli.api import request
from gradcli.errors import InputError, UsageError
from gradcli.explore.verify import Verdict, verify

POTENTIAL = "2*x**2 + 3*y**2 - 4*z"
ON_EARTH = dict.fromkeys(["lat", "lon"], slice(0, 9, 1))
GRID = {name: slice(-100, 101, 25) for name in "xyz"}


def by_name(found: list[Verdict]) -> dict[str, Verdict]:
    return {each.name: each for each in found}


def test_the_potential_is_exact_inside() -> None:
    found = by_name(verify(request(POTENTIAL, grid=GRID), POTENTIAL))
    assert {name: each.exact for name, each in found.items()} == {
        "df_dx": "4*x",
        "df_dy": "6*y",
        "df_dz": "-4",
    }
    assert [each.inside for each in found.values()] == [0, 0, 0]
    # The default edge order is that of numpy: half a step times the second derivative.
    assert [each.largest for each in found.values()] == [50, 75, 0]
    assert [each.within(1e-2) for each in found.values()] == [False, False, True]
    everywhere = verify(request(POTENTIAL, grid=GRID, edge_order=2), POTENTIAL)
    assert [each.largest for each in everywhere] == [0, 0, 0]


def test_sums_are_those_of_numpy(tmp_path: Path) -> None:
    x = np.linspace(0, 2, 41)
    np.savez(tmp_path / "a.npz", f=np.sin(x), x=x)
    (made,) = verify(request(str(tmp_path / "a.npz"), var="f", axis="x"), "sin(x)")
    wrong = np.abs(np.gradient(np.sin(x), x) - np.cos(x))
    assert made.largest == pytest.approx(wrong.max(), rel=1e-12)
    assert made.mean == pytest.approx(wrong.mean(), rel=1e-12)
    assert made.rms == pytest.approx(np.sqrt((wrong**2).mean()), rel=1e-12)
    assert made.inside == pytest.approx(wrong[1:-1].max(), rel=1e-12)
    assert made.at == {"x": x[wrong.argmax()]}
    assert (made.points, made.missing, made.scale) == (41, 0, 1.0)


def test_blocks_change_nothing() -> None:
    grid = {"x": slice(0, 3, 1000j), "y": slice(0, 3, 1001j)}
    one = verify(request("sin(x*y)", grid=grid), "sin(x*y)")
    many = verify(request("sin(x*y)", grid=grid, memory="20MiB", jobs=3), "sin(x*y)")
    for first, second in zip(one, many, strict=True):
        assert (first.largest, first.at, first.points) == (
            second.largest,
            second.at,
            second.points,
        )
        assert first.rms == pytest.approx(second.rms, rel=1e-12)


@pytest.mark.parametrize(
    ("operator", "more"),
    [
        ("magnitude", {}),
        ("laplacian", {}),
        ("hessian", {}),
        ("directional", {"toward": (1, 2)}),
        ("gradient", {"order": 3}),
        ("gradient", {"isel": {"x": (5, 20)}}),
        ("gradient", {"periodic": ["x"]}),
    ],
)
def test_operators_are_compared_too(operator: str, more: dict[str, object]) -> None:
    grid = {"x": slice(0, 2 * np.pi, np.pi / 40), "y": slice(0, 1, 30j)}
    asked = request("sin(x)*y**2", grid=grid, operator=operator, accuracy=6, **more)
    found = verify(asked, "sin(x)*y**2")
    assert found
    assert all(each.within(1e-4) for each in found)


def test_vectors_have_a_formula_for_each_component() -> None:
    grid = {"z": slice(0, 3, 1), "y": slice(0, 4, 1), "x": slice(0, 5, 1)}
    fields = "u = x; v = x; w = z"
    asked = request(fields, grid=grid, operator="jacobian", var=["u", "v", "w"], axis="x,y,z")
    found = by_name(verify(asked, fields))
    assert {name: each.exact for name, each in found.items() if each.exact != "0"} == {
        "du_dx": "1",
        "dv_dx": "1",
        "dw_dz": "1",
    }
    assert all(each.largest == 0 for each in found.values())


def test_axes_without_coordinates_have_steps(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", (0.5 * np.arange(9.0)) ** 2)
    asked = request(str(tmp_path / "a.npy"), dims="x", spacing=0.5, edge_order=2)
    (made,) = verify(asked, "x**2")
    assert made.largest < 1e-14
    assert made.scale == 8


def test_missing_points_are_left_out() -> None:
    grid = {"x": slice(-1, 1, 21j)}
    (made,) = verify(request("sqrt(x)", grid=grid), "sqrt(x)")
    assert made.missing == 11  # ten negative ones, and 0, next to them and of infinite derivative
    assert made.points == 10


def test_a_rounding_error_is_no_error_of_a_derivative_of_0() -> None:
    grid = dict.fromkeys("xy", slice(0, 1, 9j))
    (_, made) = verify(request("sin(x)", grid=grid), "sin(x)")
    assert made.scale == 0
    assert made.within(0)


@pytest.mark.parametrize(
    ("more", "exact", "told"),
    [
        ({}, "x + q", "no axis 'q'"),
        (
            {"metric": "sphere", "grid": dict.fromkeys(["lat", "lon"], slice(0, 9, 1))},
            "lon",
            "metric",
        ),
        ({}, "u = x; v = x", "no formula for f"),
        ({}, "f = x; v = x", "no field v is differentiated; there are: f"),
        ({"per": {"x": "km"}, "units": {"x": "m"}}, "x", "leave out --metric, --per"),
        ({}, "x +", "cannot be read as a formula"),
    ],
)
def test_what_cannot_be_compared_is_refused(more: dict[str, object], exact: str, told: str) -> None:
    given = {"grid": {"x": slice(0, 9, 1)}, **more}
    name = next(iter(given["grid"]))  # type: ignore[call-overload]
    with pytest.raises(UsageError, match=told):
        verify(request(name, **given), exact)


def test_values_that_wrap_are_compared() -> None:
    grid = {"x": slice(0, 9, 1)}
    (made,) = verify(request("100*x", grid=grid, unwrap=360.0), "100*x")
    assert made.largest == 0


@pytest.mark.parametrize("exact", ["sqrt(-1 - x**2)", "1/0"])
def test_nothing_to_compare(exact: str) -> None:
    with pytest.raises(InputError, match="no point has both"):
        verify(request("x", grid={"x": slice(0, 9, 1)}), exact)


def test_notes_say_what_was_assumed(tmp_path):
    np.save(tmp_path / "a.npy", np.arange(9.0) ** 2)
    notes = []
    verify(request(str(tmp_path / "a.npy"), dims="x", edge_order=2), "x**2", notes)
    assert [note for note in notes if "1" in note]
    verify(request("x**2", grid={"x": slice(0, 1, 5j)}), "x**2", notes := [])
    assert notes == []
