"""Coordinates that a block reads with its field, because they differ from column to column."""

from __future__ import annotations

from math import ceil, prod
from typing import NamedTuple

from gradcli.errors import UsageError
from gradcli.model.along import Along
from gradcli.model.axes import axis_label
from gradcli.model.blocks import DECODED_COPIES
from gradcli.model.fields import Field
from gradcli.model.protocols import Source
from gradcli.numerics.assemble_columns import make_column_stencil
from gradcli.numerics.column_steps import ColumnNames
from gradcli.numerics.columns import ColumnStencil
from gradcli.numerics.schemes import Scheme
from gradcli.record import record, replace

FEWEST_ROWS = 4  # along any axis that blocks do not cover whole, counted carefully


class Term(NamedTuple):
    """A variable to read: its term in the formula, and the field's axis of each dimension."""

    term: str
    field: Field
    places: tuple[int, ...]
    scale: float


@record(frozen=True)
class ColumnReads:
    """What a block reads to know the coordinates of its columns.

    Attributes
    ----------
    terms : tuple of Term
    formula : str or None
        Standard name of the formula; without one, the only term is the coordinate itself.
    constants : dict of str to float
    scale : float
        Factor on the coordinates: a conversion of units, negative to make downwards upwards.
    """

    terms: tuple[Term, ...]
    formula: str | None
    constants: dict[str, float]
    scale: float

    def cell_bytes(self, dimensions: int) -> int:
        """Return the bytes per cell of a block of a field with so many dimensions."""
        total = 0
        for each in self.terms:
            item = each.field.cell_bytes + 8 * (self.formula is not None)
            if len(each.places) == dimensions:
                total += item
            elif len(each.places) > 1:
                # It lacks an axis of which a block reads at least as many rows as a halo has.
                total += ceil(item / FEWEST_ROWS)
        return total

    def chunk_bytes(self) -> int:
        """Return the bytes of the largest chunks while they are decoded."""
        storages = [each.field.storage for each in self.terms]
        sizes = [s.item * prod(s.chunks) for s in storages if s.chunks is not None]
        return DECODED_COPIES * max(sizes, default=0)


class ColumnMaker:
    """Makes the stencils of a task's columns, and collects what its blocks read for them."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._reads: dict[Along, ColumnReads] = {}

    @property
    def reads(self) -> tuple[ColumnReads, ...]:
        """What a block reads, in the order that stencils count them."""
        return tuple(self._reads.values())

    def stencil(self, origin: Field, along: Along, scheme: Scheme) -> ColumnStencil:
        """Return the stencil along an axis whose columns have coordinates of their own."""
        column = along.column(origin)
        assert column is not None
        if along not in self._reads:
            self._reads[along] = self._make(origin, along)
        labels = tuple(axis_label(origin.axes, index) for index in range(len(origin.axes)))
        name = f"{origin.name} along {column.name}"
        number = list(self._reads).index(along)
        size = origin.axes[along.index].size
        names, computed = ColumnNames(name, labels), column.formula is not None
        return make_column_stencil(size, scheme, names, number, computed)

    def _make(self, origin: Field, along: Along) -> ColumnReads:
        column = along.column(origin)
        assert column is not None
        keys = [axis.key for axis in origin.axes]
        terms = []
        for part in column.parts:
            lost = [key for key in part.keys if key not in keys]
            if lost:
                raise UsageError(
                    f"{column.name}: {part.name} also runs along {lost[0].strip('/')}, which holds "
                    "the components"
                )
            places = tuple(keys.index(key) for key in part.keys)
            field = self._source.fields[part.name]
            field = replace(field, axes=tuple(origin.axes[place] for place in places))
            terms.append(Term(part.term, field, places, part.scale))
        return ColumnReads(tuple(terms), column.formula, dict(column.constants), along.scale)
