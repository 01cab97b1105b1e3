"""Whether the rounding of the values drowns their derivatives."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from math import isfinite
from threading import Lock
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from gradcli.prepare import Task

Array = NDArray[Any]

SAMPLE = 4096  # values looked at in a block, about
DROWNED = 0.01  # of the largest derivative


class Precision:
    """The largest values and derivatives in samples of the blocks; threads may share it."""

    def __init__(self) -> None:
        self._seen: dict[str, tuple[float, float]] = {}
        self._lock = Lock()

    def see(self, name: str, values: Array, derivative: Array) -> None:
        """Look at a block of a field and at what was made of it."""
        found = largest(values), largest(derivative)
        with self._lock:
            before = self._seen.get(name, (0.0, 0.0))
            self._seen[name] = max(found[0], before[0]), max(found[1], before[1])

    def notes(self, tasks: Iterable[Task]) -> Iterator[str]:
        """Yield a note for each derivative that rounding may have changed visibly."""
        for task in tasks:
            eps = max(task.field.precision, float(np.finfo(task.dtype).eps))
            for part in task.partials:
                value, derivative = self._seen.get(part.result.name, (0.0, 0.0))
                error = eps * value * part.stencil.gain()
                if isfinite(error) and error > DROWNED * derivative > 0:
                    yield (
                        f"{part.result.name}: the rounding of {task.field.name} "
                        f"({task.field.stored}, values to {value:.3g}) may make errors of "
                        f"{error:.2g}, the derivative goes to {derivative:.2g} (--smooth)"
                    )


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
