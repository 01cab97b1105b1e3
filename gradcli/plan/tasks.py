"""Tasks: the fields or vectors of a run, their partials, and the results made of them."""

from __future__ import annotations

from collections.abc import Iterator
from math import ceil
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import numpy as np

from gradcli.model.blocks import Need, Window, hull
from gradcli.model.chunks import common_unit, padding
from gradcli.model.fields import Field, Result
from gradcli.numerics.coordinates import Spacing
from gradcli.numerics.operator import Operator
from gradcli.numerics.stencils import Stencil
from gradcli.record import record

if TYPE_CHECKING:
    from gradcli.geometry.factors import Factor, StackFactor
    from gradcli.model.axes import Axis
    from gradcli.model.poles import Poles
    from gradcli.numerics.columns import ColumnStencil
    from gradcli.plan.column_reads import ColumnReads
    from gradcli.plan.region import Region

ARRANGE_COPIES = 4  # copies of a block: rows read, rows picked, sums and counts, result

AnyStencil: TypeAlias = "Stencil | ColumnStencil"
Step = tuple[int, AnyStencil]


class StencilTerm(NamedTuple):
    """A component times a factor, differentiated along axes in turn, times another factor.

    ``more`` holds further components of a vector, each with its factor; such a term is a sum over
    an axis that its factors have in front.
    """

    component: int
    steps: tuple[Step, ...]
    before: Factor | None = None
    after: Factor | None = None
    more: tuple[tuple[int, StackFactor], ...] = ()

    @property
    def factors(self) -> list[Factor]:
        """All its factors."""
        every = (self.before, self.after, *(factor for _, factor in self.more))
        return [factor for factor in every if factor is not None]

    def windows(self, window: Window) -> list[Window]:
        """Return the window that each step needs as input, in order, and then the window itself.

        A window may extend beyond the ends of a periodic axis.
        """
        found = [window]
        for axis, stencil in reversed(self.steps):
            given = list(found[0])
            given[axis] = stencil.reach(given[axis])
            found.insert(0, tuple(given))
        return found


class Partial(NamedTuple):
    """One derivative of a field, as a sum of the terms that the geometry makes of it."""

    terms: tuple[StencilTerm, ...]


class Product(NamedTuple):
    """An operator, the indices of the partials that it takes, and the results that it gives."""

    operator: Operator
    partials: tuple[int, ...]
    results: tuple[Result, ...]

    def made_of(self) -> Iterator[tuple[Result, tuple[int, ...]]]:
        """Yield each result with the indices of its partials; every result has equally many."""
        share = len(self.partials) // len(self.results)
        for number, result in enumerate(self.results):
            yield result, self.partials[number * share : (number + 1) * share]


