"""Attributes of results: kept, dropped and made."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
import xarray as xr

import gradcli
from gradcli.geometry.terms import Plain
from gradcli.model.along import Along
from gradcli.model.axes import Axis
from gradcli.model.fields import Field, Result, text
from gradcli.numerics.coordinates import Spacing, fit_spacing, index_spacing
from gradcli.plan.choose import Choice
from gradcli.plan.results import ResultMaker, unread_notes
from gradcli.settings import Settings


def field(name: str = "T", **given: Any) -> Field:
    double = np.dtype("f8")
    return Field(name, given.pop("axes", (Axis("lon", 4),)), "float64", double, double, **given)


def attributes(origin: Field, along: Along, spacing: Spacing) -> Any:
    settings = Settings()
    maker = ResultMaker(Choice((origin,), (along,)), (along,), {0: spacing}, Plain(False), settings)
    (operator,) = settings.operators
    (outcome,) = operator.outcomes(1, 1)
    return maker.make(outcome, operator, np.dtype("f8"), 0).attributes


def test_attributes_are_kept_dropped_and_made() -> None:
    values = np.array([0.0, 1.0, 2.0, 3.0])
    axis = Axis("lon", 4, values, "degrees_east", "x", "longitude")
    stored = {
        "units": "degC",
        "long_name": "temperature",
        "standard_name": "air_temperature",
        "scale_factor": 0.1,
        "add_offset": 1.0,
        "valid_min": 0,
        "actual_range": [0, 1],
        "missing_value": -1,
        "flag_values": [1],
        "_FillValue": -1,
        "_Unsigned": "true",
        "ancillary_variables": "q",
        "coordinates": "time",
        "grid_mapping": "crs",
        "cell_measures": "area: a",
        "cell_methods": "time: mean lon: maximum (interval: 1 degree) lat: mean",
        "project": "p",
    }
    origin = field(axes=(axis,), units="degC", attributes=stored)
    found = attributes(origin, Along(0, "x"), fit_spacing("lon", values))
    assert found["units"] == "K degree_east-1"
    assert found["units_metadata"] == "temperature: difference"
    assert found["long_name"] == "derivative of temperature along longitude"
    assert found["cell_methods"] == "time: mean lat: mean"
    assert {found[name] for name in ("coordinates", "grid_mapping", "project")} == {
        "time",
        "crs",
        "p",
    }
    made = {name for name in found if name.startswith("derivative_")}
    assert {"derivative_spacing", "derivative_edge_order", "derivative_accuracy"} <= made
    kept = set(found) - made - {"units", "units_metadata", "long_name", "cell_methods"}
    assert kept == {"coordinates", "grid_mapping", "cell_measures", "project"}


def test_a_step_that_the_user_gives_leaves_units_unknown() -> None:
    origin = field(units="K")
    assert "units" not in attributes(origin, Along(0, "lon", 30.0), index_spacing(4, 30))
    assert attributes(origin, Along(0, "lon"), index_spacing(4))["units"] == "K"


def file_of(path: Path, units: str, attributes: Any = (), axis: str = "m") -> Path:
    """Write a field of NetCDF or HDF5 with these units, and another ``K`` beside it."""
    made = xr.Dataset(
        {
            "S": ("z", np.arange(6.0), {"units": units, **dict(attributes)}),
            "T": ("z", np.arange(6.0), {"units": "K"}),
        },
        {"z": ("z", np.arange(6.0), {"units": axis})},
    )
    made.to_netcdf(path, engine="netcdf4")
    return path


@pytest.mark.parametrize("suffix", ["nc", "h5"])
@pytest.mark.parametrize("units", ["psu", "dBZ", "K @ 273.15 m-1", "day as %Y%m%d.%f"])
def test_units_that_udunits_does_not_read_are_kept_as_text(
    tmp_path: Path, suffix: str, units: str
) -> None:
    path = file_of(tmp_path / f"a.{suffix}", units)
    report = gradcli.differentiate(path, tmp_path / f"b.{suffix}")
    assert [note for note in report.notes if "derivative_units" in note] == [
        "units left out where UDUNITS does not read them, and kept as the attribute "
        f"derivative_units: '{units} m-1' of dS_dz"
    ]
    with h5py.File(report.outputs[0]) as found:
        assert "units" not in found["dS_dz"].attrs
        assert text(found["dS_dz"].attrs["derivative_units"]) == f"{units} m-1"
        assert text(found["dT_dz"].attrs["units"]) == "K m-1"
        assert "derivative_units" not in found["dT_dz"].attrs
    again = gradcli.differentiate(report.outputs[0], tmp_path / f"c.{suffix}", var="dS_dz")
    with h5py.File(again.outputs[0]) as found:
        kept = text(found["ddS_dz_dz"].attrs["derivative_units"])
        assert kept == f"{units} m-1 m-1"


def test_a_note_lists_a_few_units() -> None:
    made = attributes(field(units="psu"), Along(0, "lon"), index_spacing(4))
    results = [
        Result(f"r{i}", (), np.dtype("f8"), "", field(), {**made, "derivative_units": f"u{i // 2}"})
        for i in range(12)
    ]
    (note,) = unread_notes(results)
    assert note.endswith(": 'u0' of r0, 'u1' of r2, 'u2' of r4, 'u3' of r6 and 2 more")
    assert not list(unread_notes([]))


def test_formats_without_attributes_say_nothing_of_units(tmp_path: Path) -> None:
    path = file_of(tmp_path / "a.nc", "psu")
    report = gradcli.differentiate(path, tmp_path / "b.npz")
    assert not [note for note in report.notes if "units" in note]


@pytest.mark.parametrize("suffix", ["nc", "h5"])
def test_a_second_pass_keeps_nothing_that_describes_the_first(tmp_path: Path, suffix: str) -> None:
    words = {f"derivative_{name}": "old" for name in ("operator", "manner", "x", "adapted_points")}
    path = file_of(tmp_path / f"a.{suffix}", "K", words)
    options: dict[str, Any] = {"accuracy": 4, "missing": "adapt"}
    first = gradcli.differentiate(path, tmp_path / f"b.{suffix}", var="S", **options)
    second = gradcli.differentiate(first.outputs[0], tmp_path / f"c.{suffix}", smooth="savgol:5,2")
    fresh = gradcli.differentiate(path, tmp_path / f"d.{suffix}", var="S", smooth="savgol:5,2")
    names = []
    for report in (second, fresh):
        with h5py.File(report.outputs[0]) as found:
            (name,) = (name for name in found if name != "z")
            held = found[name].attrs
            names.append({each for each in held if each.startswith("derivative_")})
            assert text(held["units"]) == ("K m-1" if report is fresh else "K m-1 m-1")
    assert names[0] == names[1]
    assert "derivative_smooth" in names[0]
    assert not {"derivative_x", "derivative_operator", "derivative_accuracy"} & names[0]


def test_a_field_of_times_gives_durations(tmp_path: Path) -> None:
    path = file_of(tmp_path / "a.nc", "hours since 2000-01-01", axis="degrees east")
    report = gradcli.differentiate(path, tmp_path / "b.nc", var="S")
    with xr.open_dataset(report.outputs[0], engine="netcdf4", decode_timedelta=False) as found:
        assert found["dS_dz"].attrs["units"] == "hours degree_east-1"


def test_an_offset_leaves_units_of_a_difference(tmp_path: Path) -> None:
    path = file_of(tmp_path / "a.nc", "K @ 273.15")
    report = gradcli.differentiate(path, tmp_path / "b.nc", var="S")
    with xr.open_dataset(report.outputs[0], engine="netcdf4") as found:
        assert found["dS_dz"].attrs["units"] == "K m-1"
        assert found["dS_dz"].attrs["units_metadata"] == "temperature: difference"
