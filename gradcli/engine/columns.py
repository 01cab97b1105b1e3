"""Read the coordinates of the columns of a block, or compute them from the terms of a formula."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from gradcli.cf.parametric import computed
from gradcli.engine.reading import read_pieces
from gradcli.model.blocks import Window
from gradcli.model.protocols import Source
from gradcli.numerics.columns import part_of
from gradcli.numerics.dtypes import Array
from gradcli.plan.column_reads import ColumnReads
from gradcli.record import record


@record(frozen=True)
class Columns:
    """The coordinates in a window of a field, as the arrays that they are made of.

    Attributes
    ----------
    window : tuple of slice
    terms : dict of str to ndarray
        The coordinate itself (an empty name), or the terms of a formula, each with one point along
        the dimensions that it lacks.
    reads : ColumnReads
    """

    window: Window
    terms: Mapping[str, Array]
    reads: ColumnReads

    def at(self, window: Window) -> Array:
        """Return the coordinates in a part of the window, in a shape that broadcasts to it.

        A formula is computed here, tile by tile, so that its heights are never held for a block.
        """
        terms = {name: values[part_of(values.shape, window)] for name, values in self.terms.items()}
        formula, scale = self.reads.formula, self.reads.scale
        nodes = terms[""] if formula is None else computed(formula, self.reads.constants | terms)
        # Numbers in float32 that are scaled in float32 would be rounded once more.
        return nodes if scale == 1 else nodes.astype(np.float64, copy=False) * scale


def read_columns(source: Source, reads: ColumnReads, window: Window) -> Columns:
    """Read what the coordinates in a window of a field are made of."""
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
    return Columns(window, found, reads)
