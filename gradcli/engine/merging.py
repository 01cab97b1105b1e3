"""Put the parts of an output together: their blocks are packed, and only have to be placed."""

from __future__ import annotations

from collections.abc import Sequence

from gradcli.engine.block import BlockResult
from gradcli.engine.parts import Work, begun
from gradcli.engine.report import Report, describe
from gradcli.engine.run import execute
from gradcli.engine.stored import StoredBlock, blocks_of, head_of
from gradcli.errors import OutputError
from gradcli.model.blocks import Block
from gradcli.model.protocols import Packer
from gradcli.settings import Request


def merge_parts(request: Request, places: Sequence[str]) -> Report:
    """Put the parts of an output together, and write the output.

    Parameters
    ----------
    request : Request
        The same as that of the parts.
    places : sequence of str

    Raises
    ------
    OutputError
        A part belongs to another plan, or is damaged.
    """
    with begun(request) as work:
        stored = stored_blocks(work, places)
        report = describe(work.source, work.plan, request.run.dry_run)
        places_of = {_key(block): number for number, block in enumerate(work.blocks)}

        def step(item: tuple[Packer, Block]) -> BlockResult:
            packer, block = item
            return stored[places_of[_key(block)]].result(packer, block)

        execute(work.source, work.plan, request.destination, report, request.run, step)
    return report


def stored_blocks(work: Work, places: Sequence[str]) -> list[StoredBlock]:
    """Return where each block of a plan lies.

    Raises
    ------
    OutputError
        A part belongs to another plan or is damaged, or a block is in no part or in two.
    """
    found: dict[int, StoredBlock] = {}
    for place in places:
        if head_of(place).get("plan") != work.token:
            raise OutputError(
                f"{place}: is of another plan: the input or gradcli has changed since, or "
                "--memory or --jobs differ between parts; make the parts again"
            )
        for block in blocks_of(place):
            if block.number in found:
                raise OutputError(f"{place}: has a block that {found[block.number].place} has too")
            found[block.number] = block
    missing = [number for number in range(len(work.blocks)) if number not in found]
    if missing:
        raise OutputError(f"{len(missing)} of {len(work.blocks)} blocks are in no part")
    return [found[number] for number in range(len(work.blocks))]


def _key(block: Block) -> tuple[int, ...]:
    return (block.task, *(part.start for part in block.window))
