"""Say why a result is missing everywhere, by the first cause."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from math import prod
from typing import TYPE_CHECKING

import numpy as np

from gradcli.engine.diagnostics import sample
from gradcli.model.blocks import Window
from gradcli.model.fields import Field
from gradcli.model.protocols import Source
from gradcli.numerics.dtypes import Array

if TYPE_CHECKING:
    from gradcli.plan.tasks import Task

PROBES = 32  # windows that are read again to tell limits from fill values
CELLS = 1 << 16  # in one of them, about
_GOLDEN = 0.618033988749895  # of its multiples the fractions spread evenly


class Validity:
    """Which components and results of the tasks have had any value in any block."""

    def __init__(self) -> None:
        self._given: dict[int, set[int]] = {}
        self._found: dict[int, set[int]] = {}

    def see(self, task: int, given: Iterable[bool], found: Iterable[bool]) -> None:
        """Add what a block of a task has: by component, and by result."""
        for seen, flags in ((self._given, given), (self._found, found)):
            seen.setdefault(task, set()).update(i for i, valid in enumerate(flags) if valid)

    def notes(self, source: Source, tasks: tuple[Task, ...]) -> Iterator[str]:
        """Yield a note for each field without a value, or else for results without one."""
        for place, task in enumerate(tasks):
            if 0 in task.field.shape or place not in self._found:
                continue
            empty = [part for i, part in enumerate(task.components) if i not in self._given[place]]
            for part in {part.name: part for part in empty}.values():
                if part.storage.layout != "computed":  # a formula counts its points itself
                    yield _of_field(source, part)
            lost = [r.name for i, r in enumerate(task.results) if i not in self._found[place]]
            if lost and not empty:
                more = f" and {len(lost) - 4} more" if len(lost) > 4 else ""
                yield f"{', '.join(lost[:4])}{more}: missing everywhere: {_cause(task)}"


def has_values(values: Array) -> bool:
    """Return whether any value of an array is not missing; a sample mostly tells.

    >>> has_values(np.array([np.nan, 1.0])), has_values(np.array([np.nan]))
    (True, False)
    """
    if not np.isnan(sample(values)).all():
        return True
    rows = max(1, CELLS * len(values) // max(1, values.size))
    pieces = (values[first : first + rows] for first in range(0, len(values), rows))
    return not all(np.isnan(piece).all() for piece in pieces)


def _of_field(source: Source, field: Field) -> str:
    marks = f" (missing are {field.missing})" if field.missing else ""
    said = f"{field.name}: every value that was read is missing"
    limited = any(source.limits_hide(field.name, window) for window in _probes(source, field))
    if limited:
        why = f"every value but the fill value lies outside its valid range{marks}"
        return f"{said}: {why}; --no-valid-range takes it as it is"
    return f"{said}: all are fill values{marks}"


def _cause(task: Task) -> str:
    from gradcli.geometry.factors import SheetFactor
    from gradcli.numerics.adapt import AdaptingStencil

    tables = [
        factor.tables[name]
        for term in task.terms()
        for factor in term.factors
        if isinstance(factor, SheetFactor)
        for name in factor.names
    ]
    if any(np.isnan(table).all() for table in tables):
        return "no point of the grid has a place and the neighbours that say where it leads"
    steps = (stencil for term in task.terms() for _, stencil in term.steps)
    if any(isinstance(stencil, AdaptingStencil) for stencil in steps):
        return "nowhere are there enough valid points in a row"
    return "no point has all the valid neighbours that its stencil needs (--missing adapt)"


def _probes(source: Source, field: Field) -> Iterator[Window]:
    """Yield windows of a field in its file, all of it if it is small."""
    plain = field.fixed is None and all(axis.arrangement is None for axis in field.axes)
    axes = (field if plain else source.fields[field.name]).axes
    parts = [axis.file_window for axis in axes]
    edge = max(1, int(CELLS ** (1 / max(1, len(parts)))))
    whole = prod(part.stop - part.start for part in parts) <= CELLS
    for probe in range(1 if whole else PROBES):
        window = []
        for number, part in enumerate(parts):
            size = part.stop - part.start
            length = size if whole else min(size, edge)
            first = part.start + int((size - length) * (probe * _GOLDEN ** (number + 1) % 1))
            window.append(slice(first, first + length))
        yield tuple(window)
