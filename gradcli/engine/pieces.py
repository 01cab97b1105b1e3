"""A block computed from pieces of its fields that lie in memory, wherever they came from."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product
from typing import Any

import numpy as np

from gradcli.cf.packing import Decoding
from gradcli.engine.block import differentiate_block, read_components
from gradcli.errors import UsageError
from gradcli.model.blocks import Block, Window
from gradcli.model.protocols import Packet
from gradcli.numerics.dtypes import Array
from gradcli.plan.tasks import Product, Task
from gradcli.record import record, replace

Bounds = tuple[tuple[int, ...], ...]  # for each axis where its chunks begin, and its size
Places = tuple[int, ...]  # the index of a chunk along each axis


class Keep:
    """A packer whose packets hold the values themselves, of any window."""

    def pack(self, name: str, window: Window, values: Array) -> Packet:
        """Return the values of a block."""
        return Packet(name, window, values)


class _Recorder:
    """A source without values, which remembers the windows that are read."""

    def __init__(self) -> None:
        self.windows: dict[str, list[Window]] = {}

    def read(self, name: str, window: Window) -> Array:
        """Remember a window, and return zeros that take no memory."""
        self.windows.setdefault(name, []).append(window)
        return np.broadcast_to(0.0, [part.stop - part.start for part in window])

    def is_unwritten(self, name: str, window: Window) -> bool:
        """Return False: values may be anywhere."""
        return False


class _Pieces:
    """A source whose fields are chunks in memory."""

    def __init__(self, recipe: Recipe, chunks: Mapping[tuple[str, Places], Array]) -> None:
        self._recipe = recipe
        self._chunks = chunks

    def read(self, name: str, window: Window) -> Array:
        """Return a window, put together from the chunks that it touches."""
        bounds = self._recipe.bounds.get(name)
        if bounds is None:
            raise UsageError(
                f"{name}: every block needs it, so it cannot be lazy; call load() on the dataset "
                "first"
            )
        raw: Array | None = None
        for places in product(*(touched(b, p) for b, p in zip(bounds, window, strict=True))):
            chunk = np.asarray(self._chunks[name, places])
            if raw is None:
                raw = np.empty([part.stop - part.start for part in window], chunk.dtype)
            into, here = [], []
            for part, edges, place in zip(window, bounds, places, strict=True):
                first, stop = max(part.start, edges[place]), min(part.stop, edges[place + 1])
                into.append(slice(first - part.start, stop - part.start))
                here.append(slice(first - edges[place], stop - edges[place]))
            raw[tuple(into)] = chunk[tuple(here)]
        assert raw is not None
        rule = self._recipe.decodings.get(name)
        if rule is not None:
            return rule.decode(raw)
        return raw.astype(self._recipe.dtype_of(name), copy=False)

    def is_unwritten(self, name: str, window: Window) -> bool:
        """Return False: all chunks of an array hold values."""
        return False


@record(frozen=True)
class Recipe:
    """What all blocks of one result share, so that it travels to another process once.

    Attributes
    ----------
    task : Task
        With a single result.
    bounds : mapping of str to tuple
        For each field, where its chunks begin along each axis, and its size.
    decodings : mapping of str to Decoding
    """

    task: Task
    bounds: Mapping[str, Bounds]
    decodings: Mapping[str, Decoding]

    def dtype_of(self, name: str) -> np.dtype[Any]:
        """Return the type in which a field is read."""
        return next(part.dtype for part in self.task.components if part.name == name)

    def chunks_of(self, window: Window) -> list[tuple[str, Places]]:
        """Return the chunks from which a window of the result is computed."""
        recorder = _Recorder()
        read_components(recorder, self.task, self.task.inside(window))  # type: ignore[arg-type]
        found: dict[tuple[str, Places], None] = {}
        for name, windows in recorder.windows.items():
            for read in windows:
                touches = (touched(b, p) for b, p in zip(self.bounds[name], read, strict=True))
                found |= dict.fromkeys((name, places) for places in product(*touches))
        return list(found)

    def compute(self, window: Window, chunks: Mapping[tuple[str, Places], Array]) -> Array:
        """Return a window of the result, computed from the chunks that it needs."""
        source: Any = _Pieces(self, chunks)
        made = differentiate_block(source, self.task, Keep(), Block(0, window))
        result = self.task.results[0]
        values: Array = made.packets[0].payload
        return values.astype(result.dtype, copy=False)


def touched(edges: tuple[int, ...], part: slice) -> range:
    """Return the chunks that a part of an axis touches.

    >>> touched((0, 4, 8, 10), slice(3, 9)), touched((0, 4, 8, 10), slice(4, 8))
    (range(0, 3), range(1, 2))
    """
    first = int(np.searchsorted(edges, part.start, "right")) - 1
    return range(first, int(np.searchsorted(edges, part.stop, "left")))


def single(task: Task, product_number: int, number: int) -> Task:
    """Return a task with one result alone, and the partials that it takes."""
    made = task.products[product_number]
    result, partials = list(made.made_of())[number]
    renumbered = tuple(range(len(partials)))
    alone = Product(made.operator, renumbered, (result,))
    return replace(task, partials=tuple(task.partials[p] for p in partials), products=(alone,))
