"""Dates in CF calendars. No other module uses cftime."""

from __future__ import annotations

import re

from gradcli.errors import UsageError
from gradcli.model.axes import Axis


def date_number(label: str, axis: Axis, text: str, last: bool) -> float:
    """Convert a date to a number on a time axis. With `last`, a day stands for its last moment."""
    import math
    from datetime import timedelta

    import cftime

    whole_day = re.fullmatch(r"[+-]?\d+-\d+-\d+", text) is not None
    calendar = axis.calendar or "standard"
    try:
        form = "%Y-%m-%d" if whole_day else "%Y-%m-%dT%H:%M:%S"
        text = re.sub(r"[Tt ](\d+:\d+)(:\d+)?Z?$", lambda m: f"T{m[1]}{m[2] or ':00'}", text)
        date = cftime.datetime.strptime(text, form, calendar=calendar)
        if whole_day and last:
            date += timedelta(days=1)
            return math.nextafter(float(cftime.date2num(date, axis.units, calendar)), -math.inf)
        return float(cftime.date2num(date, axis.units, calendar))
    except ValueError as error:
        raise UsageError(
            f"--sel {label}: {text!r} is no date of the calendar {calendar} "
            f"(write YYYY-MM-DD or YYYY-MM-DDTHH:MM:SS): {error}"
        ) from None
