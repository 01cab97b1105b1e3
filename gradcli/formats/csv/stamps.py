"""Dates in the cells of results."""

from __future__ import annotations

from array import array
from datetime import timedelta, timezone
from typing import Literal

import numpy as np

from gradcli.numerics.dtypes import Array

Unit = Literal["s", "us"]


def date_unit(seconds: Array, units: str) -> Unit:
    """Return the coarsest unit that represents all dates exactly: ``s`` or ``us``.

    >>> date_unit(np.array([0.0, 0.5]), "seconds since 2020-01-01 00:00:00")
    'us'
    """
    stamps = _stamps(seconds, units)
    return "s" if (stamps == stamps.astype("M8[s]")).all() else "us"


class Offsets:
    """The offsets from UTC of the dates of a column, which seldom change from row to row.

    Attributes
    ----------
    found : set of timedelta or None
        The different offsets.

    Examples
    --------
    >>> offsets = Offsets()
    >>> for row, hours in enumerate((1, 1, 2)):
    ...     offsets.add(row, timedelta(hours=hours))
    >>> offsets.of(np.array([2, 0])).tolist()
    [7200.0, 3600.0]
    """

    def __init__(self) -> None:
        self.found: set[timedelta | None] = set()
        self._last: timedelta | None = None
        self._rows, self._seconds = array("q"), array("d")

    def add(self, row: int, offset: timedelta | None) -> None:
        """Add the offset of the next row; rows left out are like the one before."""
        self.found.add(offset)
        if offset is not None and (offset != self._last or not self._rows):
            self._rows.append(row)
            self._seconds.append(offset.total_seconds())
            self._last = offset

    def of(self, rows: Array) -> Array:
        """Return the offsets of some rows in seconds."""
        place = np.searchsorted(np.array(self._rows), rows, "right") - 1
        found: Array = np.array(self._seconds)[np.maximum(place, 0)]
        return found

    def forget(self) -> None:
        """Forget which rows have which offset."""
        del self._rows[:], self._seconds[:]


def dates_of(seconds: Array, units: str, unit: Unit, offsets: Array | None = None) -> Array:
    """Convert seconds since a date to dates in ISO 8601, with offsets from UTC if these are given.

    >>> dates_of(np.array([0.0, 60.0]), "seconds since 2020-01-01 00:00:00", "s").tolist()
    ['2020-01-01T00:00:00', '2020-01-01T00:01:00']
    """
    if offsets is None:
        return np.datetime_as_string(_stamps(seconds, units), unit)
    texts = np.datetime_as_string(_stamps(seconds + offsets, units), unit)
    told, index = np.unique(offsets, return_inverse=True)
    zones = [timezone(timedelta(seconds=float(each))).tzname(None) for each in told]
    words = np.array([zone.removeprefix("UTC") or "+00:00" for zone in zones])
    return np.char.add(texts, words[index])


def _stamps(seconds: Array, units: str) -> Array:
    epoch = np.datetime64(units.removeprefix("seconds since ").replace(" ", "T"), "us")
    return epoch + np.round(seconds * 1e6).astype("m8[us]")