@record(frozen=True)
class Task:
    """A field, or the components of a vector, and what is computed from them in one pass.

    Attributes
    ----------
    components : tuple of Field
    dtype : numpy.dtype
        The type of the arithmetic.
    partials : tuple of Partial
    products : tuple of Product
    spacings : dict of axis to Spacing
        The spacing of each axis that is differentiated along.
    grid : Field or None
        A field on the grid of the results, if the components lie at other points: windows are
        counted on that grid, and what lies beyond the ends of a component is missing.
    columns : tuple of ColumnReads
        What a block also reads, for axes on which every column has coordinates of its own.
    region : Region or None
        Which points of the part have results, if not all.
    poles : Poles or None
        How the rows go on across the poles, where windows may extend beyond them.
    turned : tuple of int
        The components that change sign across a pole.
    """

    components: tuple[Field, ...]
    dtype: np.dtype[Any]
    partials: tuple[Partial, ...]
    products: tuple[Product, ...]
    spacings: dict[int, Spacing]
    grid: Field | None = None
    columns: tuple[ColumnReads, ...] = ()
    region: Region | None = None
    poles: Poles | None = None
    turned: tuple[int, ...] = ()

    @property
    def field(self) -> Field:
        """The field, or the first component, or what stands for it on the grid of the results."""
        return self.components[0] if self.grid is None else self.grid

    @property
    def results(self) -> list[Result]:
        """All results, in the order in which a block gives them."""
        return [result for product in self.products for result in product.results]

    def terms(self) -> Iterator[StencilTerm]:
        """Yield every term of every partial."""
        for partial in self.partials:
            yield from partial.terms

    @property
    def tiled(self) -> bool:
        """Whether blocks are computed in tiles: where results take several passes over partials.

        Columns and tracks are gathered for whole blocks, and masks of C grids are read for them.
        """
        several = any(len(partial.terms) > 1 for partial in self.partials)
        several = several or any(not made.operator.gives_partials for made in self.products)
        plain = self.grid is None and not self.columns and not self.field.storage.fortran
        return several and plain and all(axis.tracks is None for axis in self.field.axes)

    def inside(self, window: Window) -> Window:
        """Return a window of the results, counted from the first points of the field's axes."""
        return tuple(
            slice(part.start + whole.start, part.stop + whole.start)
            for part, whole in zip(window, self.field.window, strict=True)
        )

    def reads(self, window: Window) -> Window:
        """Return the window that must be read to compute a window of the field.

        It may extend beyond the selected part, beyond the ends of a periodic axis, and
        across the poles.
        """
        reads = list(window)
        for term in self.terms():
            for axis, part in enumerate(term.windows(window)[0]):
                reads[axis] = hull(part, reads[axis])
        return tuple(reads)

    def column_reads(self, window: Window, number: int) -> Window:
        """Return the window of the coordinates of columns that is read to compute a window."""
        reads = list(window)
        for term in self.terms():
            for axis, stencil in term.steps:
                if stencil.by_column and stencil.column == number:
                    reads[axis] = hull(stencil.reach(window[axis]), reads[axis])
        return tuple(reads)

    def rings(self) -> tuple[int, ...]:
        """Return after how many rows each axis would repeat itself: its size, or one row less."""
        rings = [axis.size for axis in self.field.axes]
        for term in self.terms():
            for axis, stencil in term.steps:
                rings[axis] = min(rings[axis], stencil.ring or rings[axis])
        if self.poles is not None:
            rings[self.poles.longitude] = self.poles.ring
        return tuple(rings)

    def need(self) -> Need:
        """Return the sizes that decide how the field is cut into blocks."""
        halo = [0] * len(self.field.shape)
        for term in self.terms():
            for axis, stencil in term.steps:
                halo[axis] = max(halo[axis], stencil.halo())
        item = self.dtype.itemsize
        convert = sum(item if self.dtype != part.dtype else 0 for part in self.components)
        read = sum(part.cell_bytes for part in self.components) + convert
        read += sum(column.cell_bytes(len(self.field.shape)) for column in self.columns)
        arranged = sum(
            axis.arrangement is not None or (axis.tracks is not None and axis.tracks.apart)
            for axis in self.field.axes
        )
        read += arranged * ARRANGE_COPIES * max(item, 8)
        written = self.written
        # Count the results, their packed form (whose last chunks extend beyond the axes),
        # partials kept for other products, terms that are being summed, and products of partials.
        beyond = padding(self.field.shape, written) if written else 1
        write = sum(item + ceil(result.dtype.itemsize * beyond) for result in self.results)
        extra = len(self.partials) - 1 if len(self.products) > 1 else 0
        curved = any(len(partial.terms) > 1 for partial in self.partials)
        mixed = any(len(term.steps) > 1 or term.before for term in self.terms())
        coupled = any(len({*made.partials}) < len(made.partials) for made in self.products)
        stacked = any(term.more for term in self.terms())
        if not self.tiled:
            write += item * (extra + curved + 2 * mixed + 2 * coupled + 6 * stacked)
        # Tables that are made for a tile are small; coordinates of each step are read for a block.
        factors = (factor for term in self.terms() for factor in term.factors)
        kept = (each.scratch for each in factors if not self.tiled or len(each.places) > 2)
        write += max(kept, default=0)
        chunks = self.field.storage.chunks
        return Need(
            self.field.shape,
            common_unit(self.field.shape, chunks, written),
            tuple(halo),
            read,
            write,
            self.field.storage.item if chunks else 0,
            chunks or (),
            written or (),
            readable=tuple(axis.size for axis in self.field.axes),
            fortran=self.field.storage.fortran,
            turned=self.field.storage.fortran and not self.results[0].stored.fortran,
            sides=self._sides() if chunks and 0 not in self.field.shape else (),
            aligned=all(map(_begins_with_chunk, self.field.axes, chunks or ())),
        )

    def _sides(self) -> tuple[tuple[int, int], ...]:
        """Return how many rows are read before and behind a point in the middle of each axis."""
        middle = [(part.start + part.stop) // 2 for part in self.field.window]
        reads = self.reads(tuple(slice(row, row + 1) for row in middle))
        each = zip(reads, middle, strict=True)
        return tuple((row - part.start, part.stop - 1 - row) for part, row in each)

    @property
    def written(self) -> tuple[int, ...] | None:
        """The points of results that are written at once, which are the same for all."""
        return self.results[0].stored.written


def _begins_with_chunk(axis: Axis, chunk: int) -> bool:
    """Return whether the part of an axis begins where a chunk of the file begins."""
    return axis.arrangement is None and (axis.start + axis.points.start) % chunk == 0
