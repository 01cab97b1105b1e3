"""Read the coordinates of the columns of a block, or compute them from the terms of a formula."""

from __future__ import annotations

import numpy as np

from gradcli.cf.parametric import computed
from gradcli.engine.reading import read_pieces
from gradcli.model.blocks import Window
from gradcli.model.protocols import Source
from gradcli.numerics.dtypes import Array
from gradcli.plan.column_reads import ColumnReads


def read_columns(source: Source, reads: ColumnReads, window: Window) -> Array:
    """Return the coordinates in a window of a field, in a shape that broadcasts to the window."""
    terms = {name: np.float64(value) for name, value in reads.constants.items()}
    found: dict[str, Array] = {}
    for each in reads.terms:
        part = tuple(window[place] for place in each.places)
        values = read_pieces(source, each.field, part, each.field.shape)
        values = values.transpose(np.argsort(each.places))
        shape = [1] * len(window)
        for place in each.places:
            shape[place] = window[place].stop - window[place].start
        values = values.reshape(shape)
        if reads.formula is not None:
            values = values.astype(np.float64, copy=False) * each.scale
        found[each.term] = values
    nodes = found[""] if reads.formula is None else computed(reads.formula, {**terms, **found})
    # Numbers in float32 that are scaled in float32 would be rounded once more.
    return nodes if reads.scale == 1 else nodes.astype(np.float64, copy=False) * reads.scale
