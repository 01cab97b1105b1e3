"""Whether the rounding of the values drowns their derivatives."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from math import isfinite, prod
from threading import Lock
from typing import TYPE_CHECKING, Any

import numpy as np

from gradcli.numerics.adapt import Counts
from gradcli.numerics.dtypes import Array

if TYPE_CHECKING:
    from gradcli.plan.tasks import Task, Term
Seen = tuple[float, ...]

SAMPLE = 4096  # values looked at in a block, about
DROWNED = 0.01  # of the largest derivative


class Precision:
    """The largest values and derivatives in samples of the blocks; threads may share it."""

    def __init__(self) -> None:
        self._seen: dict[int, Seen] = {}
        self._lock = Lock()

    def see(self, term: Term, found: Seen) -> None:
        """Keep the largest value of a block, of its derivative, and of that times a factor."""
        with self._lock:
            before = self._seen.get(id(term), (0.0, 0.0, 0.0))
            self._seen[id(term)] = tuple(map(max, found, before))

    def notes(self, tasks: Iterable[Task]) -> Iterator[str]:
        """Yield a note for each result that rounding may have changed visibly."""
        for task in tasks:
            for product in task.products:
                for result, numbers in product.made_of():
                    terms = [term for n in numbers for term in task.partials[n].terms]
                    yield from self._note(task, result.name, terms)

    def _note(self, task: Task, name: str, terms: list[Term]) -> Iterator[str]:
        seen = [(*self._error(task, term), term.component) for term in terms if term.steps]
        error, value, number = max(seen)
        derivative = max(self._seen.get(id(term), (0.0, 0.0, 0.0))[2] for term in terms)
        field = task.components[number]
        if isfinite(error) and error > DROWNED * derivative > 0:
            yield (
                f"{name}: the rounding of {field.name} ({field.stored}, values to {value:.3g}) "
                f"may make errors of {error:.2g}, the derivative goes to {derivative:.2g} "
                "(--smooth)"
            )

    def _error(self, task: Task, term: Term) -> tuple[float, float]:
        """Return the error that rounding may make in a term, and its largest value."""
        value, plain, scaled = self._seen.get(id(term), (0.0, 0.0, 0.0))
        eps = max(task.components[term.component].precision, float(np.finfo(task.dtype).eps))
        error = eps * value * prod(stencil.gain() for _, stencil in term.steps)
        return error * scaled / plain if plain else 0.0, value


def largest(values: Array) -> float:
    """Return the largest absolute value of a sample, 0 where all are missing.

    >>> largest(np.array([1.0, -3.0, np.nan]))
    3.0
    """
    return float(np.fmax.reduce(np.abs(sample(values)), axis=None, initial=0.0))


def sample(values: Array) -> Array:
    """Return every so many-th value along each axis, about as many as are looked at.

    >>> sample(np.empty((3, 1000, 1000))).shape
    (1, 63, 67)
    """
    steps, left = [1] * values.ndim, max(1.0, values.size / SAMPLE)
    for done, axis in enumerate(sorted(range(values.ndim), key=values.shape.__getitem__)):
        share = left ** (1 / (values.ndim - done))
        steps[axis] = max(1, min(round(share), values.shape[axis]))
        left /= steps[axis]
    return values[tuple(slice(None, None, step) for step in steps)]


class Tally:
    """How many points next to missing ones each result gives a value, over all blocks."""

    def __init__(self) -> None:
        self.counts: dict[str, Counts] = {}
        self._lock = threading.Lock()

    def add(self, name: str, counts: Counts) -> None:
        """Add those of a block; any thread may."""
        with self._lock:
            self.counts[name] = self.counts.get(name, Counts()).plus(counts)

    def tell(self, variables: list[dict[str, Any]], notes: list[str]) -> None:
        """Write them into the variables and notes of a report."""
        for axis in (axis for variable in variables for axis in variable["axes"]):
            if axis["result"] in self.counts:
                axis["adapted"], axis["lost"] = counts = self.counts[axis["result"]]
                if counts.lost:
                    points = "1 point" if counts.lost == 1 else f"{counts.lost} points"
                    notes.append(f"{points} of {axis['result']} lost: too few valid neighbours")
