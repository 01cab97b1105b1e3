"""The numbers and dates of a column as the coordinates of an axis."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np

from gradcli.errors import printable
from gradcli.formats.csv.sniff import Head
from gradcli.formats.csv.stamps import Offsets
from gradcli.model.axes import Axis
from gradcli.numerics.coordinates import EXACT, FLOAT64_EPS
from gradcli.numerics.dtypes import Array
from gradcli.record import replace


def from_base(values: Array, base: int | None) -> tuple[Array, float]:
    """Return coordinates that were parsed less a base, and their relative rounding.

    >>> from_base(np.array([0.0, 1.0]), 10**18)
    (array([1000000000000000000, 1000000000000000001]), 0.0)
    """
    if base is None:
        return values, FLOAT64_EPS
    if np.isfinite(values).all() and (values == np.trunc(values)).all():
        exact = np.abs(values).max(initial=0) < EXACT
        return base + values.astype(np.int64), 0.0 if exact else FLOAT64_EPS
    return base + values, FLOAT64_EPS


def since(first: datetime) -> str:
    """Return the units of dates that are counted from the first of them.

    >>> since(datetime(2020, 1, 1))
    'seconds since 2020-01-01 00:00:00'
    """
    if first.tzinfo is not None:
        first = first.astimezone(UTC).replace(tzinfo=None)
    return f"seconds since {first.isoformat(' ')}"


def axis_of(head: Head, column: int, values: Array) -> Axis:
    """Return the axis that the numbers of a column make."""
    name = head.name(column)
    values, precision = from_base(values, head.bases.get(column))
    units = head.units.get(column)
    return Axis(name, len(values), values, units, coordinate=name, key=name, precision=precision)


def dated(
    axis: Axis, head: Head, column: int, first: datetime, offsets: Offsets | None
) -> tuple[Axis, list[str]]:
    """Return an axis of dates that are counted from the first, and notes on how they were read."""
    name, notes = printable(head.name(column)), []
    if column in head.compact:
        such = head.compact[column]
        notes.append(f"{name}: its numbers, such as {such}, are read as dates")
    if offsets is not None and len(offsets.found) > 1:
        notes.append(f"{name}: its offsets from UTC differ")
    zoned = offsets is not None and any(offsets.found)
    calendar = "proleptic_gregorian"
    return replace(axis, units=since(first), role="t", calendar=calendar, zoned=zoned), notes
