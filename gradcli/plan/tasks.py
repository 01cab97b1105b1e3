"""What a run works through: fields or vectors, their partials, the results made of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import ceil
from typing import Any, NamedTuple

import numpy as np

from gradcli.geometry.factors import Factor
from gradcli.model.blocks import Need, Window
from gradcli.model.chunks import common_unit, padding
from gradcli.model.fields import Field, Result
from gradcli.numerics.coordinates import Spacing
from gradcli.numerics.operators import Operator
from gradcli.numerics.stencils import Stencil

ARRANGE_COPIES = 4  # of a block: a run, rows of it, sums and counts, the result

Step = tuple[int, Stencil]


class Term(NamedTuple):
    """A component times a factor, differentiated along axes in turn, times a factor."""

    component: int
    steps: tuple[Step, ...]
    before: Factor | None = None
    after: Factor | None = None

    def windows(self, window: Window) -> list[Window]:
        """Return what each step must be given, the first step's first, and the window itself.

        A periodic axis may be left.
        """
        found = [window]
        for axis, stencil in reversed(self.steps):
            given = list(found[0])
            given[axis] = stencil.reach(given[axis])
            found.insert(0, tuple(given))
        return found


class Partial(NamedTuple):
    """A sum of terms: one derivative of a field, or what stands for it on a curved surface."""

    terms: tuple[Term, ...]


class Product(NamedTuple):
    """An operator, the partials it takes (by index) and the results it gives."""

    operator: Operator
    partials: tuple[int, ...]
    results: tuple[Result, ...]

    def made_of(self) -> Iterator[tuple[Result, tuple[int, ...]]]:
        """Yield each result with the partials it is made of: all, or as many as the others."""
        share = len(self.partials) // len(self.results)
        for number, result in enumerate(self.results):
            yield result, self.partials[number * share : (number + 1) * share]


@dataclass(frozen=True)
class Task:
    """A field, or the components of a vector, and what is made of them in one pass.

    Attributes
    ----------
    components : tuple of Field
    dtype : numpy.dtype
        The type they are worked in.
    partials : tuple of Partial
    products : tuple of Product
    spacings : dict of axis to Spacing
        Of the axes differentiated along.
    """

    components: tuple[Field, ...]
    dtype: np.dtype[Any]
    partials: tuple[Partial, ...]
    products: tuple[Product, ...]
    spacings: dict[int, Spacing]

    @property
    def field(self) -> Field:
        """The field, or the first component."""
        return self.components[0]

    @property
    def results(self) -> list[Result]:
        """All results, in the order in which a block gives them."""
        return [result for product in self.products for result in product.results]

    def terms(self) -> Iterator[Term]:
        """Yield every term of every partial."""
        for partial in self.partials:
            yield from partial.terms

    def reads(self, window: Window) -> Window:
        """Return what must be read to give a window; a periodic axis may be left."""
        reads = list(window)
        for term in self.terms():
            for axis, part in enumerate(term.windows(window)[0]):
                now = reads[axis]
                reads[axis] = slice(min(part.start, now.start), max(part.stop, now.stop))
        return tuple(reads)

    def rings(self) -> tuple[int, ...]:
        """Return after how many rows each axis closes on itself: its size, or one row less."""
        rings = list(self.field.shape)
        for term in self.terms():
            for axis, stencil in term.steps:
                rings[axis] = min(rings[axis], stencil.ring or rings[axis])
        return tuple(rings)

    def need(self) -> Need:
        """Return what decides how the field is cut into blocks."""
        halo = [0] * len(self.field.shape)
        for term in self.terms():
            for axis, stencil in term.steps:
                halo[axis] = max(halo[axis], stencil.halo())
        item = self.dtype.itemsize
        convert = sum(item if self.dtype != part.dtype else 0 for part in self.components)
        read = sum(part.cell_bytes for part in self.components) + convert
        arranged = sum(axis.arrangement is not None for axis in self.field.axes)
        read += arranged * ARRANGE_COPIES * max(item, 8)
        written = self.written
        # Results, their forms in the file (whose last chunks reach beyond the axes), partials
        # that wait for others, terms on the way.
        beyond = padding(self.field.shape, written) if written else 1
        write = sum(item + ceil(result.dtype.itemsize * beyond) for result in self.results)
        extra = len(self.partials) - 1 if len(self.products) > 1 else 0
        curved = any(len(partial.terms) > 1 for partial in self.partials)
        mixed = any(len(term.steps) > 1 or term.before for term in self.terms())
        write += item * (extra + curved + 2 * mixed)
        factors = (factor for term in self.terms() for factor in (term.before, term.after))
        write += max((factor.scratch for factor in factors if factor is not None), default=0)
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
        )

    @property
    def written(self) -> tuple[int, ...] | None:
        """The chunks of the results, which all have the same."""
        return self.results[0].stored.chunks
