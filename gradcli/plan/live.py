"""Schedule a live source: yield blocks as rows arrive, and forget rows no longer needed."""

from __future__ import annotations

from collections.abc import Iterator
from math import ceil, prod
from typing import TYPE_CHECKING

from gradcli.errors import UsageError
from gradcli.formats.registry import FORMATS, format_of
from gradcli.model.axes import OPEN
from gradcli.model.blocks import Block, size_text
from gradcli.model.protocols import LiveSource
from gradcli.model.sharing import Room
from gradcli.plan.schedule import BLOCK_BYTES, RESERVE
from gradcli.record import record

if TYPE_CHECKING:
    from gradcli.model.blocks import Need
    from gradcli.model.protocols import Destination
    from gradcli.plan.tasks import Task
    from gradcli.settings import Settings

TEXT_COPIES = 6  # copies of results on their way to text: numbers, columns, words, bytes


@record(frozen=True)
class LiveSchedule:
    """Blocks along the first axis, each yielded once all the rows that it reads have arrived.

    Attributes
    ----------
    source : LiveSource
    tasks : tuple of Task
    readers : tuple of Task
        One task of each group that reads the same rows.
    rows : int
        The most rows per block.
    memory : int
        The most bytes that the run takes, besides the interpreter and its libraries.
    """

    source: LiveSource
    tasks: tuple[Task, ...]
    readers: tuple[Task, ...]
    rows: int
    memory: int
    workers: int = 1
    count: int = 0

    def room(self, task: int) -> Room:
        """Return no room, because no decoded chunks are kept."""
        return Room()

    def blocks(self) -> Iterator[Block]:
        """Yield blocks as they become complete, each range of rows for all tasks in turn."""
        given, ended = 0, False
        while not ended:
            known, ended = self.source.arrive(self.rows)
            ready = known if ended else self._ready(given, known)
            for first in range(given, ready, self.rows):
                rows = slice(first, min(first + self.rows, ready))
                for number, task in enumerate(self.tasks):
                    others = (slice(0, size) for size in task.field.shape[1:])
                    yield Block(number, (rows, *others))
            given = ready
            if not ended:
                # Stencils of the very last rows may reach further back than those of the next rows.
                size = self.tasks[0].field.shape[0]
                self.source.forget(min(self._reads(slice(given, size))[0], given))

    def _ready(self, given: int, known: int) -> int:
        """Return the end of the range of rows whose stencils are complete."""
        low, high = given, known
        while low < high:
            middle = (low + high + 1) // 2
            if self._reads(slice(given, middle))[1] <= known:
                low = middle
            else:
                high = middle - 1
        return low

    def _reads(self, rows: slice) -> tuple[int, int]:
        """Return the start and stop of the rows that must be read to compute some rows."""
        parts = []
        for task in self.readers:
            others = (slice(0, size) for size in task.field.shape[1:])
            parts.append(task.reads(task.inside((rows, *others)))[0])
        return min(part.start for part in parts), max(part.stop for part in parts)


def live_schedule(
    source: LiveSource, tasks: tuple[Task, ...], fixed: int, memory: int
) -> LiveSchedule | None:
    """Return how to work on a source as it arrives, or None if it must be copied first.

    Raises
    ------
    UsageError
        The limit is too small for one row and its halo, and the source cannot be copied.
    """
    from gradcli.numerics.live import BLOCK_ROWS  # files do without this module

    needs = [task.need() for task in tasks]
    limit = memory - fixed - RESERVE
    most = BLOCK_ROWS if any(task.field.shape[0] == OPEN for task in tasks) else OPEN
    low, high = 0, min(most, max(needs[0].shape[0], 1))
    budget = min(limit, max(BLOCK_BYTES, _cost(needs, 1)))
    while low < high:
        middle = (low + high + 1) // 2
        if _cost(needs, middle) <= budget:
            low = middle
        else:
            high = middle - 1
    if low:
        readers = tuple({_reading(task): task for task in tasks}.values())
        return LiveSchedule(source, tasks, readers, low, fixed + RESERVE + _cost(needs, low))
    if source.settle():
        return None
    enough = ceil((fixed + RESERVE + _cost(needs, 1)) / 2**20)
    raise UsageError(
        f"a memory limit of {size_text(memory)} is too small for one row and what its stencils "
        f"read; --memory {enough}MiB would do"
    )


def _reading(task: Task) -> object:
    """Return a key that is equal for tasks that read the same rows."""
    steps = {(axis, id(stencil)) for term in task.terms() for axis, stencil in term.steps}
    return task.field.shape, frozenset(steps)


def _cost(needs: list[Need], rows: int) -> int:
    """Return the bytes for so many rows per block: held, worked on, and on their way out."""
    held = sum((rows + need.halo[0]) * _beside(need) * need.read_bytes for need in needs)
    leaving = sum(rows * _beside(need) * need.write_bytes for need in needs)
    return held + TEXT_COPIES * leaving + max(need.cost((rows, *need.shape[1:])) for need in needs)


def _beside(need: Need) -> int:
    return prod(need.shape[1:])


def streaming_formats(
    settings: Settings, destination: Destination, dry_run: bool
) -> tuple[str, ...]:
    """Return the formats that can be differentiated as they arrive on standard input.

    The whole input is needed first for a dry run, for a different order of rows, for vectors along
    an axis, for a metric, and if the first axis is periodic, cut to a part, or has
    its coordinates in another file.
    """
    whole = dry_run or settings.sort or settings.duplicates or settings.components
    if whole or settings.metric.on_earth or settings.metric.around:
        return ()
    options = (settings.isel, settings.sel, settings.periodic, settings.coords)
    if any(_may_be_first(name, settings.dims) for option in options for name in option):
        return ()
    # Only tables have columns that tell tracks apart as they come.
    live = [one for one in FORMATS if one.live_module and not (settings.by and one.counted)]
    if not destination.is_pipe:
        kind = format_of(destination.path or "")
        return tuple(one.name for one in live if one.counted and kind in (None, one))
    if destination.stack:
        return ()
    needs_count = settings.scheme.missing == "adapt" or settings.coords
    return tuple(one.name for one in live if one.counted or not needs_count)


def _may_be_first(name: str, dims: tuple[str, ...]) -> bool:
    """Return whether a name may refer to the first axis of an array that is not known yet.

    >>> _may_be_first("1", ()), _may_be_first("-1", ()), _may_be_first("x", ("y", "x"))
    (False, True, False)
    """
    if name in dims[1:]:
        return False
    return not (name.isdigit() and int(name) > 0)
