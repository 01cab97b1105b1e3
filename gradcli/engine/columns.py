"""Read the coordinates of the columns of a block, or compute them from the terms of a formula."""

from __future__ import annotations

from collections.abc import Mapping
from math import prod

import numpy as np

from gradcli.cf.parametric import ROOM, computed, dried
from gradcli.engine.reading import read_pieces
from gradcli.model.blocks import Window
from gradcli.model.protocols import Source
from gradcli.numerics.columns import part_of
from gradcli.numerics.dtypes import Array
from gradcli.numerics.kernel import Scratch
from gradcli.plan.column_reads import ColumnReads
from gradcli.record import field, record


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
    scratch : Scratch
        Where coordinates are made.
    """

    window: Window
    terms: Mapping[str, Array]
    reads: ColumnReads
    scratch: Scratch = field(default_factory=lambda: Scratch(np.dtype(np.float64)))

    def at(self, window: Window) -> Array:
        """Return the coordinates in a part of the window, in a shape that broadcasts to it.

        A formula is computed here, tile by tile, so that its heights are never held for a block.
        They hold until the next are made.
        """
        terms = {name: values[part_of(values.shape, window)] for name, values in self.terms.items()}
        formula, scale = self.reads.formula, self.reads.scale
        if formula is None and scale == 1:
            return terms[""]
        shape = np.broadcast_shapes(*(values.shape for values in terms.values()))
        room = self.scratch.take("nodes", prod(shape))
        if formula is None:
            nodes = terms[""]
        else:
            nodes = computed(formula, self.reads.constants | terms | {ROOM: room})
        if scale == 1:
            return nodes
        # Numbers in float32 that are scaled in float32 would be rounded once more.
        return np.multiply(
            nodes, scale, dtype=np.float64, out=room[: nodes.size].reshape(nodes.shape)
        )


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
    if reads.formula is not None:
        once = (1,) * len(window)
        for term, values in dried(reads.formula, reads.constants | found).items():
            found[term] = np.broadcast_to(values, np.broadcast_shapes(values.shape, once))
    return Columns(window, found, reads)
