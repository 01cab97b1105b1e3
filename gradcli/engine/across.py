"""Read rows across the poles: those half a turn of longitude away, in reversed order."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from gradcli.model.arrangement import Read
from gradcli.model.blocks import Window
from gradcli.model.poles import Poles
from gradcli.numerics.dtypes import Array


def read_across(read: Read, window: Window, poles: Poles, turned: bool) -> Array:
    """Return a window of a field that may extend across the poles.

    Parameters
    ----------
    read : callable
        Reads a window of the field that may extend beyond the ends of the longitude.
    window : tuple of slice
    poles : Poles
    turned : bool
        Whether the values change sign across a pole, as components eastward and northward do.

    Examples
    --------
    >>> field = np.arange(8.0).reshape(2, 4)
    >>> def read(window):
    ...     return np.tile(field, 2)[window]
    >>> read_across(read, (slice(-1, 1), slice(0, 4)), Poles(0, 1, 2, 4, 0, 0), False)
    array([[2., 3., 0., 1.],
           [0., 1., 2., 3.]])
    """
    axis, rows = poles.latitude, window[poles.latitude]
    if rows.start >= 0 and rows.stop <= poles.size:
        return read(window)
    found: Array | None = None
    for part in _parts(rows, poles.size):
        values = _part(read, window, part, poles, turned)
        if found is None:
            found = np.empty([each.stop - each.start for each in window], values.dtype)
        place = slice(part.start - rows.start, part.stop - rows.start)
        found[(*(slice(None),) * axis, place)] = values
    assert found is not None
    return found


def _parts(rows: slice, size: int) -> Iterator[slice]:
    """Yield the rows before the first, those of the axis, and those after the last."""
    for low, high in ((rows.start, 0), (0, size), (size, rows.stop)):
        part = slice(max(low, rows.start), min(high, rows.stop))
        if part.start < part.stop:
            yield part


def _part(read: Read, window: Window, rows: slice, poles: Poles, turned: bool) -> Array:
    inside = list(window)
    if rows.start >= 0 and rows.stop <= poles.size:
        inside[poles.latitude] = rows
        return read(tuple(inside))
    columns, half = window[poles.longitude], poles.ring // 2
    inside[poles.latitude] = poles.mirror(rows)
    inside[poles.longitude] = slice(columns.start + half, columns.stop + half)
    values = np.flip(read(tuple(inside)), poles.latitude)
    return -values if turned else values
