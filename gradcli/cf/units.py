"""Units, converted by UDUNITS and composed for derivatives. No other module uses cf-units."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

from gradcli.errors import UsageError

# The lookbehind keeps the search linear in the length of a run of blanks.
_SINCE = re.compile(r"(?<!\s)\s+since\s+", re.IGNORECASE)
# Dates written as numbers, such as 20240131.5. Their differences are not durations.
_DATES = re.compile(r"\s*\w+\s+as\s+%", re.IGNORECASE)
# UDUNITS takes a year as 365.2425 days and a month as a twelfth of it. No calendar does.
_DAYS = {
    ("year", "360_day"): 360.0,
    ("month", "360_day"): 30.0,
    ("year", "noleap"): 365.0,
    ("year", "365_day"): 365.0,
    ("year", "all_leap"): 366.0,
    ("year", "366_day"): 366.0,
}
_INEXACT = re.compile(
    r"(?P<number>[-+.\de]*)\s*(?P<word>(?:common_)?(?:year|month)s?|yr|y|mon)(?:\^?1)?"
)
_CELSIUS = {"degc", "celsius", "degreec", "degreesc", "degreecelsius", "degreescelsius", "°c"}
_FAHRENHEIT = {"degf", "fahrenheit", "degreef", "degreesf", "degreefahrenheit", "°f"}
_SINGULAR = {
    "degrees": "degree",
    "days": "day",
    "hours": "hour",
    "minutes": "minute",
    "seconds": "s",
    "second": "s",
    "sec": "s",
    "secs": "s",
    "years": "year",
    "months": "month",
    "weeks": "week",
    "hrs": "hour",
    "hr": "hour",
    "mins": "minute",
    "radians": "radian",
    "meters": "m",
    "metres": "m",
    "meter": "m",
    "metre": "m",
    "millibars": "millibar",
    "bars": "bar",
    "kilometers": "km",
    "kilometres": "km",
}


def is_since(units: str) -> bool:
    """Return whether units count time from a date.

    >>> is_since("days since 2000-01-01"), is_since("days")
    (True, False)
    """
    return _SINCE.search(units) is not None


def are_dates(units: str | None) -> bool:
    """Return whether units mean dates written as numbers, which cannot be subtracted.

    >>> are_dates("day as %Y%m%d.%f"), are_dates("days since 2000-01-01")
    (True, False)
    """
    return bool(units and _DATES.match(units))


def is_temperature(units: str) -> bool:
    """Return whether units are those of a temperature scale with its own zero.

    >>> is_temperature("degC"), is_temperature("K")
    (True, False)
    """
    return _plain(units) in _CELSIUS | _FAHRENHEIT


def unit_factor(name: str, units: str | None, wanted: str, calendar: str | None = None) -> float:
    """Return the factor that converts a step along an axis to the wanted units.

    Parameters
    ----------
    name : str
        Name of the axis, for messages.
    units : str or None
        Units of the axis. Of a time axis, only the part before ``since`` counts.
    wanted : str
    calendar : str or None
        Years and months are refused unless this calendar makes them a fixed number of days.

    Raises
    ------
    UsageError
        The axis has no units, or they cannot be converted.

    Examples
    --------
    >>> unit_factor("time", "days since 2000-01-01", "s"), unit_factor("z", "hPa", "Pa")
    (86400.0, 100.0)
    """
    import cf_units

    if not units:
        raise UsageError(f"--per {name}={wanted}: axis {name} says no units to convert from")
    days, plain = _in_days(name, _before_since(units), calendar)
    more, target = _in_days(name, wanted, calendar)
    try:
        old, new = cf_units.Unit(plain), cf_units.Unit(target)
        # A step is a difference, so the zero of a temperature scale must cancel.
        factor = float(old.convert(1.0, new)) - float(old.convert(0.0, new))
    except ValueError:
        factor = math.nan
    if not math.isfinite(factor):  # also the result for reciprocal units, such as s and Hz
        raise UsageError(
            f"--per {name}={wanted}: axis {name} has the units {plain!r}, "
            f"which cannot be converted to {wanted!r}"
        )
    return factor * days / more


def _in_days(name: str, units: str, calendar: str | None) -> tuple[float, str]:
    """Return a factor and units, with years and months as days if the calendar fixes them."""
    match = _INEXACT.fullmatch(units.strip().lower())
    if match is None:
        return 1.0, units
    word = "month" if "mon" in match["word"] else "year"
    known = _DAYS.get((word, (calendar or "").lower()))
    if known is None:
        raise UsageError(
            f"--per: axis {name}: a {word} is no fixed number of days in the "
            f"{calendar or 'standard'} calendar; give the axis in days"
        )
    return known, f"{match['number']} days"


def are_equal(one: str | None, other: str | None) -> bool:
    """Return whether two texts denote the same units.

    >>> are_equal("m/s", "m s-1"), are_equal("km", "m"), are_equal("K", None)
    (True, False, False)
    """
    if one == other or not (one and other):
        return one == other
    import cf_units

    try:
        return bool(cf_units.Unit(one) == cf_units.Unit(other))
    except ValueError:
        return False


def derivative_units(field: str, axes: Sequence[str | None]) -> str:
    """Compose the units of a derivative along one or more axes, as text.

    >>> derivative_units("degC", ["degrees_north"])
    'K degree_north-1'
    >>> derivative_units("m s-1", ["m", "m"]), derivative_units("1", ["hours since 1900-01-01"])
    ('m s-1 m-2', 'hour-1')
    >>> derivative_units("K", [None]), derivative_units("kg", ["m s-1"])
    ('K', 'kg m-1 s')
    """
    if _plain(field) in _CELSIUS:
        field = "K"
    counts = {units: list(axes).count(units) for units in axes}
    below = " ".join(filter(None, (inverse_units(units, n) for units, n in counts.items())))
    if not below:
        return field
    return below if field.strip() in ("", "1") else f"{field} {below}"


def inverse_units(units: str | None, order: int) -> str:
    """Return units to the power ``-order`` as text; empty if there are no units.

    >>> inverse_units("degrees_east", 1), inverse_units("days since 2000-01-01", 2)
    ('degree_east-1', 'day-2')
    """
    text = _before_since(units or "")
    if text in ("", "1"):
        return ""
    if _plain(text) in _CELSIUS:
        text = "K"
    parts = [_inverse_part(part, order) for part in re.split(r"[\s.]+", text) if part]
    return f"({text})-{order}" if None in parts else " ".join(p for p in parts if p)


def _inverse_part(part: str, order: int) -> str | None:
    match = re.fullmatch(r"([^\W\d]+|[%°'\"µ][^\W\d]*)(?:\^|\*\*)?([+-]?\d{1,9})?", part)
    if match is None:
        return None
    name = match[1]
    for plural, singular in _SINGULAR.items():
        if name == plural or name.startswith(plural + "_"):
            name = singular + name[len(plural) :]
            break
    power = -order * int(match[2] or 1)
    return name if power == 1 else f"{name}{power}"


def _plain(units: str) -> str:
    return re.sub(r"[\s_]", "", units).lower()


def _before_since(units: str) -> str:
    """Return the units of a step: of a time since a date, the part before ``since``."""
    return _SINCE.split(units.strip())[0]
