"""Dates in the cells of results."""

from __future__ import annotations

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


def dates_of(seconds: Array, units: str, unit: Unit, zone: timedelta | None = None) -> Array:
    """Convert seconds since a date to dates in ISO 8601, with an offset from UTC if it is given.

    >>> dates_of(np.array([0.0, 60.0]), "seconds since 2020-01-01 00:00:00", "s").tolist()
    ['2020-01-01T00:00:00', '2020-01-01T00:01:00']
    """
    if zone is None:
        return np.datetime_as_string(_stamps(seconds, units), unit)
    texts = np.datetime_as_string(_stamps(seconds + zone.total_seconds(), units), unit)
    offset = timezone(zone).tzname(None).removeprefix("UTC") or "+00:00"
    return np.char.add(texts, offset)


def _stamps(seconds: Array, units: str) -> Array:
    epoch = np.datetime64(units.removeprefix("seconds since ").replace(" ", "T"), "us")
    return epoch + np.round(seconds * 1e6).astype("m8[us]")
