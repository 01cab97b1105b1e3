"""Units, converted by UDUNITS and composed for derivatives. No other module uses cf-units."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from itertools import product
from threading import Lock
from typing import TYPE_CHECKING, NamedTuple

from gradcli.cf.spellings import (
    LOGARITHMIC,
    as_pressure,
    inverse,
    is_odd_angle,
    respelled,
    without_zero,
)
from gradcli.errors import UsageError

if TYPE_CHECKING:
    from cf_units import Unit

# UDUNITS takes a year as 365.2425 days and a month as a twelfth of it. No calendar does.
_DAYS = {
    ("year", "360_day"): 360.0,
    ("month", "360_day"): 30.0,
    ("year", "noleap"): 365.0,
    ("year", "365_day"): 365.0,
    ("year", "all_leap"): 366.0,
    ("year", "366_day"): 366.0,
}
LONGEST = 1000  # characters of units; a parser takes much memory for more
_INEXACT = r"(?P<number>[-+.\de]*)\s*(?:(?P<month>months?|mon)|(?P<year>years?|yrs?|y))(?:\^?1)?"
_MANY_YEARS = r"[-+.\de]*\s*(?:[kMG]|kilo|mega|giga)(?:yr|year)s?"
# UDUNITS reads these, and products of their powers. Files with such units need not import it.
_COMMON = (
    r"(?:(?:m|km|cm|mm|g|kg|s|day|days|hour|hours|K|Pa|hPa|W|J|N|V|mol|rad|radian|degree|degrees"
    r"|degrees?_(?:east|north))(?:-?[1-9])?(?: (?!$)|$))+"
)
_LENGTH = r"\s*([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?|[-+]?inf|nan)\s*(\S.*)?\s*"
_RADII = 1e5, 1e9  # metres; of planets and moons
_QUIET = Lock()  # UDUNITS has one handler of errors for the whole process


class Composed(NamedTuple):
    """The units of a derivative.

    Attributes
    ----------
    text : str
    readable : bool
        Whether UDUNITS reads the text as the units of the field divided by those of the axes.
    """

    text: str
    readable: bool


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
        Years and months are converted to each other; to other units, they are refused unless this
        calendar makes them a fixed number of days.

    Raises
    ------
    UsageError
        The axis has no units, or they cannot be converted.

    Examples
    --------
    >>> unit_factor("time", "days since 2000-01-01", "s"), unit_factor("z", "mb", "Pa")
    (86400.0, 100.0)
    """
    if not units:
        raise UsageError(
            f"--per {name}={wanted}: axis {name} has no units; state them with --units {name}=UNIT"
        )
    step = without_zero(units)
    days, old, more, new = _in_days(name, step, without_zero(wanted), calendar)
    # Barns and ares are no units of an axis, but may be what the user asks for.
    for one, other in ((as_pressure(old), as_pressure(new)), (old, new)):
        factor = 1.0 if one == other else _factor(one, other)
        if factor is not None:
            return factor * days / more
    plain = step if units.strip().startswith(step) else units
    for text in (old, new):
        if _is_logarithmic(text):
            raise UsageError(
                f"--per {name}={wanted}: {text!r} is a logarithmic unit, so no factor converts the "
                f"axis from {plain!r}; leave out --per, or give converted coordinates (--coords)"
            )
    raise UsageError(
        f"--per {name}={wanted}: axis {name} has the units {plain!r}, "
        f"which cannot be converted to {wanted!r}"
    )


def _in_days(name: str, old: str, new: str, calendar: str | None) -> tuple[float, str, float, str]:
    """Return a factor and units for each of two units, with years and months as days.

    Only years and months that are converted to each other stay: a year of any calendar has twelve
    months, and so has that of UDUNITS.
    """
    matches = [re.fullmatch(_INEXACT, units.lower()) for units in (old, new)]
    if all(m or re.fullmatch(_MANY_YEARS, u) for m, u in zip(matches, (old, new), strict=True)):
        one, other = (
            units if match is None else f"{match['number']} {_word(match)}".strip()
            for match, units in zip(matches, (old, new), strict=True)
        )
        return 1.0, one, 1.0, other
    found: list[tuple[float, str]] = []
    for units, match in zip((old, new), matches, strict=True):
        if match is None:
            found.append((1.0, units))
            continue
        known = _DAYS.get((_word(match), (calendar or "").lower()))
        if known is None:
            raise UsageError(
                f"--per: axis {name}: a {_word(match)} has no fixed number of days in the "
                f"{calendar or 'standard'} calendar; give the axis in days"
            )
        found.append((known, f"{match['number']} days".strip()))
    return *found[0], *found[1]


