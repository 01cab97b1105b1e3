"""Latitudes that go on across the poles, where a grid goes around the Earth."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gradcli.cf.roles import is_latitude, is_longitude, radians_in
from gradcli.errors import UsageError
from gradcli.geometry.geographic import CLOSES
from gradcli.model.axes import Axis, axis_label
from gradcli.model.fields import Field
from gradcli.model.poles import Poles
from gradcli.numerics.earth import POLE
from gradcli.numerics.turns import goes_one_way, unwrapped

if TYPE_CHECKING:
    from gradcli.numerics.dtypes import Array

NEXT = 2.001  # steps that the row across a pole may be away


def find_poles(origin: Field) -> Poles:
    """Return how the latitudes of a field go on across the poles.

    Raises
    ------
    UsageError
        The longitudes do not pair up across a pole, or no row lies next to a pole.
    """
    lat = next((i for i, axis in enumerate(origin.axes) if is_latitude(axis)), None)
    lon = next((i for i, axis in enumerate(origin.axes) if is_longitude(axis)), None)
    if lat is None or lon is None or origin.axes[lat].values is None:
        raise UsageError(
            f"{origin.name}: --edges pole takes the rows half a turn of longitude away; "
            "the variable has no axes of latitude and longitude"
        )
    ring = _ring(origin, lon)
    low, high = _ends(origin.axes[lat])
    if low is None and high is None:
        label, values = axis_label(origin.axes, lat), origin.axes[lat].values
        assert values is not None
        raise UsageError(
            f"axis {label}: --edges pole: no row lies next to a pole, latitudes go from "
            f"{values[0]:.6g} to {values[-1]:.6g}; leave it out"
        )
    return Poles(lat, lon, origin.axes[lat].size, ring, low, high)


def _ring(origin: Field, lon: int) -> int:
    """Return after how many columns a longitude repeats, if each has another half a turn away."""
    axis, label = origin.axes[lon], axis_label(origin.axes, lon)
    turn = 2 * np.pi / radians_in(axis)
    values = None if axis.values is None else unwrapped(axis.values.astype(np.float64), turn)
    if values is None or len(values) < 2 or not goes_one_way(values):
        raise UsageError(f"axis {label}: --edges pole needs longitudes that go around the Earth")
    step, span = abs(values[-1] - values[0]) / (len(values) - 1), abs(values[-1] - values[0])
    ring = len(values) - bool(abs(span - turn) < CLOSES * step)
    if ring % 2:
        raise UsageError(
            f"axis {label}: --edges pole needs an even number of longitudes, so that each has "
            f"another half a turn away; there are {ring}"
        )
    off = (values[(np.arange(ring) + ring // 2) % ring] - values[:ring]) % turn - turn / 2
    apart = np.flatnonzero(np.abs(off) > CLOSES * step)
    if apart.size:
        raise UsageError(
            f"axis {label}: --edges pole needs longitudes that go around the Earth, each with "
            f"another half a turn away; {values[apart[0]]:.6g} at index {apart[0]} has none"
        )
    return ring


def _ends(latitude: Axis) -> tuple[int | None, int | None]:
    """Return whether the first and the last row lie at a pole (1), next to one (0) or at none."""
    values = latitude.values
    assert values is not None
    if len(values) < 2:
        return None, None
    limit = np.pi / 2 / radians_in(latitude)
    found: list[int | None] = []
    for end, inner in ((values[0], values[1]), (values[-1], values[-2])):
        across = 2 * (limit - abs(end))
        if abs(across) < 2 * POLE / radians_in(latitude):
            found.append(1)
        else:
            # The rows of a grid lead towards the pole that they end at.
            leads = (end - inner) * end > 0
            found.append(0 if leads and across <= NEXT * abs(end - inner) else None)
    return found[0], found[1]


def across(values: Array, poles: Poles, limit: float, rows: int) -> tuple[Array, int]:
    """Return latitudes continued by up to some rows across each pole, and how many come first.

    They are angles along a great circle, and go on beyond the ``limit`` of the poles.

    >>> across(np.array([-45.0, 45.0]), Poles(0, 1, 2, 4, 0, 0), 90.0, 1)
    (array([-135.,  -45.,   45.,  135.]), 1)
    """
    before, after = min(rows, poles.before), min(rows, poles.after)
    values = values.astype(np.float64, copy=False)
    parts = [values]
    if before:
        mirrored = values[poles.mirror(slice(-before, 0))][::-1]
        parts.insert(0, 2 * np.copysign(limit, values[0]) - mirrored)
    if after:
        mirrored = values[poles.mirror(slice(poles.size, poles.size + after))][::-1]
        parts.append(2 * np.copysign(limit, values[-1]) - mirrored)
    return np.concatenate(parts), before


def one_sided_end(origin: Field, poles: Poles) -> list[str]:
    """Return a note if one end of the latitudes lies next to no pole."""
    label, values = axis_label(origin.axes, poles.latitude), origin.axes[poles.latitude].values
    assert values is not None
    ends = ((poles.low, values[0]), (poles.high, values[-1]))
    return [
        f"{label}: {value:.6g} lies next to no pole, this end is one-sided"
        for end, value in ends
        if end is None
    ]
