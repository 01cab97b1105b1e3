"""Lines of fields of one dimension, drawn with braille dots or with characters."""

from __future__ import annotations

import numpy as np

from gradcli.numerics.dtypes import Array

ROWS = 8  # lines of text
FINE = 8  # points between which a line is drawn, for each column of dots
# The dots of a braille character, by row and column: bits that are added to U+2800.
DOTS = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))


def draw_line(values: Array, places: Array | None, width: int, dotted: bool) -> list[str]:
    """Return lines of text that show values as a curve, larger values further up.

    Parameters
    ----------
    values : ndarray of float64
        One dimension; where they are missing (NaN), there is a gap.
    places : ndarray or None
        The coordinate of each value; None if they are equally far apart.
    width : int
        Columns of text.
    dotted : bool
        Whether to use braille, of 2 by 4 dots a character; else each point is a ``*``.

    Examples
    --------
    >>> draw_line(np.array([0.0, 1, 2, 3]), None, 4, False)[::7]
    ['   *', '*   ']
    """
    columns, rows = (2 * width, 4 * ROWS) if dotted else (width, ROWS)
    low, high = _ranges(_heights(values), _shares(values, places), columns)
    cells = np.zeros((rows, columns), bool)
    for column in np.flatnonzero(~np.isnan(low)).tolist():
        first, last = (round((rows - 1) * float(end)) for end in (low[column], high[column]))
        cells[rows - 1 - last : rows - first, column] = True
    if not dotted:
        return ["".join(" *"[cell] for cell in row) for row in cells.tolist()]
    bits = np.zeros((ROWS, width), np.int64)
    for row, pair in enumerate(DOTS):
        for column, bit in enumerate(pair):
            bits[cells[row::4, column::2]] |= bit
    return ["".join(chr(0x2800 + code) if code else " " for code in row) for row in bits.tolist()]


def _heights(values: Array) -> Array:
    """Return how high each value lies, from 0 for the smallest to 1 for the largest."""
    least, most = np.nanmin(values), np.nanmax(values)
    height = most / 2 - least / 2  # half of it, because all of it may be too large for a float
    found: Array = (values / 2 - least / 2) / height if height else values * 0.0 + 0.5
    return found


def _shares(values: Array, places: Array | None) -> Array:
    """Return where each value lies, from 0 at the left to 1 at the right."""
    count = len(values)
    if places is None or count < 2:
        return np.linspace(0.0, 1.0, count)
    at = places.astype(np.float64)
    found: Array = (at - at.min()) / ((at.max() - at.min()) or 1.0)
    return found


def _ranges(values: Array, shares: Array, columns: int) -> tuple[Array, Array]:
    """Return the smallest and the largest value of the curve in each column; NaN for none."""
    order = np.argsort(shares, kind="stable")
    shares, values = shares[order], values[order]
    fine = np.linspace(0.0, 1.0, FINE * columns)
    every = np.concatenate([shares, fine])
    drawn = np.concatenate([values, np.interp(fine, shares, values)])
    place = np.minimum((every * columns).astype(np.int64), columns - 1)
    low, high = np.full(columns, np.nan), np.full(columns, np.nan)
    np.fmin.at(low, place, drawn)
    np.fmax.at(high, place, drawn)
    return low, high