def _word(match: re.Match[str]) -> str:
    return "month" if match["month"] else "year"


def _factor(old: str, new: str) -> float | None:
    """Return the factor from one unit to another, or None if steps are not proportional."""
    one, other = _read(_spelled(old)), _read(_spelled(new))
    if one is None or other is None or LOGARITHMIC & {old, new}:
        return None
    if not (_is_logarithmic(old) or _is_logarithmic(new)):
        one, other = _step(one), _step(other)
    at = [_converted(value, one, other) for value in (0.0, 1.0, 2.0)]
    factor = at[1] - at[0]
    # Not so between logarithmic and linear units, and for reciprocals such as s and Hz.
    linear = math.isclose(at[2] - at[1], factor, rel_tol=1e-9)
    return factor if math.isfinite(factor) and factor and linear else None


def radius_in_metres(radius: float | str) -> float:
    """Return the radius of a sphere in metres, from a number of metres or a text with a unit.

    Raises
    ------
    UsageError
        The text is no length, or a number without a unit is no likely radius in metres.

    Examples
    --------
    >>> radius_in_metres("6371km"), radius_in_metres(6371229.0)
    (6371000.0, 6371229.0)
    """
    match = re.fullmatch(_LENGTH, str(radius))
    if match is None:
        raise UsageError(
            f"--radius {str(radius)!r}: expected metres, or a number and its unit, as in 6371km"
        )
    number, unit = float(match[1]), match[2]
    if not unit:
        usable = 0 < number < math.inf and 1 / number < math.inf  # others are no radius at all
        if usable and not _RADII[0] <= number <= _RADII[1]:
            raise UsageError(
                f"--radius {number:.10g}: expected metres, from 1e5 to 1e9; "
                f"give the unit of any other, such as '{number:.10g}km'"
            )
        return number
    factor = _factor(unit, "m")
    if factor is None:
        raise UsageError(
            f"--radius {str(radius)!r}: {unit!r} is not a length; expected a unit such as km"
        )
    return number * factor


def are_equal(one: str | None, other: str | None) -> bool:
    """Return whether two texts denote the same units.

    >>> are_equal("m/s", "m s-1"), are_equal("km", "m"), are_equal("K", None)
    (True, False, False)
    """
    if one == other or not (one and other):
        return one == other
    first, second = _read(_spelled(one)), _read(_spelled(other))
    return first is not None and second is not None and bool(first == second)


def linear_between(old: str, new: str) -> tuple[float, float] | None:
    """Return the factor and the number to add that convert values, or None if none do.

    >>> linear_between("km", "m"), linear_between("degC", "K"), linear_between("m", "s")
    ((1000.0, 0.0), (1.0, 273.15), None)
    """
    factor = _factor(old, new)
    one, other = _read(_spelled(old)), _read(_spelled(new))
    if factor is None or one is None or other is None:
        return None
    return factor, _converted(0.0, one, other)


def derivative_units(field: str, axes: Sequence[str | None]) -> Composed:
    """Compose the units of a derivative along one or more axes, as text.

    >>> derivative_units("degC", ["degrees_north"]).text
    'K degree_north-1'
    >>> derivative_units("m s-1", ["m", "m"]).text
    'm s-1 m-2'
    >>> derivative_units("1", ["hours since 1900-01-01"]).text
    'hour-1'
    >>> derivative_units("K", [None]).text, derivative_units("kg", ["m s-1"]).text
    ('K', 'kg m-1 s')
    >>> derivative_units("psu", ["m"])
    Composed(text='psu m-1', readable=False)
    """
    return _composed(field, tuple(axes))


@lru_cache(maxsize=512)
def _composed(field: str, axes: tuple[str | None, ...]) -> Composed:
    above = _spelled(without_zero(field))
    below = Counter(_axis_units(units) for units in axes if units is not None)
    del below["1"]
    inverses = [inverse(text, order) for text, order in below.items()]
    if not below and above == "degF":
        above = "degR"  # the same step, and no zero
    text = " ".join([above, *inverses] if above != "1" or not below else inverses)
    if len(text) <= LONGEST and re.fullmatch(_COMMON, text):
        return Composed(text, True)
    expected = _quotient(above, below)
    if expected is not None:
        brackets = [f"({text})-{order}" for text, order in below.items()]
        products = product((above, f"({above})", f"1 {above}"), (inverses, brackets))
        for trial in (text, *(" ".join([first, *rest]) for first, rest in products)):
            if _denotes(trial, expected):
                return Composed(trial, True)
    return Composed(text, False)


