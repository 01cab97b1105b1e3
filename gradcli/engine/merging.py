"""Put the parts of an output together: their blocks are packed, and only have to be placed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from threading import Lock
from typing import NamedTuple

import numpy as np

from gradcli.engine.block import BlockResult
from gradcli.engine.parts import Work, begun
from gradcli.engine.report import Report, describe
from gradcli.engine.run import Step, created, work_through
from gradcli.engine.stored import StoredPacket, block_at, blocks_of, head_of
from gradcli.errors import OutputError
from gradcli.formats.direct import Direct
from gradcli.formats.packets import Elsewhere
from gradcli.formats.splicing import spans, splice
from gradcli.formats.writing import Router
from gradcli.model.blocks import Block
from gradcli.model.protocols import Packer, Packet
from gradcli.numerics.dtypes import Array
from gradcli.record import replace
from gradcli.settings import Request
from gradcli.system.threads import in_threads


class Copies(NamedTuple):
    """Pieces of a part that are to be copied into the file of an output: `splice` does it.

    Attributes
    ----------
    target : str
        The path of the output under its temporary name.
    part : str
        The path of the part.
    pieces : numpy.ndarray
        Of type ``gradcli.formats.splicing.SPAN``.
    """

    target: str
    part: str
    pieces: Array

    def carry_out(self) -> int:
        """Copy the pieces, in whichever process this is, and return the number of bytes."""
        return splice(*self)


Copier = Callable[[Iterable[Copies]], Iterator[int]]


def copy_here(workers: int, copies: Iterable[Copies]) -> Iterator[int]:
    """Copy pieces in threads of this process, and yield the numbers of bytes."""
    yield from in_threads(Copies.carry_out, copies, workers)


Placer = Callable[[Direct], Iterator[BlockResult]]


def merge_parts(
    request: Request,
    places: Sequence[str],
    copier: Copier | None = None,
    placer: Placer | None = None,
) -> Report:
    """Put the parts of an output together, and write the output.

    Where the file consists of chunks, the library only lays it out here, and then the chunks are
    copied to their places, all at once if that is possible.

    Parameters
    ----------
    request : Request
        The same as that of the parts.
    places : sequence of str
    copier : callable, optional
        Carries `Copies` out, here or in other processes that see the parts and the folder of the
        output, and yields the numbers of bytes. By default threads of this process do.
    placer : callable, optional
        Has `place_blocks` called for all parts, in other processes, and yields what it yields. It
        is used for outputs that any process may write to.

    Raises
    ------
    OutputError
        A part belongs to another plan, or is damaged.
    """
    with begun(request) as work:
        index = index_of(work, places)
        report = describe(work.source, work.plan, request.run.dry_run)
        copier = copier or partial(copy_here, work.plan.schedule.workers)
        with created(work.source, work.plan, request.destination, report) as sink:
            direct = sink.direct() if placer else None
            if placer and direct:
                placed = _one_by_one(placer(direct))
                work_through(work.source, work.plan, sink, report, request.run, placed)
                return report
            target = sink.lay_out()
            work.refuse_other_forms(sink.packer)
            if target is None:
                step = partial(_stored, work, index)
                work_through(work.source, work.plan, sink, report, request.run, step)
            else:
                _lay_out(work, index, sink, report, target, copier)
    return report


def place_blocks(work: Work, place: str, direct: Direct) -> Iterator[BlockResult]:
    """Write the blocks of a part into an output, and yield what is known of each."""
    for stored in blocks_of(place):
        made = stored.result(work.packer, work.schedule.block(stored.number))
        for packet in made.packets:
            direct.put(packet)
        yield made._replace(packets=[])


def _one_by_one(made: Iterator[BlockResult]) -> Step:
    lock = Lock()

    def step(_: tuple[Packer, Block]) -> BlockResult:
        with lock:  # a generator serves one thread at a time
            return next(made)

    return step


Index = list[tuple[str, int]]  # for each block, the path of its part, and where in it it begins


def index_of(work: Work, places: Sequence[str]) -> Index:
    """Return where each block of a plan lies.

    Raises
    ------
    OutputError
        A part belongs to another plan or is damaged, or a block is in no part or in two.
    """
    count = work.schedule.count
    found: dict[int, tuple[str, int]] = {}
    for place in places:
        if head_of(place).get("plan") != work.token:
            raise OutputError(
                f"{place}: is of another plan: the input or gradcli has changed since, or "
                "--memory or --jobs differ between parts; make the parts again"
            )
        for stored in blocks_of(place):
            if stored.number in found:
                raise OutputError(f"{place}: has a block that {found[stored.number][0]} has too")
            if not 0 <= stored.number < count:
                raise OutputError(f"{place}: has a block that the output does not have")
            stored.refuse_unfit(work.packer, work.schedule.block(stored.number))
            found[stored.number] = place, stored.frame
    if len(found) < count:
        missing = count - len(found)
        raise OutputError(f"{work.output}: {missing} of {count} blocks are in no part")
    return [found[number] for number in range(count)]


def _stored(work: Work, index: Index, item: tuple[Packer, Block]) -> BlockResult:
    """Return a block with its packets, for a sink to write."""
    _, block = item
    return block_at(*index[work.schedule.number(block)]).result(work.packer, block)


class _Laid(NamedTuple):
    """A packet in a part, and its places in the output; without keys, as there may be millions."""

    offset: int
    sums: Array
    payload: Elsewhere

    def spans(self) -> Array:
        assert self.payload.places is not None
        return spans(self.offset, self.payload.places, self.payload.sizes, self.sums)


def _laid(packet: StoredPacket) -> _Laid:
    return _Laid(packet.offset, packet.sums, Elsewhere(packet.sizes))


def _lay_out(
    work: Work, index: Index, sink: Router, report: Report, target: str, copier: Copier
) -> None:
    """Give all pieces their places in the output, then copy them there."""
    laid: dict[str, list[_Laid]] = {}

    def step(item: tuple[Packer, Block]) -> BlockResult:
        _, block = item
        place, _ = found = index[work.schedule.number(block)]
        stored = block_at(*found)
        made = [_laid(packet) for packet in stored.packets]
        laid.setdefault(place, []).extend(made)
        names = [packet.name for packet in stored.packets]
        packets = [
            Packet(name, block.window, each.payload) for name, each in zip(names, made, strict=True)
        ]
        return stored.facts(block)._replace(packets=packets)

    quiet = replace(work.request.run, on_block=None)
    work_through(work.source, work.plan, sink, report, quiet, step)
    whole = sum(int(each.payload.sizes.sum()) for made in laid.values() for each in made)
    done = 0
    for count in copier(Copies(target, place, _in_order(made)) for place, made in laid.items()):
        done += count
        if work.request.run.on_block:
            work.request.run.on_block(done, whole)


def _in_order(laid: list[_Laid]) -> Array:
    """Return the pieces of packets of a part, in the order in which they lie in the output."""
    every = np.concatenate([each.spans() for each in laid])
    every = every[every["size"] > 0]
    return every[np.argsort(every["target"], kind="stable")]
