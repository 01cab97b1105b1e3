"""What is made of partials: one entry an operator."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

Array = NDArray[Any]


@dataclass(frozen=True)
class Operator:
    """What an operator makes of the partials of a field.

    Attributes
    ----------
    name : str
        The word in default file names: ``STEM_gradient.nc``.
    combine : callable
        Takes the partials of a block in the order of the axes, yields its results.
    """

    name: str
    combine: Callable[[Iterator[Array]], Iterator[Array]]


def gradient(partials: Iterator[Array]) -> Iterator[Array]:
    """Yield each partial as it is.

    >>> list(gradient(iter([1, 2])))
    [1, 2]
    """
    yield from partials


GRADIENT = Operator("gradient", gradient)
