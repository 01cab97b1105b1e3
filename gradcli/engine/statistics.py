"""Statistics of values, block by block: smallest, largest, mean, share of missing."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from fractions import Fraction
from functools import partial
from math import inf, nan, prod
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from gradcli.engine.reading import read_pieces
from gradcli.errors import MemoryShortError
from gradcli.formats.opening import refuse_hollow
from gradcli.formats.registry import BY_NAME
from gradcli.model.blocks import Block, Need
from gradcli.model.chunks import common_unit
from gradcli.model.protocols import Limits
from gradcli.numerics.dtypes import Array
from gradcli.numerics.kernel import tile_extents, tiles
from gradcli.plan.schedule import schedule
from gradcli.system.limits import capped
from gradcli.system.threads import Threads, in_order

if TYPE_CHECKING:
    from gradcli.model.fields import Field
    from gradcli.model.protocols import Source

TILE = 1 << 16  # cells that are looked at together, which stay in the cache
HUGE = 2**64  # by which values are divided whose sum leaves float64


class Statistics(NamedTuple):
    """Statistics of some values. Those of parts add up to those of the whole.

    Attributes
    ----------
    size, missing, rising, falling : int
        How many values there are; how many are missing, infinite, and minus infinite.
    low, high : float
        The smallest and the largest value, infinite ones too.
    total : Fraction
        The sum of the finite ones: of each tile in float64, and of these sums exactly.
    absolute : bool
        Whether these are the magnitudes of complex values.
    """

    size: int
    missing: int
    rising: int
    falling: int
    low: float
    high: float
    total: Fraction
    absolute: bool = False

    def plus(self, other: Statistics) -> Statistics:
        """Return the statistics of both parts together."""
        return Statistics(
            self.size + other.size,
            self.missing + other.missing,
            self.rising + other.rising,
            self.falling + other.falling,
            min(self.low, other.low),
            max(self.high, other.high),
            self.total + other.total,
            self.absolute or other.absolute,
        )

    @property
    def mean(self) -> float:
        """The mean of the values that are not missing; NaN if there is none."""
        valid = self.size - self.missing
        if (self.rising and self.falling) or not valid:
            return nan
        if self.rising or self.falling:
            return inf if self.rising else -inf
        return float(self.total / valid)

    def as_dict(self) -> dict[str, Any]:
        """Return the statistics in plain types, for JSON: infinity as text, and None for nothing.

        >>> statistics_of(np.array([1.0, np.nan, np.inf])).as_dict()
        {'min': 1.0, 'max': 'inf', 'mean': 'inf', 'missing': 0.3333333333333333, 'infinite': 1}
        """
        found = None if self.size == self.missing else (self.low, self.high, self.mean)
        told: dict[str, Any] = dict.fromkeys(("min", "max", "mean"))
        if found is not None:
            told = {name: _plain(value) for name, value in zip(told, found, strict=True)}
        told["missing"] = self.missing / self.size if self.size else None
        told["infinite"] = self.rising + self.falling
        return told | ({"of": "magnitudes"} if self.absolute else {})


def _plain(value: float) -> float | str | None:
    if value != value:
        return None
    return value if abs(value) < inf else str(value)


def statistics_of(values: Array) -> Statistics:
    """Return the statistics of an array, of complex values those of their magnitudes.

    >>> found = statistics_of(np.array([[1.0, 4.0], [np.nan, -2.0]]))
    >>> found.low, found.high, found.mean, found.missing
    (-2.0, 4.0, 1.0, 1)
    """
    found = Statistics(0, 0, 0, 0, inf, -inf, Fraction(0))
    values = values.reshape(1) if values.ndim == 0 else values
    if not values.size:
        return found
    if values.flags.f_contiguous:
        values = values.T
    with np.errstate(all="ignore"):
        for window in tiles(values.shape, tile_extents(values.shape, TILE), values.ndim - 1):
            found = found.plus(_of_tile(values[window]))
    return found


def _of_tile(values: Array) -> Statistics:
    count, absolute = values.size, values.dtype.kind == "c"
    if absolute:
        values = np.abs(values)
    low, high = float(values.min()), float(values.max())
    missing = rising = falling = 0
    if low != low:  # a NaN is the smallest of any values
        values = values[~np.isnan(values)]
        missing = count - values.size
        if not values.size:
            return Statistics(count, missing, 0, 0, inf, -inf, Fraction(0), absolute)
        low, high = float(values.min()), float(values.max())
    if low == -inf or high == inf:
        rising, falling = (int(np.count_nonzero(values == end)) for end in (inf, -inf))
        values = values[np.isfinite(values)]
    total = float(values.sum(dtype=np.float64))
    exact = Fraction(total) if abs(total) < inf else _large_sum(values)
    return Statistics(count, missing, rising, falling, low, high, exact, absolute)


def _large_sum(values: Array) -> Fraction:
    """Return the sum of values of which float64 cannot hold the sum."""
    return Fraction(float((values.astype(np.float64) / HUGE).sum())) * HUGE


def statistics_text(found: dict[str, Any]) -> str:
    """Return statistics as text, from the plain types of ``as_dict``.

    >>> statistics_text({"min": 0.5, "max": 2.0, "mean": 1.25, "missing": 0.25, "infinite": 0})
    'smallest 0.5, largest 2, mean 1.25, 25 % missing'
    """
    share = found["missing"]
    if share is None:
        return "no values"
    if share == 1:
        return "all missing"
    said = [
        f"{word} {_number(found[name])}"
        for word, name in (("smallest", "min"), ("largest", "max"), ("mean", "mean"))
    ]
    if found["infinite"]:
        said.append(f"{found['infinite']} infinite")
    said.append(f"{100 * share:.3g} % missing" if share else "none missing")
    return ("magnitudes: " if "of" in found else "") + ", ".join(said)


def _number(value: float | str | None) -> str:
    if value is None:
        return "undefined"
    return value if isinstance(value, str) else f"{value:.6g}"


class Totals:
    """The statistics of the results of a run, by the indices of a task and of its result."""

    def __init__(self) -> None:
        self._found: dict[tuple[int, int], Statistics] = {}

    def add(self, task: int, found: Iterable[Statistics]) -> None:
        """Add the statistics of a block of a task, one for each result."""
        for number, part in enumerate(found):
            before = self._found.get((task, number))
            self._found[task, number] = part if before is None else before.plus(part)

    def of(self, task: int, number: int, default: Statistics) -> Statistics:
        """Return the statistics of a result of a task, or the default if no block had any."""
        return self._found.get((task, number), default)

    def tell(self, variables: list[dict[str, Any]]) -> None:
        """Write the statistics into the variables of a report."""
        for (task, number), found in self._found.items():
            variables[task]["axes"][number]["stats"] = found.as_dict()


def field_statistics(
    source: Source,
    names: Iterable[str],
    limits: Limits,
    most: int,
    on_block: Callable[[int, int], None] = lambda done, count: None,
) -> dict[str, dict[str, Any]]:
    """Return the statistics of variables in plain types, read by blocks in threads.

    Parameters
    ----------
    source : Source
    names : iterable of str
    limits : Limits
        Bytes of memory that blocks take, and threads.
    most : int
        Bytes that a block may take where a single chunk needs more.
    on_block : callable
        Called after each block with the bytes that are done, and the bytes in all.

    Raises
    ------
    InputError
        Values cannot be read, or the file is too small for all that it declares.
    """
    fields = [source.fields[name] for name in names]
    refuse_hollow(source, fields)
    needs = [(field.name, _need(field)) for field in fields]
    memory = capped(limits.memory, limits.jobs, {BY_NAME[source.format].library})
    try:
        plan = schedule(needs, 0, memory, limits.jobs)
    except MemoryShortError:
        plan = schedule(needs, 0, most, 1)
    totals, done = Totals(), 0
    count = sum(prod(field.shape) * field.storage.item for field in fields)
    step = partial(_of_block, source, fields)
    with Threads(plan.workers) as pool:
        for block, found in in_order(pool, step, plan.blocks(), plan.workers):
            totals.add(block.task, [found])
            done += found.size * fields[block.task].storage.item
            on_block(done, count)
    empty = statistics_of(np.empty(0))
    return {
        field.name: totals.of(number, 0, empty).as_dict() for number, field in enumerate(fields)
    }


def _need(field: Field) -> Need:
    shape, chunks = field.shape, field.storage.chunks
    return Need(
        shape,
        common_unit(shape, chunks, None),
        (0,) * len(shape),
        field.cell_bytes,
        0,
        field.storage.item if chunks else 0,
        chunks or (),
        fortran=field.storage.fortran,
    )


def _of_block(source: Source, fields: list[Field], block: Block) -> tuple[Block, Statistics]:
    field = fields[block.task]
    with np.errstate(over="ignore", invalid="ignore"):
        return block, statistics_of(read_pieces(source, field, block.window, field.shape))
