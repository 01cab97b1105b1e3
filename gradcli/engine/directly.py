"""Outputs whose blocks any process writes to their places at once, so that they need no parts.

Arrays in one piece and Zarr stores in a folder are such outputs. The owner creates the output and
sends what writes into it (``Direct``); what is known of the blocks comes back.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from threading import Lock

from gradcli.engine.block import BlockResult
from gradcli.engine.parts import Work, begun
from gradcli.engine.report import Report, describe
from gradcli.engine.run import created, work_through
from gradcli.formats.direct import Direct
from gradcli.model.blocks import Block
from gradcli.model.protocols import Packer
from gradcli.settings import Request

Compute = Callable[[Direct], Iterator[BlockResult]]


class _PartsNeededError(Exception):
    """The output cannot be written directly; it is given up before anything was written."""


def write_directly(
    work: Work, numbers: Sequence[int], direct: Direct, workers: int | None = None
) -> Iterator[BlockResult]:
    """Compute blocks, write them into an output, and yield what is known of each, without packets.

    Parameters
    ----------
    work : Work
    numbers : sequence of int
        Of the blocks, in ascending order.
    direct : Direct
        From the owner of the output.
    workers : int, optional
        The number of threads; by default that of the plan.
    """
    for _, made in work.results(numbers, workers):
        for packet in made.packets:
            direct.put(packet)
        yield made._replace(packets=[])


def direct_run(request: Request, compute: Compute) -> Report | None:
    """Create the output of a request, which others write, and complete it when they are done.

    Parameters
    ----------
    request : Request
    compute : callable
        Has `write_directly` called for all blocks, in any processes, and yields what it yields,
        each block once, in any order.

    Returns
    -------
    Report or None
        None if the output needs parts; then nothing was computed.
    """
    with begun(request) as work:
        source, plan, destination = work.source, work.plan, request.destination
        report = describe(source, plan, request.run.dry_run)
        try:
            with created(source, plan, destination, report) as sink:
                direct = sink.direct()
                if direct is None:
                    raise _PartsNeededError
                made, lock = compute(direct), Lock()

                def step(_: tuple[Packer, Block]) -> BlockResult:
                    with lock:  # a generator serves one thread at a time
                        return next(made)

                work_through(source, plan, sink, report, request.run, step)
        except _PartsNeededError:
            return None
    return report
