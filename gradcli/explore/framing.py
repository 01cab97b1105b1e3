"""The axes of a panel: their names and ticks, and which way they point."""

from __future__ import annotations

from typing import Any

from gradcli.cf.dates import counts_from_date
from gradcli.errors import printable
from gradcli.explore.dateticks import date_ticks
from gradcli.model.axes import Axis

STEPS = [1, 2, 2.5, 5, 10]
DEGREES = [1, 1.5, 3, 4.5, 6, 9, 10]  # of longitudes and latitudes that reach far
FAR = 60.0  # degrees
PRESSURES = ("Pa", "hPa", "kPa", "mbar", "mb", "millibar", "dbar", "decibar", "bar")


def label_of(axis: Axis, default: str) -> str:
    """Return the name of an axis with its units.

    >>> label_of(Axis("z", 3, units="m"), ""), label_of(Axis(None, 3), "axis 0")
    ('z [m]', 'axis 0')
    """
    name = axis.name if axis.name is not None else default
    if counts_from_date(axis) or axis.units in (None, "", "1"):
        return printable(name)
    return printable(f"{name} [{axis.units}]")


def points_down(axis: Axis) -> bool:
    """Return whether an axis is drawn downwards: depths, pressures, and the rows of an image.

    >>> import numpy as np
    >>> points_down(Axis("lev", 2, np.arange(2.0), "hPa")), points_down(Axis("y", 2, units="m"))
    (True, False)
    """
    if axis.values is None:
        return axis.name is None
    return axis.down or axis.units in PRESSURES


def place_ticks(drawn: Any, low: float, high: float, inches: float) -> None:
    """Give an axis of longitudes or latitudes ticks at round numbers of degrees."""
    from matplotlib.ticker import MaxNLocator

    most = max(2, min(9, int(inches / (0.35 if drawn.axis_name == "y" else 0.55))))
    drawn.set_major_locator(MaxNLocator(most, steps=DEGREES if high - low > FAR else STEPS))


def name_axis(drawn: Any, axis: Axis, low: float, high: float, inches: float) -> None:
    """Give a drawn axis its name, and a time axis ticks at round dates, as many as fit."""
    from matplotlib.ticker import MaxNLocator

    up = drawn.axis_name == "y"
    drawn.set_label_text(label_of(axis, "row" if up else "column"))
    most = max(2, min(9, int(inches / (0.35 if up else 0.55))))
    ticks = date_ticks(axis, min(low, high), max(low, high), most)
    if ticks:
        if up:  # dates speak for themselves, and need the room
            drawn.set_label_text("")
        drawn.set_ticks([tick.value for tick in ticks], labels=[tick.label for tick in ticks])
    else:
        drawn.set_major_formatter(_plain_numbers())
        drawn.set_major_locator(MaxNLocator(most, integer=axis.values is None, steps=STEPS))


def _plain_numbers() -> Any:
    """Return what writes numbers of up to seven digits in full, without an offset."""
    from matplotlib.ticker import ScalarFormatter

    made = ScalarFormatter(useOffset=False)
    made.set_powerlimits((-4, 7))
    return made
