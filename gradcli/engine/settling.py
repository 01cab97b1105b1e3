"""Decide how the chunks of results are compressed as a whole run would, wherever a part begins.

A run compresses the first chunks of a result in two ways, and their sizes decide about the others.
A part that begins later computes these chunks too, so that it packs its own in the same way.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from gradcli.engine.block import differentiate_block
from gradcli.formats.packer import RoutedPacker, StoredPacker
from gradcli.model.blocks import Block, Window
from gradcli.model.protocols import Packer, Source
from gradcli.plan.schedule import Blocks
from gradcli.plan.tasks import Task


class Settler:
    """Gives the packer for each block of a plan.

    Parameters
    ----------
    source : Source
    tasks : tuple of Task
    blocks : Blocks
    first : Packer
        The packer with which an output begins.
    """

    def __init__(
        self, source: Source, tasks: tuple[Task, ...], blocks: Blocks, first: Packer
    ) -> None:
        self._source = source
        self._tasks = tasks
        self._blocks = blocks
        self._first = first
        self._made: dict[int, list[tuple[int, Packer]]] = {}

    def packer(self, number: int) -> Packer:
        """Return the packer of a block: it knows what the blocks before it have shown."""
        task = self._blocks[number].task
        first = self._blocks.first(task)
        if number == first or is_settled(self._first, self._tasks[task]):
            return self._first
        if task not in self._made:
            self._made[task] = list(self._settled(task))
        return [packer for tried, packer in self._made[task] if tried < number - first][-1]

    def _settled(self, task: int) -> Iterator[tuple[int, Packer]]:
        """Yield the packer that knows of a block, for each of the first blocks until it is settled.

        The blocks are counted from the first one of the task.
        """
        packer = self._first
        first = self._blocks.first(task)
        for number in range(first, self._blocks.first(task + 1)):
            for chunk in _chunks(packer, self._tasks[task], self._blocks[number].window):
                tried = Block(task, chunk)
                made = differentiate_block(self._source, self._tasks[task], packer, tried)
                for packet in made.packets:
                    packer = _knowing(packer, packet.name, packet.payload)
                if is_settled(packer, self._tasks[task]):
                    break
            yield number - first, packer
            if is_settled(packer, self._tasks[task]):
                return


def forms_of(packer: Packer) -> dict[str, Any]:
    """Return the forms of the results that are stored in chunks."""
    if isinstance(packer, RoutedPacker):
        return {name: forms_of(inner).get(name) for name, inner in packer.packers.items()}
    return dict(packer.forms) if isinstance(packer, StoredPacker) else {}


def is_settled(packer: Packer, task: Task) -> bool:
    """Return whether a packer packs all blocks of a task alike, whatever those before them."""
    forms = forms_of(packer)
    return all(getattr(forms.get(result.name), "is_settled", True) for result in task.results)


def _knowing(packer: Packer, name: str, payload: Any) -> Packer:
    """Return a packer that knows what a packed block of a result has shown."""
    if isinstance(packer, RoutedPacker):
        inner = _knowing(packer.packers[name], name, payload)
        return RoutedPacker({**packer.packers, name: inner})
    probes = getattr(payload, "probes", ())
    if not probes:
        return packer
    assert isinstance(packer, StoredPacker)
    form: Any = packer.forms[name]
    return packer._replace(forms={**packer.forms, name: form.knowing(probes)})


def _chunks(packer: Packer, task: Task, window: Window) -> Iterator[Window]:
    """Yield the windows of the chunks of a block; all results of a task have the same chunks."""
    form = forms_of(packer)[task.results[0].name]
    for offset in form.pieces(window):
        yield tuple(
            slice(first, min(first + size, part.stop))
            for first, size, part in zip(offset, form.chunks, window, strict=True)
        )
