"""Spellings of units: what files write for units that UDUNITS spells in another way."""

from __future__ import annotations

import re
from functools import lru_cache

# Each file asks the same of the same few texts, and most files of a run have those of the first.
TEXTS = 256
# Patterns are compiled where they are first used, as files with few units need few of them.
# The lookbehinds keep the search linear in the length of a run of blanks.
_SINCE = r"(?i)(?<!\s)\s+since\s+"
_ZERO = r"(?i)(?<!\s)(?:\s+since\s+|(?:\s*@\s*|\s+(?:after|from|ref)\s+)(?=[-+.\d]))"
# A unit behind a date or a zero, as in "K @ 273.15 m-1", which means nothing.
_FACTOR = r"\s(?!UTC|GMT)[^\W\d]+\^?[-+]?\d+\s*$"
# Dates written as numbers, such as 20240131.5. Their differences are not durations.
_DATES = r"(?i)\s*\w+\s+as\s+%"
_ANGLE = (
    r"(?i)(?:(?:decimal|dec\.?|angular|arc)[_ -]*)?"
    r"(?:(?P<degree>deg(?:ree)?(?:s|\(s\))?|[°º˚])|rad(?:ian)?s?)\.?"
    r"(?:[_ -]*\(?(?P<way>e|east|n|north|w|west|south|t|true|longitude|latitude)\)?)?"
)
# In these UDUNITS would read N as newtons and W as watts, or it reads nothing.
_ODD_ANGLE = r"(?i)[^\w]|degs|decimal|dec_|arc_?deg|angular"
_WAYS = {"": "", "e": "_east", "n": "_north", "w": "_west", "t": "_true"}  # not south
_CELSIUS = {"degc", "celsius", "degreec", "degreesc", "degreecelsius", "degreescelsius", "°c"}
_FAHRENHEIT = {"degf", "fahrenheit", "degreef", "degreesf", "degreefahrenheit", "°f"}
_KELVIN = {"k", "kelvin", "kelvins", "°k", "degk", "degreek", "degreesk", "degreekelvin"}
_ONE = {
    *(
        "",
        "1",
        "-",
        "--",
        "~",
        "#",
        "(0-1)",
        "0-1",
        "[-]",
        "()",
        "nil",
        "none",
        "fraction",
        "ratio",
    ),
    *("unitless", "dimensionless", "nondimensional", "non-dimensional", "nounit", "nounits"),
    *("level", "levels", "layer", "layers", "sigmalevel"),  # of COARDS, which CF still allows
}
# On an axis these are pressures. UDUNITS takes mb as a millibarn, and pa as a hundredth of a nare.
_PRESSURES = {"mb": "mbar", "pa": "Pa", "hpa": "hPa"}
_POWERS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺−", "0123456789-+-", "{}")
# Names of calendars without their signs, as some models write them, and those of CF.
_CALENDARS = {
    **dict.fromkeys(("360day", "360days", "360", "thirtyday", "thirtydaymonths"), "360_day"),
    **dict.fromkeys(("365day", "365days", "365", "noleap", "noleapyear"), "noleap"),
    **dict.fromkeys(("366day", "366days", "366", "allleap"), "all_leap"),
    **dict.fromkeys(("prolepticgregorian", "gregorianproleptic"), "proleptic_gregorian"),
    **{name: name for name in ("standard", "gregorian", "julian", "utc", "tai")},
}
# Levels and logarithms by name. UDUNITS knows none of them, except that pH is a picohenry to it.
LOGARITHMIC = {"dB", "decibel", "decibels", "bel", "bels", "Np", "neper", "nepers", "pH"}
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


@lru_cache(TEXTS)
def is_since(units: str) -> bool:
    """Return whether units count time from a date.

    >>> is_since("days since 2000-01-01"), is_since("days")
    (True, False)
    """
    return re.search(_SINCE, units) is not None


