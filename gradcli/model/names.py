"""Names of derivatives and of their attributes."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import groupby

from gradcli.errors import UsageError


def component(labels: Sequence[str]) -> str:
    """Return the part of a name that gives the axes of a derivative and its order along each.

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


def joined(labels: Sequence[str], among: Sequence[str]) -> str:
    """Return the axes of a component of a vector or a matrix, in results along these and others.

    >>> joined(["x"], ["x", "y"]), joined(["x", "x"], ["x", "y"]), joined(["r", "r"], ["r", "phi"])
    ('x', 'xx', 'r_r')
    """
    return ("" if all(len(label) == 1 for label in among) else "_").join(labels)


def templated_name(template: str, places: Mapping[str, str]) -> str:
    """Return a name made from the template of ``--name``.

    What names of the file bring into it may be anything; the format of the output decides later
    what it can hold.

    >>> templated_name("{var}_by_{axis}", {"var": "q", "axis": "lat"})
    'q_by_lat'
    """
    name = fill_template("--name", template, places)
    own = fill_template("--name", template, dict.fromkeys(places, ""))
    if name in ("", ".", "..") or "/" in own or not own.isprintable():
        raise UsageError(f"--name {template!r} gives {name!r}, which is not a name")
    return name


def missing_counts(adapted: int, lost: int) -> dict[str, int]:
    """Return the attributes that count points next to gaps: those with a value and those without.

    >>> missing_counts(2, 1)
    {'derivative_missing_adapted': 2, 'derivative_missing_lost': 1}
    """
    return {"derivative_missing_adapted": adapted, "derivative_missing_lost": lost}


def fill_template(option: str, template: str, places: Mapping[str, str]) -> str:
    """Fill the placeholders of a template. Doubled braces stand for single ones.

    >>> fill_template("-o", "{stem}_{{x}}", {"stem": "a"})
    'a_{x}'
    """

    def value(match: re.Match[str]) -> str:
        if match[0] in ("{{", "}}"):
            return match[0][0]
        if match[1] in places:
            return places[match[1]]
        known = ", ".join(f"{{{place}}}" for place in places)
        raise UsageError(f"{option} {template}: the places are {known}")

    return re.sub(r"\{\{|\}\}|\{([^{}]*)\}?|\}", value, template)
