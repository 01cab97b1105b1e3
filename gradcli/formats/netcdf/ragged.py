"""Lengths of tracks (CF section 9.3.3) of which an output holds only a part."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from gradcli.cf import references
from gradcli.model.fields import Result
from gradcli.numerics.dtypes import Array


def lengths_in_part(
    source: Any, attributes: Mapping[str, Any], results: Iterable[Result]
) -> Array | None:
    """Return how many rows of each track the results hold; None if the variable says it already.

    A track outside the part keeps its place, with no row.
    """
    along = attributes.get(references.RAGGED[0])
    windows = [axis.file_window for r in results for axis in r.axes if axis.name == along]
    if along is None or not windows or source.ndim != 1:
        return None
    stored: Array = np.asarray(source[:])
    ends = np.concatenate([[0], np.cumsum(stored, dtype="i8")])
    if windows[0] == slice(0, int(ends[-1])):
        return None
    cut = np.clip(ends, windows[0].start, windows[0].stop)
    lengths: Array = np.diff(cut).astype(stored.dtype)
    return lengths
