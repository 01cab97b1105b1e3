"""Decide how the chunks of results are compressed as a whole run would, wherever a part begins.

A run compresses the first chunks of a result in two ways, and their sizes decide about the others.
A part that begins later computes these chunks too, so that it packs its own in the same way.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from gradcli.engine.block import differentiate_block
from gradcli.formats.packer import RoutedPacker, StoredPacker
from gradcli.model.blocks import Block
from gradcli.model.protocols import Packer, Source
from gradcli.plan.tasks import Task
from gradcli.record import record


@record
class Settler:
    """Gives the packer for each block of a plan.

    Attributes
    ----------
    source : Source
    tasks : tuple of Task
    first : Packer
        The packer with which an output begins.
    blocks : sequence of Block
    """

    source: Source
    tasks: tuple[Task, ...]
    first: Packer
    blocks: Sequence[Block]

    def __post_init__(self) -> None:
        self._made: dict[int, list[tuple[int, Packer]]] = {}

    def packer(self, number: int) -> Packer:
        """Return the packer of a block: it knows what the blocks before it have shown."""
        task = self.blocks[number].task
        if number == 0 or self.blocks[number - 1].task != task or is_settled(self.first):
            return self.first
        if task not in self._made:
            self._made[task] = list(self._settled(task))
        return [packer for before, packer in self._made[task] if before < number][-1]

    def _settled(self, task: int) -> Iterator[tuple[int, Packer]]:
        """Yield each block whose chunks are tried, and the packer that knows of them."""
        packer = self.first
        if _are_settled(packer, self.tasks[task]):
            yield -1, packer
            return
        for number, block in enumerate(self.blocks):
            if block.task != task:
                continue
            for part in _first_chunks(packer, self.tasks[task], block):
                made = differentiate_block(self.source, self.tasks[task], packer, part)
                for packet in made.packets:
                    packer = knowing(packer, packet.name, packet.payload)
                if _are_settled(packer, self.tasks[task]):
                    break
            yield number, packer
            if _are_settled(packer, self.tasks[task]):
                return


def forms_of(packer: Packer) -> dict[str, Any]:
    """Return the forms of the results that are stored in chunks."""
    if isinstance(packer, RoutedPacker):
        return {name: form for name, inner in packer.packers.items()
                for known, form in forms_of(inner).items() if known == name}  # fmt: skip
    return dict(packer.forms) if isinstance(packer, StoredPacker) else {}


def is_settled(packer: Packer) -> bool:
    """Return whether a packer packs every block alike, whatever the blocks before it."""
    return all(getattr(form, "is_settled", True) for form in forms_of(packer).values())


def knowing(packer: Packer, name: str, payload: Any) -> Packer:
    """Return a packer that knows what a packed block of a result has shown."""
    if isinstance(packer, RoutedPacker):
        inner = knowing(packer.packers[name], name, payload)
        return RoutedPacker({**packer.packers, name: inner})
    probes = getattr(payload, "probes", ())
    if not probes:
        return packer
    assert isinstance(packer, StoredPacker)
    form: Any = packer.forms[name]
    return packer._replace(forms={**packer.forms, name: form.knowing(probes)})


def _are_settled(packer: Packer, task: Task) -> bool:
    forms = forms_of(packer)
    found = [forms[result.name] for result in task.results if result.name in forms]
    return all(getattr(form, "is_settled", True) for form in found)


def _first_chunks(packer: Packer, task: Task, block: Block) -> Iterator[Block]:
    """Yield the chunks of a block, as blocks of their own."""
    forms = forms_of(packer)
    form = next(forms[result.name] for result in task.results)
    for offset in form.pieces(block.window):
        window = tuple(
            slice(first, min(first + size, part.stop))
            for first, size, part in zip(offset, form.chunks, block.window, strict=True)
        )
        yield Block(block.task, window)