def calendar_of(name: str | None) -> str | None:
    """Return a calendar by its name in CF, where that is known.

    >>> calendar_of("THIRTY_DAY_MONTHS"), calendar_of("NoLeap"), calendar_of("lunar")
    ('360_day', 'noleap', 'lunar')
    """
    plain = re.sub(r"[^a-z\d]", "", (name or "").lower())
    return _CALENDARS.get(plain, name)


def are_dates(units: str | None) -> bool:
    """Return whether units mean dates written as numbers, which cannot be subtracted.

    >>> are_dates("day as %Y%m%d.%f"), are_dates("days since 2000-01-01")
    (True, False)
    """
    return bool(units and re.match(_DATES, units))


def is_temperature(units: str) -> bool:
    """Return whether units are those of a temperature scale with its own zero.

    >>> is_temperature("degC"), is_temperature("K @ 273.15"), is_temperature("K")
    (True, True, False)
    """
    step = without_zero(units)
    return _plain(units) in _CELSIUS | _FAHRENHEIT or (
        step != units.strip() and _plain(step) in _KELVIN
    )


def without_zero(units: str) -> str:
    """Return the units of a difference: without the date or the zero that values count from.

    >>> without_zero("hours since 1900-01-01"), without_zero("K @ 273.15"), without_zero("Deg C")
    ('hours', 'K', 'K')
    """
    step, *zero = re.split(_ZERO, units.strip(), maxsplit=1)
    if zero and re.search(_FACTOR, " " + zero[0]):
        return units.strip()
    if _plain(step) in _FAHRENHEIT:
        return "degF"
    return "K" if _plain(step) in _CELSIUS else step


@lru_cache(TEXTS)
def angle_of(units: str) -> re.Match[str] | None:
    """Return units as an angle, with its groups ``degree`` and ``way``; None if they are none."""
    return re.fullmatch(_ANGLE, units)


def is_odd_angle(units: str) -> bool:
    """Return whether units are an angle in a spelling that UDUNITS does not read as one.

    >>> is_odd_angle("degrees N"), is_odd_angle("°N"), is_odd_angle("degrees_north")
    (True, True, False)
    """
    return bool(re.search(_ODD_ANGLE, units) and angle_of(units))


def way_of(angle: re.Match[str]) -> str:
    """Return the first letter of the direction of an angle, or an empty text.

    WPS gives the coordinates of WRF's grids in ``degrees longitude`` and ``degrees latitude``.

    >>> [way_of(angle_of(units)) for units in ("degrees_E", "degrees latitude", "deg")]
    ['e', 'n', '']
    """
    way = (angle["way"] or "").lower()
    return {"longitude": "e", "latitude": "n"}.get(way, way[:1])


def respelled(units: str) -> str:
    """Return units that UDUNITS does not read in its own spelling, where that is known.

    >>> respelled("degrees east"), respelled("µg m⁻³"), respelled("unitless"), respelled("psu")
    ('degree_east', 'µg m-3', '1', 'psu')
    """
    if _plain(units) in _ONE:
        return "1"
    match = angle_of(units)
    way = "" if match is None else way_of(match)
    if match is not None and match["degree"] and way in _WAYS:
        return f"degree{_WAYS[way]}"
    return units.translate(_POWERS).replace("#", "1")


def as_pressure(units: str) -> str:
    """Return the units of an axis, where spellings of pressures mean pressures.

    >>> as_pressure("mb"), as_pressure("m")
    ('mbar', 'm')
    """
    return _PRESSURES.get(units.strip().lower(), units)


def inverse(units: str, order: int) -> str:
    """Return units to the power ``-order``, as text.

    >>> inverse("degrees_east", 1), inverse("m s-1", 2), inverse("m/s", 1)
    ('degree_east-1', 'm-2 s2', '(m/s)-1')
    """
    parts = [_inverse_part(part, order) for part in re.split(r"[\s.]+", units) if part]
    return f"({units})-{order}" if None in parts else " ".join(p for p in parts if p)


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
