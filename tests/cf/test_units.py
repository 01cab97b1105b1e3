"""Units: derivatives per the unit that was asked for, calendars and all."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import netCDF4
import numpy as np
import pytest
import xarray as xr

import gradcli
from gradcli.cf.units import derivative_units, inverse_units, unit_factor
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
    with pytest.raises(UsageError, match="a month is no fixed number of days in the standard"):
        unit_factor("time", "months since 2001-01-01", "s", None)
    with pytest.raises(UsageError, match="a year is no fixed number of days in the gregorian"):
        unit_factor("time", "days since 2001-01-01", "year", "gregorian")


@pytest.mark.parametrize("units", ["K", "furlongs_x", "m"])
def test_units_of_another_quantity_are_refused_and_both_named(units: str) -> None:
    with pytest.raises(UsageError, match=f"units '{units}', which cannot be converted to 's'"):
        unit_factor("t", units, "s")


def test_an_axis_without_units_is_refused(tmp_path: Path) -> None:
    np.save(tmp_path / "f.npy", np.arange(4.0))
    with pytest.raises(UsageError, match="no units to convert from"):
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
        with pytest.raises(UsageError, match="a month is no fixed number of days in the noleap"):
            unit_factor("time", "days since 2000-01-01", units, "noleap")
    with pytest.raises(UsageError, match="a month is no fixed number of days in the standard"):
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


def test_no_units_no_power() -> None:
    assert inverse_units(None, 1) == ""
