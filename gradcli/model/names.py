"""What derivatives are called, and their units: text only."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import groupby

from gradcli.errors import UsageError
from gradcli.templates import fill_template

_CELSIUS = {"degc", "celsius", "degreec", "degreesc", "degreecelsius", "degreescelsius", "°c"}
# Each run of blanks is looked at once, however long it is.
_SINCE = re.compile(r"(?<!\s)\s+since\s+", re.IGNORECASE)
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


def component(labels: Sequence[str]) -> str:
    """Return the part of a name that says along which axes and how often.

    >>> component(["x"]), component(["x", "x"]), component(["0", "0"]), component(["x", "y"])
    ('dx', 'dx2', 'd0d0', 'dxdy')
    """
    parts = []
    for label, same in groupby(labels):
        count = len(list(same))
        if count == 1 or label.isdigit():
            parts.append(f"d{label}" * count)
        else:
            parts.append(f"d{label}{count}")
    return "".join(parts)


def derivative_name(base: str, labels: Sequence[str]) -> str:
    """Return the name of a derivative of a variable.

    >>> derivative_name("T", ["x"]), derivative_name("T", ["x", "y"])
    ('dT_dx', 'd2T_dxdy')
    """
    order = len(labels)
    return f"d{order if order > 1 else ''}{base}_{component(labels)}"


def templated_name(template: str, places: Mapping[str, str]) -> str:
    """Return a name made by ``--name``.

    >>> templated_name("{var}_by_{axis}", {"var": "q", "axis": "lat"})
    'q_by_lat'
    """
    name = fill_template("--name", template, places)
    if name in ("", ".", "..") or "/" in name or not name.isprintable():
        raise UsageError(f"--name {template!r} gives {name!r}, which is no name")
    return name


def missing_counts(adapted: int, lost: int) -> dict[str, int]:
    """Return the attributes that say how many points next to missing ones were given a value.

    >>> missing_counts(2, 1)
    {'derivative_missing_adapted': 2, 'derivative_missing_lost': 1}
    """
    return {"derivative_missing_adapted": adapted, "derivative_missing_lost": lost}


def is_temperature(units: str) -> bool:
    """Say whether units count degrees from a zero of their own.

    >>> is_temperature("degC"), is_temperature("K")
    (True, False)
    """
    return _plain(units) in _CELSIUS | _FAHRENHEIT


def derivative_units(field: str, axes: Sequence[str | None]) -> str:
    """Return units of a derivative along axes in turn, composed as text.

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
    """Return units to the power ``-order``, as text, or nothing where there are none.

    >>> inverse_units("degrees_east", 1), inverse_units("days since 2000-01-01", 2)
    ('degree_east-1', 'day-2')
    """
    text = (units or "").strip()
    if text in ("", "1"):
        return ""
    text = _SINCE.split(text)[0]
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
