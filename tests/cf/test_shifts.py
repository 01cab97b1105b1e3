"""Numbers of one file in the units of another: exact, or refused."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from gradcli.cf.shifts import Shift, shift_between
from gradcli.errors import InputError
from gradcli.model.axes import Axis

STANDARD = Axis("time", 3, units="days since 2000-01-01", calendar="standard")


def axis(units: str | None, calendar: str | None = "standard") -> Axis:
    return Axis("time", 3, units=units, calendar=calendar)


@pytest.mark.parametrize(
    ("units", "calendar", "right"),
    [
        ("days since 2000-01-01", None, None),
        ("days since 2000-01-01 00:00:00", "proleptic_gregorian", None),
        ("hours since 2000-01-01", "standard", (Fraction(1, 24), 0)),
        ("days since 1999-12-31T12:00", "standard", (1, Fraction(-1, 2))),
        ("days since 2000-01-01T06:00:00.5", "standard", (1, Fraction(43201, 172800))),
        ("days since 1850-01-01", "proleptic_gregorian", (1, -54786)),
    ],
)
def test_dates(units: str, calendar: str | None, right: tuple[Fraction, Fraction] | None) -> None:
    found = shift_between(axis(units, calendar), STANDARD, 0.0)
    assert found == (None if right is None else Shift(*map(Fraction, right)))


@pytest.mark.parametrize(
    ("units", "calendar", "low"),
    [
        ("days since 2000-01-01", "360_day", 0.0),
        ("days since 2000-01-01", "noleap", 0.0),
        ("days since 1500-01-01", "proleptic_gregorian", 0.0),
        ("days", None, 0.0),
        (None, None, 0.0),
        ("fortnights since 2000-01-01", None, 0.0),
    ],
)
def test_what_is_not_converted(units: str | None, calendar: str | None, low: float) -> None:
    with pytest.raises(InputError, match=r"^time: "):
        shift_between(axis(units, calendar), STANDARD, low)


def test_coordinates_are_rounded_once() -> None:
    shift = shift_between(axis("seconds since 2000-01-01"), axis("days since 1970-01-01"), 0.0)
    assert shift is not None
    seconds = np.arange(1000) * 864.0
    right = [float(Fraction(int(value), 86400) + 10957) for value in seconds]
    assert shift.exact(seconds).tolist() == right
    parts = np.array([0.5, 1.25, 1e6 + 1 / 3])
    right = [float(Fraction(value) / 86400 + 10957) for value in parts]
    assert shift.exact(parts).tolist() == right


def test_other_units_and_types() -> None:
    shift = shift_between(axis("km", None), axis("m", None), 0.0)
    assert shift is not None
    assert shift.apply(np.array([1.5], np.float32)).dtype == np.float32
    assert shift.exact(np.array([1, 2])).tolist() == [1000.0, 2000.0]
