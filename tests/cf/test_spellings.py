"""Spellings of units in files, and of UDUNITS."""

from __future__ import annotations

import time

import pytest

from gradcli.cf.spellings import (
    as_pressure,
    calendar_of,
    inverse,
    is_temperature,
    respelled,
    without_zero,
)


@pytest.mark.parametrize(
    ("units", "step"),
    [
        ("hours since 2000-01-01", "hours"),
        ("hours  SINCE 2000-01-01 00:00:00 UTC", "hours"),
        ("days since 1850-1-1 00:00:00 GMT-5", "days"),
        ("seconds since initialization", "seconds"),
        ("K @ 273.15", "K"),
        ("K from 273.15", "K"),
        ("hours @ 2000-01-01", "hours"),
        ("m from coast", "m from coast"),
        ("K @ 273.15 m-1", "K @ 273.15 m-1"),
        ("hours since 2000-01-01 m-1", "hours since 2000-01-01 m-1"),
        ("Deg C", "K"),
        ("°F", "degF"),
        ("lg(re 1 mW)", "lg(re 1 mW)"),
        (" m ", "m"),
    ],
)
def test_a_difference_has_no_zero(units: str, step: str) -> None:
    assert without_zero(units) == step


@pytest.mark.parametrize(
    ("units", "expected"),
    [
        *((text, "1") for text in ("-", "~", "(0 - 1)", "unitless", "None", "sigma_level")),
        *((text, "degree_north") for text in ("degrees north", "deg N", "degs_n")),
        *((text, text) for text in ("psu", "degrees_south", "rad", "furlong")),
        *((text, "degree") for text in ("deg", "decimal degrees", "°", "degs.")),
        *((text, "degree_east") for text in ("°E", "degrees (East)", "degrees longitude")),
        ("W m⁻²", "W m-2"),
        ("m s^{-1}", "m s^-1"),
        ("#/cm3", "1/cm3"),
    ],
)
def test_what_files_write_is_spelled_as_udunits_does(units: str, expected: str) -> None:
    assert respelled(units) == expected


def test_pressures_of_an_axis() -> None:
    assert [as_pressure(text) for text in ("mb", "MB", "hpa", "Pa", "mbar", "m")] == [
        *("mbar", "mbar", "hPa", "Pa", "mbar", "m")
    ]


def test_scales_of_temperature() -> None:
    assert all(is_temperature(text) for text in ("degC", "Deg_F", "K @ 273.15", "°C"))
    assert not any(is_temperature(text) for text in ("K", "m @ 5", "C", "days since 2000-01-01"))


@pytest.mark.parametrize("text", ["m" + " " * 50000 + "x", " a" + "1" * 50000 + "x", "@" * 50000])
def test_time_is_linear_in_the_length_of_units(text: str) -> None:
    begin = time.process_time()
    without_zero(text), respelled(text), inverse(text, 1)
    without_zero("K @ 2" + text)
    assert time.process_time() - begin < 1


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        *((n, "360_day") for n in ("360_day", "THIRTY_DAY_MONTHS", "360day", "360 days")),
        *((n, "noleap") for n in ("noleap", "NoLeap", "no_leap", "365_day", "365days")),
        *((n, "all_leap") for n in ("ALL_LEAP", "366_day")),
        *((n, "proleptic_gregorian") for n in ("Proleptic_Gregorian", "gregorian_proleptic")),
        ("GREGORIAN", "gregorian"),
        ("Julian", "julian"),
        ("lunar", "lunar"),
        (None, None),
    ],
)
def test_calendars_have_aliases(name: str | None, expected: str | None) -> None:
    assert calendar_of(name) == expected
