"""Units in names of columns."""

from __future__ import annotations

import pytest

from gradcli.formats.csv.units import unit_in_cell, unit_in_name


@pytest.mark.parametrize(
    ("name", "units"),
    [
        ("Time (s)", "s"),
        ("U [V]", "V"),
        ("t/s", "s"),
        ("Speed (m/s)", "m/s"),
        ("Flow [l/min]", "l/min"),
        ("Wärme (°C)", "°C"),
        ("Spannung / mV", "mV"),
        ("Capacity(mA.h)", "mA.h"),
        ("Z'/ohm", "ohm"),
        ("<I>/mA", "mA"),
        ("Depth (Meter)", "Meter"),
        ("Temperature (Celsius)", "Celsius"),
        ("Speed(mph)", "mph"),
        ("km/h", None),
        ("l/min", None),
        ("dp/dt", None),
        ("Flow (channel 2)", None),
        ("A (raw)", None),
        ("mass", None),
        ("()", None),
    ],
)
def test_units_in_names(name: str, units: str | None) -> None:
    assert unit_in_name(name) == units


def test_units_in_cells() -> None:
    assert [unit_in_cell(cell) for cell in ("[-]", "", "kg m-2", "valve", "a sentence")] == [
        *("", "", "kg m-2", None, None)
    ]
