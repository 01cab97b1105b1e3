"""Units: derivatives per the unit that was asked for, calendars and all."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cf_units
import netCDF4
import numpy as np
import pytest
import xarray as xr
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import gradcli
from gradcli.cf.units import derivative_units, inverse_units, radius_in_metres, unit_factor
from gradcli.errors import InputError, UsageError


def ramp(path: Path, steps: Any, units: str, calendar: str | None = None, **more: str) -> Path:
    with netCDF4.Dataset(path, "w") as data:
        data.createDimension("time", len(steps))
        made = data.createVariable("time", "f8", ("time",))
        made[:] = steps
        made.setncatts({"units": units, **more})
        if calendar:
            made.calendar = calendar
        field = data.createVariable("T", "f8", ("time",))
        field[:] = 86400.0 * np.arange(len(steps))
        field.units = "K"
    return path


@pytest.mark.parametrize("calendar", [None, "noleap", "360_day"])
@pytest.mark.parametrize(("units", "day"), [("days", 1), ("hours", 24), ("seconds", 86400)])
def test_figure_7_a_ramp_in_any_resolution(
    tmp_path: Path, units: str, day: int, calendar: str | None
) -> None:
    path = ramp(tmp_path / "f.nc", np.arange(9) * day, f"{units} since 2001-02-25", calendar)
    report = gradcli.differentiate(path, per={"time": "s"})
    with netCDF4.Dataset(report.outputs[0]) as found:
        np.testing.assert_allclose(found["dT_dtime"][:], 1.0, rtol=1e-12)
        assert found["dT_dtime"].units == "K s-1"
        assert found["time"].units == f"{units} since 2001-02-25"


def test_months_are_exact_where_the_calendar_makes_them_so(tmp_path: Path) -> None:
    path = ramp(tmp_path / "f.nc", np.arange(5.0), "months since 2001-01-01", "360_day")
    report = gradcli.differentiate(path, per={"time": "day"})
    with netCDF4.Dataset(report.outputs[0]) as found:
        np.testing.assert_allclose(found["dT_dtime"][:], 2880.0, rtol=1e-12)
    with pytest.raises(UsageError, match="a month has no fixed number of days in the standard"):
        unit_factor("time", "months since 2001-01-01", "s", None)
    with pytest.raises(UsageError, match="a year has no fixed number of days in the gregorian"):
        unit_factor("time", "days since 2001-01-01", "year", "gregorian")


@pytest.mark.parametrize("units", ["K", "furlongs_x", "m"])
def test_units_of_another_quantity_are_refused_and_both_named(units: str) -> None:
    with pytest.raises(UsageError, match=f"units '{units}', which cannot be converted to 's'"):
        unit_factor("t", units, "s")


def test_an_axis_without_units_is_refused(tmp_path: Path) -> None:
    np.save(tmp_path / "f.npy", np.arange(4.0))
    with pytest.raises(UsageError, match="has no units; state them with"):
        gradcli.differentiate(tmp_path / "f.npy", per={"0": "s"})


def test_differences_of_temperatures_count_from_no_zero() -> None:
    assert unit_factor("T", "degC", "K") == pytest.approx(1.0)
    assert unit_factor("T", "degF", "K") == pytest.approx(5 / 9)


def test_upwards_where_the_coordinate_grows_downwards(tmp_path: Path) -> None:
    path = ramp(tmp_path / "f.nc", np.arange(4.0), "m", positive="down", axis="Z")
    plain = gradcli.differentiate(path).outputs[0]
    with netCDF4.Dataset(plain) as found:
        np.testing.assert_array_equal(found["dT_dtime"][:], 86400.0)
    report = gradcli.differentiate(path, follow_positive=True, overwrite=True)
    with netCDF4.Dataset(report.outputs[0]) as found:
        np.testing.assert_array_equal(found["dT_dtime"][:], -86400.0)
        assert "upwards" in found["dT_dtime"].derivative_direction


def test_several_months_are_as_exact_as_one(tmp_path: Path) -> None:
    days = np.arange(0.0, 3650, 365)
    path = ramp(tmp_path / "f.nc", days, "days since 2000-01-01", "noleap")
    for units, expected in (("10 years", 3650), ("1 year", 365), ("year", 365)):
        found = unit_factor("time", "days since 2000-01-01", units, "noleap")
        assert found == pytest.approx(1 / expected, rel=1e-15)
    report = gradcli.differentiate(path, per={"time": "10 years"})
    with xr.open_dataset(report.outputs[0], decode_times=False, engine="netcdf4") as made:
        np.testing.assert_allclose(made["dT_dtime"], 86400.0 * 10, rtol=1e-12)
    for units in ("3 months", "2 months", "months^1"):
        with pytest.raises(UsageError, match="a month has no fixed number of days in the noleap"):
            unit_factor("time", "days since 2000-01-01", units, "noleap")
    with pytest.raises(UsageError, match="a month has no fixed number of days in the standard"):
        unit_factor("time", "2 months since 2000-01-01", "days")


def test_a_unit_is_not_converted_to_its_reciprocal() -> None:
    with pytest.raises(UsageError, match="the units 'days', which cannot be converted to 's-1'"):
        unit_factor("time", "days since 2000-01-01", "s-1")


def test_dates_written_as_numbers_are_refused(tmp_path: Path) -> None:
    path = ramp(tmp_path / "f.nc", np.arange(20240129.0, 20240134), "day as %Y%m%d.%f")
    with pytest.raises(InputError, match="numbers that are dates; expected a time counted from"):
        gradcli.differentiate(path)
    gradcli.differentiate(path, spacing=1.0)


@pytest.mark.parametrize(
    ("units", "axis", "order", "expected"),
    [
        ("K", "m", 1, "K m-1"),
        ("K", "degrees_north", 1, "K degree_north-1"),
        ("m s-1", "m", 1, "m s-1 m-1"),
        ("degC", "days since 2000-01-01", 1, "K day-1"),
        ("Deg C", "degrees_east", 1, "K degree_east-1"),
        ("K", "seconds since 1970-01-01 00:00", 1, "K s-1"),
        ("Pa", "km", 2, "Pa km-2"),
        ("1", "m", 1, "m-1"),
        ("K", "1", 1, "K"),
        ("V", "m s-1", 1, "V m-1 s"),
        ("V", "m2", 2, "V m-4"),
        ("V", "m/s", 1, "V (m/s)-1"),
        ("K", "hPa", 1, "K hPa-1"),
    ],
)
def test_units_are_composed(units: str, axis: str, order: int, expected: str) -> None:
    assert derivative_units(units, [axis] * order) == (expected, True)


# What CMIP, ERA5, WRF, ROMS, radars and instruments write, and what it means to UDUNITS: None if
# it is unknown to UDUNITS or logarithmic.
WILD: dict[str, str | None] = {
    **{text: text for text in ("m", "K", "Pa", "hPa", "km", "1", "%", "1e-3", "kg m-2 s-1", "DU")},
    **{text: text for text in ("kg/(m^2 s)", "W m**-2", "kg kg**-1", "J m**-2", "mm/day", "°")},
    **{text: text for text in ("µm", "μg/m3", "m²", "0.01 m", "m s-1", "m2 s-2", "counts", "g/kg")},
    **{text: text for text in ("percent", "ppmv", "decibar", "inHg", "knots", "Sv", "nT", "mGal")},
    **{
        text: text
        for text in ("meter second-1", "newton meter-2", "W/m2/sr", "m.s-1", "10 m", "months")
    },
    **{text: text for text in ("degrees_north", "degree_E", "micron", "Ω", "common_year")},
    **dict.fromkeys(("degC", "Celsius", "°C", "Deg C", "deg_C", "K @ 273.15", "degrees_C"), "K"),
    **dict.fromkeys(("degF", "Fahrenheit"), "degR"),
    **dict.fromkeys(("unitless", "-", "~", "none", "(0 - 1)", "dimensionless", "level"), "1"),
    **dict.fromkeys(("degrees east", "deg", "degrees N"), "degree"),
    "mdegC": "mK",
    "µg m⁻³": "µg m-3",
    "m s^{-1}": "m s-1",
    "# cm-3": "cm-3",
    "hours since 2000-01-01": "hour",
    "days since 1850-1-1 00:00:00": "day",
    "seconds since initialization": "s",
    **dict.fromkeys(("psu", "PSU", "gpm", "ADU", "a.u.", "arb. units", "V/√Hz", "code table 4.2")),
    **dict.fromkeys(("dBZ", "dBm", "dB", "Np", "pH", "lg(re 1 mW)", "ln(re 1 Pa)", "dB km-1")),
    **dict.fromkeys(("K @ 273.15 m-1", "day as %Y%m%d.%f", "0 m", "m(", "m\0s", "unknown")),
}
READ = [text for text, meaning in WILD.items() if meaning is not None]


def converted(value: float, old: str, new: str) -> float:
    return float(cf_units.Unit(old).convert(value, cf_units.Unit(new)))


def check_units(field: str, axes: list[str]) -> None:
    text, readable = derivative_units(field, axes)
    meanings = [WILD[field], *({**WILD, "mb": "mbar"}[axis] for axis in axes)]
    assert readable == (None not in meanings)
    if readable:
        expected = f"({meanings[0]})" + "".join(f"/({meaning})" for meaning in meanings[1:])
        assert converted(0.0, text, expected) == 0
        for old, new in ((text, expected), (expected, text)):
            assert converted(2.0, old, new) == pytest.approx(2.0, rel=1e-12)


wild = st.sampled_from([*WILD])
wild_axes = st.lists(st.sampled_from([*WILD, "mb"]), max_size=3)


@settings(max_examples=120, deadline=None)
@given(field=wild, axes=wild_axes)
def test_units_written_are_those_of_udunits_both_ways(field: str, axes: list[str]) -> None:
    check_units(field, axes)


@pytest.mark.long
@settings(max_examples=20000, deadline=None)
@given(field=wild, axes=wild_axes)
def test_units_written_are_those_of_udunits_at_length(field: str, axes: list[str]) -> None:
    check_units(field, axes)


def test_units_that_are_composed_without_udunits_are_read_by_it() -> None:
    common = "m km cm mm g kg s day days hour hours K Pa hPa W J N V mol rad radian degree degrees"
    for units in (*common.split(), "degree_east", "degrees_east", "degrees_north"):
        for above, below in ((units, "m2"), ("K2", f"{units}-1"), ("m s-1", units)):
            text, readable = derivative_units(above, [below])
            assert readable
            assert cf_units.Unit(text) == cf_units.Unit(above) / cf_units.Unit(below)


@settings(max_examples=80, deadline=None)
@given(old=st.sampled_from(READ), new=st.sampled_from(READ))
def test_factors_are_those_of_udunits_both_ways(old: str, new: str) -> None:
    one, other = (cf_units.Unit(WILD[text]) for text in (old, new))
    quotient = one / other
    month = "months" in (old, new) and old != new
    if month or not quotient.is_dimensionless() or " rad" in quotient.definition:
        assume(month or not one.is_convertible(other))  # radians, which convert to 1
        with pytest.raises(UsageError, match=r"cannot be converted|has no fixed number"):
            unit_factor("x", old, new)
    else:
        found = unit_factor("x", old, new)
        assert found == pytest.approx(float(one.convert(1.0, other)), rel=1e-12)
        assert found * unit_factor("x", new, old) == pytest.approx(1.0, rel=1e-12)


@pytest.mark.parametrize(
    ("units", "per"),
    [
        *(("dBm", "mW"), ("mW", "dBm"), ("dBZ", "mm6 m-3"), ("lg(re 1 mW)", "mW"), ("pH", "H")),
        *(("dB", "Np"), ("ln(re 1 Pa)", "Pa"), ("Pa", "lg(re 1 Pa)"), ("dBV", "V")),
    ],
)
def test_logarithmic_units_are_not_converted_as_if_linear(
    tmp_path: Path, units: str, per: str
) -> None:
    path = ramp(tmp_path / "f.nc", [0.0, 10.0, 20.0], units)
    with pytest.raises(UsageError, match="is a logarithmic unit") as found:
        gradcli.differentiate(path, per={"time": per})
    assert "\n" not in str(found.value)
    assert not list(tmp_path.glob("*_*.nc"))


def test_logarithmic_units_of_one_base_differ_by_a_factor() -> None:
    assert unit_factor("x", "dBm", "dBm") == 1.0
    assert unit_factor("x", "dBm", "dBW") == 1.0
    assert unit_factor("x", "lg(re 1 mW)", "dBm") == pytest.approx(10.0)


@pytest.mark.parametrize("calendar", [None, "360_day", "noleap"])
@pytest.mark.parametrize(
    ("units", "per", "factor"),
    [
        ("common_year", "days", 365),
        ("leap_year", "day", 366),
        ("months since 2000-01-01", "month", 1),
        ("months since 2000-01-01", "2 months", 0.5),
        ("years since 2000-01-01", "months", 12),
        ("mon", "yr", 1 / 12),
        ("year", "kyr", 1e-3),
        ("mb", "Pa", 100),
        ("Pa", "mb", 0.01),
        ("mb", "hPa", 1),
        ("mb", "pa", 100),
        ("psu", "psu", 1),
        ("degrees east", "degree", 1),
    ],
)
def test_factors_that_no_calendar_changes(
    units: str, per: str, factor: float, calendar: str | None
) -> None:
    assert unit_factor("x", units, per, calendar) == pytest.approx(factor, rel=1e-15)


@pytest.mark.parametrize(
    ("field", "axis", "expected"),
    [
        ("hours since 2000-01-01", "m", "hours m-1"),
        ("K @ 273.15", "m", "K m-1"),
        ("K", "degree east", "K degree_east-1"),
        ("K", "percent", "K (percent)-1"),
        ("K", "mb", "K mbar-1"),
        ("degF", None, "degR"),
        ("mdegC", None, "1 mdegC"),
        ("-", "-", "1"),
    ],
)
def test_units_that_were_no_units(field: str, axis: str | None, expected: str) -> None:
    assert derivative_units(field, [axis]) == (expected, True)


def test_nothing_is_printed_about_units_that_do_not_combine(capfd: Any) -> None:
    for field, axis in (("dBZ", "m"), ("m", "dB"), ("lg(re 1 mW)", "dBZ"), ("m-12345678901", "s")):
        assert not derivative_units(field, [axis]).readable
        with pytest.raises(UsageError):
            unit_factor("x", field, axis)
    assert capfd.readouterr() == ("", "")


def test_no_units_no_power() -> None:
    assert inverse_units(None, 1) == ""


@pytest.mark.parametrize(
    ("radius", "metres"),
    [
        (6371229.0, 6371229.0),
        ("6371229", 6371229.0),
        ("6371km", 6371e3),
        (" 6371.229 km ", 6371229.0),
        ("1e5", 1e5),
        ("1m", 1.0),
        ("3958.8 miles", 3958.8 * 1609.344),
        ("3389.5kilometres", 3389.5e3),
    ],
)
def test_a_radius_may_carry_its_unit(radius: float | str, metres: float) -> None:
    assert radius_in_metres(radius) == pytest.approx(metres, rel=1e-12)


@pytest.mark.parametrize(
    ("radius", "words"),
    [
        (6371.229, "--radius 6371.229: expected metres, from 1e5 to 1e9; .* such as '6371.229km'"),
        ("6371", "--radius 6371: expected metres, from 1e5 to 1e9"),
        (2e9, "expected metres, from 1e5 to 1e9; give the unit of any other"),
        ("6371 s", "--radius '6371 s': 's' is not a length"),
        ("6371 kmm", "'kmm' is not a length"),
        ("km", "expected metres, or a number and its unit, as in 6371km"),
        ("", "expected metres"),
    ],
)
def test_what_is_no_radius_is_refused(radius: float | str, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        radius_in_metres(radius)
