"""Check whether rounding errors drown derivatives, and count points next to missing ones."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from math import isfinite, prod
from typing import TYPE_CHECKING, Any

import numpy as np

from gradcli.numerics.dtypes import Array

if TYPE_CHECKING:
    from gradcli.numerics.adapt import Counts
    from gradcli.plan.tasks import StencilTerm, Task
TermKey = tuple[int, int]  # the index of a partial, and of a term in it
Seen = tuple[float, ...]
UNSEEN: Seen = (0.0, 0.0, 0.0)

SAMPLE = 4096  # values sampled per block, about
MARKS = ("_FillValue", "missing_value")
DROWNED = 0.01  # share of the largest derivative that an error must exceed for a note


class Precision:
    """The largest values and derivatives in samples of blocks, by task, partial and term."""

    def __init__(self) -> None:
        self._seen: dict[tuple[int, TermKey], Seen] = {}

    def see(self, task: int, found: Mapping[TermKey, Seen]) -> None:
        """Keep the values of a block of a task that are larger than those before.

        For each term these are the largest value, the largest derivative, and the largest
        derivative times its factor.
        """
        for key, values in found.items():
            before = self._seen.get((task, key), UNSEEN)
            self._seen[task, key] = tuple(map(max, values, before))

    def notes(self, tasks: Iterable[Task]) -> Iterator[str]:
        """Yield a note for each result with possibly visible rounding errors."""
        for place, task in enumerate(tasks):
            for product in task.products:
                for result, numbers in product.made_of():
                    terms = {
                        (number, index): term
                        for number in numbers
                        for index, term in enumerate(task.partials[number].terms)
                    }
                    seen = {key: self._seen.get((place, key), UNSEEN) for key in terms}
                    yield from _note(task, result.name, terms, seen)


def _note(
    task: Task, name: str, terms: Mapping[TermKey, StencilTerm], seen: Mapping[TermKey, Seen]
) -> Iterator[str]:
    errors = [
        (*_error(task, term, seen[key]), term.component)
        for key, term in terms.items()
        if term.steps
    ]
    if not errors:  # the field itself
        return
    error, value, number = max(errors)
    derivative = max(scaled for _, _, scaled in seen.values())
    field = task.components[number]
    if isfinite(error) and error > DROWNED * derivative > 0:
        yield (
            f"{name}: the rounding of {field.name} ({field.stored}, values to {value:.3g}) "
            f"may make errors of {error:.2g}, the derivative goes to {derivative:.2g} "
            "(--smooth)"
        )


def _error(task: Task, term: StencilTerm, seen: Seen) -> tuple[float, float]:
    """Return the largest error that rounding may cause in a term, and its largest value."""
    value, plain, scaled = seen
    eps = max(task.components[term.component].precision, float(np.finfo(task.dtype).eps))
    error = eps * value * prod(stencil.gain() for _, stencil in term.steps)
    return error * scaled / plain if plain else 0.0, value


def largest(values: Array, count: int = SAMPLE) -> float:
    """Return the largest absolute value in a sample of an array, or 0 if all are missing.

    >>> largest(np.array([1.0, -3.0, np.nan]))
    3.0
    """
    return float(np.fmax.reduce(np.abs(sample(values, count)), axis=None, initial=0.0))


def sample(values: Array, count: int = SAMPLE) -> Array:
    """Return about ``count`` values of an array, at regular steps along each axis.

    >>> sample(np.empty((3, 1000, 1000))).shape
    (1, 63, 67)
    """
    steps, left = [1] * values.ndim, max(1.0, values.size / count)
    for done, axis in enumerate(sorted(range(values.ndim), key=values.shape.__getitem__)):
        share = left ** (1 / (values.ndim - done))
        steps[axis] = max(1, min(round(share), values.shape[axis]))
        left /= steps[axis]
    return values[tuple(slice(None, None, step) for step in steps)]


class Marks:
    """The values that the user says mean missing, and which of them occur in any block."""

    def __init__(self) -> None:
        self._met: set[float] = set()

    def see(self, met: Iterable[float]) -> None:
        """Add those that occur in a block."""
        self._met.update(met)

    def notes(self, tasks: Iterable[Task]) -> Iterator[str]:
        """Yield a note for each that occurs nowhere, and that no attribute of a field says."""
        fields = [part for task in tasks for part in task.components if part.marks]
        own = [field.attributes.get(name) for field in fields for name in MARKS]
        said = {float(each) for value in own for each in _numbers(value)}
        for mark in dict.fromkeys(mark for field in fields for mark in field.marks):
            if mark not in self._met | said:
                yield (
                    f"--missing-value {mark:.10g}: occurs nowhere among the values that were read "
                    "and that the file does not say are missing"
                )


def _numbers(value: Any) -> Array:
    numbers = np.asarray([] if value is None else value).reshape(-1)
    return numbers if numbers.dtype.kind in "iuf" else np.empty(0)


class Tally:
    """Counts, per result and over all blocks, of points next to missing ones."""

    def __init__(self) -> None:
        self.counts: dict[str, Counts] = {}

    def add(self, task: Task, counts: Mapping[int, Counts]) -> None:
        """Add the counts of a block of a task, by the index of the result."""
        results = task.results if counts else []
        for index, found in counts.items():
            name = results[index].name
            self.counts[name] = found.plus(self.counts[name]) if name in self.counts else found

    def tell(self, variables: list[dict[str, Any]], notes: list[str]) -> None:
        """Write the counts into the variables and notes of a report."""
        for axis in (axis for variable in variables for axis in variable["axes"]):
            if axis["result"] in self.counts:
                axis["adapted"], axis["lost"] = counts = self.counts[axis["result"]]
                if counts.lost:
                    points = "1 point" if counts.lost == 1 else f"{counts.lost} points"
                    verb = "is" if counts.lost == 1 else "are"
                    notes.append(
                        f"{axis['result']}: {points} {verb} missing for want of valid neighbours"
                    )
