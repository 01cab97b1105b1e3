"""What results are called, and what they say of themselves."""

from __future__ import annotations

import re
from typing import Any

from gradcli.choose import Along
from gradcli.errors import UsageError
from gradcli.model import Field, axis_label
from gradcli.numerics.coordinates import Spacing
from gradcli.numerics.schemes import Scheme
from gradcli.templates import fill_template

# Of the values as stored, not of their derivative.
DROPPED = {
    "standard_name",
    "scale_factor",
    "add_offset",
    "valid_min",
    "valid_max",
    "valid_range",
    "actual_range",
    "missing_value",
    "ancillary_variables",
    "_Unsigned",
    "_FillValue",
    "least_significant_digit",
    "units_metadata",
    "cell_methods",
}
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


def component(label: str, order: int) -> str:
    """Return the part of a name that says along which axis and how often.

    >>> component("x", 1), component("x", 2), component("0", 2)
    ('dx', 'dx2', 'd0d0')
    """
    if order == 1:
        return f"d{label}"
    return f"d{label}" * order if label.isdigit() else f"d{label}{order}"


def result_name(field: Field, label: str, order: int, template: str | None) -> str:
    """Return the name of a derivative, in the group of its variable.

    >>> import numpy as np
    >>> q = Field("model/q", (), "float64", np.dtype("f8"), np.dtype("f8"))
    >>> result_name(q, "lat", 1, None), result_name(q, "lat", 2, "{var}_by_{axis}")
    ('model/dq_dlat', 'model/q_by_lat')
    """
    part = component(label, order)
    if template is None:
        return f"{field.group}d{order if order > 1 else ''}{field.base}_{part}"
    places = {"var": field.base, "axis": label, "order": str(order), "component": part}
    name = fill_template("--name", template, places)
    if name in ("", ".", "..") or "/" in name or not name.isprintable():
        raise UsageError(f"--name {template!r} gives {name!r}, which is no name")
    return field.group + name


def attributes(field: Field, along: Along, spacing: Spacing, scheme: Scheme) -> dict[str, Any]:
    """Return the attributes of a derivative: what is kept, units, words, decisions."""
    axis = field.axes[along.index]
    kept = {
        name: value
        for name, value in field.attributes.items()
        if name not in DROPPED and not name.startswith("flag_")
    }
    methods = _other_methods(field.attributes.get("cell_methods"), axis.name, axis.standard_name)
    if methods:
        kept["cell_methods"] = methods
    kept.pop("units", None)
    per_step = along.step is not None
    if field.units is not None and not per_step:
        kept["units"] = derivative_units(field.units, axis.units, scheme.order)
        if _plain(field.units) in _CELSIUS | _FAHRENHEIT:
            kept["units_metadata"] = "temperature: difference"
    kept["long_name"] = _words(field, along, scheme.order)
    kept["derivative_of"] = field.base
    kept["derivative_axis"] = axis_label(field.axes, along.index)
    kept["derivative_order"] = scheme.order
    if scheme.smooth is None:
        kept["derivative_scheme"] = scheme.side
        kept["derivative_accuracy"] = scheme.accuracy
    else:
        kept["derivative_smooth"] = scheme.smooth.describe()
    kept["derivative_edges"] = "periodic" if along.periodic else scheme.edges
    if not along.periodic and scheme.edges == "one-sided" and scheme.smooth is None:
        kept["derivative_edge_order"] = scheme.edge_order
    kept["derivative_spacing"] = spacing.describe()
    if axis.arrangement is not None:
        kept["derivative_arrangement"] = axis.arrangement.words
    kept["derivative_metric"] = "none"
    kept["derivative_missing"] = "propagate"
    return kept


def _words(field: Field, along: Along, order: int) -> str:
    what = field.attributes.get("long_name") or field.attributes.get("standard_name") or field.base
    axis = field.axes[along.index]
    where = axis.long_name or axis.standard_name or axis.name or f"axis {along.index}"
    ordinal = {1: "", 2: "second ", 3: "third "}.get(order, f"{order}th ")
    return f"{ordinal}derivative of {what} along {where}".replace("_", " ")


def derivative_units(field: str, axis: str | None, order: int) -> str:
    """Return units of a derivative, composed as text.

    >>> derivative_units("degC", "degrees_north", 1)
    'K degree_north-1'
    >>> derivative_units("m s-1", "m", 2), derivative_units("1", "hours since 1900-01-01", 1)
    ('m s-1 m-2', 'hour-1')
    >>> derivative_units("K", None, 1), derivative_units("kg", "m s-1", 1)
    ('K', 'kg m-1 s')
    """
    if _plain(field) in _CELSIUS:
        field = "K"
    below = inverse_units(axis, order)
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
    text = re.split(r"\s+since\s+", text, flags=re.IGNORECASE)[0]
    if _plain(text) in _CELSIUS:
        text = "K"
    parts = [_inverse_part(part, order) for part in re.split(r"[\s.]+", text) if part]
    return f"({text})-{order}" if None in parts else " ".join(p for p in parts if p)


def _inverse_part(part: str, order: int) -> str | None:
    match = re.fullmatch(r"([^\W\d]+|[%°'\"µ][^\W\d]*)(?:\^|\*\*)?([+-]?\d+)?", part)
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


def _other_methods(methods: Any, *names: str | None) -> str:
    """Return the cell methods that do not concern an axis.

    >>> _other_methods("area: mean time: maximum (interval: 1 hr)", "time")
    'area: mean'
    """
    if not isinstance(methods, str):
        return ""
    # A clause is one or more "name:" and what follows up to the next name outside parentheses.
    clauses = re.findall(r"((?:[\w.]+:\s*)+)((?:\([^)]*\)|(?![\w.]+:)[^(])*)", methods)
    kept = [
        (heads + rest).strip()
        for heads, rest in clauses
        if not set(re.findall(r"[\w.]+(?=:)", heads)) & {name for name in names if name}
    ]
    return " ".join(kept)
