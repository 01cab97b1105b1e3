"""Units in the names of columns, and in a row below the names."""

from __future__ import annotations

import re

_PREFIX = "(?:da|[yzafpnuµμmcdhkMGTPE])?"
_BASE = (
    "m|g|s|A|K|mol|cd|V|W|Hz|Pa|J|N|C|F|Ω|Ω|ohm|Ohm|S|H|T|Wb|lm|lx|L|l|bar|eV|rad|sr|Bq|Gy|Sv|"
    "Wh|Ah|VA|cal|Torr|psi|atm|G|dB"
)
_WHOLE = (
    "min|minutes?|h|hr|hours?|hrs|d|days?|sec|secs|seconds?|msec|usec|[Mm]etres?|[Mm]eters?|volts?|amps?|"
    "mph|[Cc]elsius|[Dd]ecibars?|dbar|"
    "kelvin|°|deg|degrees?|degrees?_(?:north|east|[NE])|°[CF]|º[CF]|deg_?[CFK]|degrees? [CF]|"
    "%|‰|ppm|ppb|rpm|kn|knots?|mmHg|inch|in|ft|lb|counts?|cts|cps|px|pixels?|a\\.u\\.|arb\\. units?"
)
_POWER = r"(?:(?:\^|\*\*)?[-+]?\d|[²³]|⁻[¹²³])?"
_PIECE = f"(?:{_WHOLE}|{_PREFIX}(?:{_BASE})|1){_POWER}"
_UNIT = re.compile(rf"{_PIECE}(?:\s*[*./·× ]\s*\(?{_PIECE}\)?)*")
_BRACKETS = re.compile(r"\[([^\[\]]*)\]|\(([^()]*)\)")
_NAMED = re.compile(r"(?P<name>.*\S)\s*(?:\[(?P<square>[^\[\]]+)\]|\((?P<round>[^()]+)\))")
_SLASHED = re.compile(r"(?P<name>[^\s/]+)\s*/\s*(?P<units>[^/]\S*)")
# Symbols of quantities whose names are as short as units, each with units that it may have.
_SYMBOLS = {
    "t": {"s", "ms", "us", "µs", "ns", "ps", "min", "h", "d"},
    "T": {"K", "°C", "degC"},
    "U": {"V", "mV", "kV"},
    "I": {"A", "mA", "uA", "µA"},
    "f": {"Hz", "kHz", "MHz", "GHz"},
    "p": {"Pa", "hPa", "kPa", "bar", "mbar"},
    "x": {"m", "mm", "cm", "um", "µm", "nm"},
    "y": {"m", "mm", "cm", "um", "µm", "nm"},
    "z": {"m", "mm", "cm", "um", "µm", "nm"},
}
_NONE = {"-", "–", "1", "none", ""}  # written for a number without units
LONGEST = 24


def is_unit(text: str) -> bool:
    """Return whether a text reads as units of measurement.

    >>> [is_unit(text) for text in ("m/s", "°C", "mA h", "W/(m^2)", "channel 2", "raw")]
    [True, True, True, True, False, False]
    """
    return _UNIT.fullmatch(text) is not None


def unit_in_name(name: str) -> str | None:
    """Return the units that the name of a column ends with, or None.

    A quotient such as ``km/h`` may be units itself, so only names of quantities go before a slash.

    >>> [unit_in_name(name) for name in ("Time (s)", "U [V]", "t/s", "km/h", "A (raw)")]
    ['s', 'V', 's', None, None]
    """
    named = _NAMED.fullmatch(name)
    if named is not None:
        inner = (named["square"] or named["round"]).strip()
        return inner if is_unit(inner) else None
    slashed = _SLASHED.fullmatch(name)
    if slashed is None or not is_unit(slashed["units"]):
        return None
    quantity, units = slashed["name"], slashed["units"]
    if units in _SYMBOLS.get(quantity, ()) or (
        (len(quantity) > 2 or not quantity.isalnum()) and not is_unit(quantity)
    ):
        return units
    return None


def unit_in_cell(cell: str) -> str | None:
    """Return what a cell of a row of units says, empty for none; None if it is no such cell.

    >>> [unit_in_cell(cell) for cell in ("[s]", "(ms)", "K", "-", "[a.u.]", "valve open", "[n/b]")]
    ['s', 'ms', 'K', '', 'a.u.', None, 'n/b']
    """
    bracketed = _BRACKETS.fullmatch(cell)
    if bracketed is not None:
        inner = (bracketed[1] if bracketed[1] is not None else bracketed[2]).strip()
        return "" if inner in _NONE else inner if len(inner) <= LONGEST else None
    if cell in _NONE:
        return ""
    return cell if is_unit(cell) else None