def power_of(units: Composed, power: int) -> Composed:
    """Return units to a power, in which equal units are collected.

    >>> power_of(Composed("m s-1 m-1", True), 2).text, power_of(Composed("m/s m-1", True), 2).text
    ('s-2', 's-2')
    >>> power_of(Composed("psu m-1", False), 2)
    Composed(text='(psu m-1)^2', readable=False)
    """
    plain = re.sub(r"/([^\W\d]+)(?![\w^-])", r" \1-1", units.text)
    parts = [re.fullmatch(r"([^\W\d]+)(-?\d+)?", part) for part in plain.split(" ")]
    if not units.readable or None in parts:
        text, unit = f"({units.text})^{power}", _read(units.text) if units.readable else None
        return Composed(text, unit is not None and _denotes(text, _step(unit) ** power))
    exponents: Counter[str] = Counter()
    for part in filter(None, parts):
        exponents[part[1]] += power * int(part[2] or 1)
    made = [unit if n == 1 else f"{unit}{n}" for unit, n in exponents.items() if n]
    return Composed(" ".join(made) or "1", True)


def inverse_units(units: str | None, order: int) -> str:
    """Return units of an axis to the power ``-order`` as text; empty if there are no units.

    >>> inverse_units("degrees_east", 1), inverse_units("days since 2000-01-01", 2)
    ('degree_east-1', 'day-2')
    """
    text = _axis_units(units or "")
    return "" if text == "1" else inverse(text, order)


def _axis_units(units: str) -> str:
    return _spelled(as_pressure(without_zero(units)))


def _spelled(units: str) -> str:
    """Return units in a spelling that UDUNITS reads, if there is one."""
    units = units.strip()
    if units in ("", "1"):
        return "1"
    if len(units) > LONGEST:
        return units
    if is_odd_angle(units):
        return respelled(units)
    if re.fullmatch(_COMMON, units) or _read(units) is not None:
        return units
    return respelled(units)


def _quotient(above: str, below: Counter[str]) -> Unit | None:
    """Return units divided by powers of others, or None if UDUNITS cannot divide them."""
    unit = _read(above)
    if unit is None or _is_logarithmic(above):
        return None
    unit = _step(unit)
    for text, order in below.items():
        divisor = _read(text)
        if divisor is None or _is_logarithmic(text):
            return None
        with _quiet():
            try:
                unit = unit / divisor**order
            except ValueError:
                return None
    return unit


def _denotes(text: str, expected: Unit) -> bool:
    unit = _read(text)
    if unit is None:
        return False
    # Reciprocal units, which convert to each other too, agree at 1 only.
    ends = [_converted(value, unit, expected) for value in (0.0, 2.0)]
    return ends[0] == 0 and math.isclose(ends[1], 2.0, rel_tol=1e-9)


def _is_logarithmic(text: str) -> bool:
    if text.strip() in LOGARITHMIC:
        return True
    unit = _read(text)
    return unit is not None and "(re " in unit.definition


def _step(unit: Unit) -> Unit:
    """Return a unit without the zero of its scale, which UDUNITS drops from products."""
    one = _read("1")
    assert one is not None
    with _quiet():
        return unit * one


def _converted(value: float, old: Unit, new: Unit) -> float:
    with _quiet():
        try:
            return float(old.convert(value, new))
        except ValueError:
            return math.nan


def _read(text: str) -> Unit | None:
    """Return the unit that UDUNITS reads from a text, or None."""
    import cf_units

    if len(text) > LONGEST:
        return None
    if "\0" in text or "#" in text:  # UDUNITS would read up to the one, cf-units change the other
        return None
    with _quiet():
        try:
            unit = cf_units.Unit(text)
        except ValueError:
            return None
    return unit if unit.is_udunits() else None


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep UDUNITS from printing what it cannot do; the callers say it."""
    import cf_units

    with _QUIET, cf_units.suppress_errors():
        yield
