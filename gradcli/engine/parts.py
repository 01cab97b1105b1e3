"""Parts of one output, each computed by a run of its own, and put together by another."""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Iterator, Mapping
from functools import partial
from math import prod
from typing import Any, BinaryIO, NamedTuple

import numpy as np

from gradcli.engine.block import BlockResult, differentiate_block
from gradcli.engine.pieces import Keep
from gradcli.engine.report import Report, describe
from gradcli.engine.run import execute, load_tables, planned
from gradcli.errors import InputError, OutputError, UsageError
from gradcli.model.blocks import Block
from gradcli.model.protocols import Packer, Source
from gradcli.numerics.adapt import Counts
from gradcli.numerics.dtypes import Array
from gradcli.plan.plan import Plan
from gradcli.record import record
from gradcli.settings import Request
from gradcli.system.paths import read_error
from gradcli.system.publish import Staging
from gradcli.system.threads import Threads, in_order

LONGEST_LINE = 2**24  # of a head, or of what is said of a block


class Share(NamedTuple):
    """Which of the parts of an output: number I, counted from 1, of N."""

    number: int
    of: int

    def place(self, output: str) -> str:
        """Return the path of the part: a hidden file beside the output.

        >>> Share(2, 4).place("made/a.nc")
        'made/.a.nc.part-2-of-4'
        """
        folder, name = os.path.split(output)
        return os.path.join(folder, f".{name}.part-{self.number}-of-{self.of}")

    def blocks(self, every: list[Block]) -> list[Block]:
        """Return the blocks of this part, which follow one another.

        >>> [len(Share(number, 3).blocks(list("abcde"))) for number in (1, 2, 3)]
        [1, 2, 2]
        """
        first, stop = (len(every) * end // self.of for end in (self.number - 1, self.number))
        return every[first:stop]


def make_part(request: Request, share: Share, words: list[str]) -> Report:
    """Compute one part of an output, and write it beside the output.

    Parameters
    ----------
    request : Request
    share : Share
    words : list of str
        The command line, from which `gradcli merge` makes the same request again.

    Returns
    -------
    Report
        With the path of the part in place of that of the output. A part of the same plan that is
        there already is left as it is.

    Raises
    ------
    UsageError
        The request has no single file as output.
    OutputError
        The output exists, or the part cannot be written.
    """
    if request.hints.join is not None and request.destination.is_each:
        raise UsageError("--part makes one file; with --join name one output for all (-o)")
    with planned(request) as (source, plan):
        output = _only_output(source, plan)
        if os.path.exists(output) and not request.destination.overwrite:
            raise OutputError(f"{output}: exists already; -O replaces it, -o names another")
        report = describe(source, plan, request.run.dry_run)
        place = share.place(output)
        report.outputs = [place]
        every = list(plan.schedule.blocks())
        mine = share.blocks(every)
        report.blocks = len(mine)
        if request.run.dry_run:
            return report
        head: dict[str, Any] = {
            "part": list(share),
            "plan": _token(source, plan, every),
            "words": words,
        }
        head |= {"folder": os.getcwd(), "output": os.path.abspath(output)}
        head |= {"memory": request.run.limits.memory, "jobs": request.run.limits.jobs}
        if _is_there(place, head):
            report.notes.append(f"{place}: is there already, and complete")
            return report
        load_tables(source, plan, report)
        with Staging(overwrite=True) as staging, open(staging.add(place), "wb") as file:
            file.write(json.dumps(head).encode() + b"\n")
            _write(file, source, plan, mine, request)
    return report


def _only_output(source: Source, plan: Plan) -> str:
    if source.live or len(plan.outputs) != 1 or plan.outputs[0][0] == "-":
        raise UsageError(
            "--part makes one file of a file; name it with -o (several results go to .npz, .nc or "
            ".h5, or --stack)"
        )
    return plan.outputs[0][0]


def _token(source: Source, plan: Plan, blocks: list[Block]) -> str:
    """Return a text that is the same for all parts of one output."""
    results = [
        (result.name, result.shape, str(result.dtype), sorted(map(str, result.attributes.items())))
        for task in plan.tasks
        for result in task.results
    ]
    cut = [(block.task, [(part.start, part.stop) for part in block.window]) for block in blocks]
    sizes = [None if opened is None else opened[2] for _, opened in source.files()]
    return hashlib.sha256(repr((results, cut, sizes)).encode()).hexdigest()


def _is_there(place: str, head: Mapping[str, Any]) -> bool:
    try:
        with open(place, "rb") as file:
            return bool(_head_of(file, place)["plan"] == head["plan"])
    except (OSError, InputError):
        return False


def _write(
    file: BinaryIO, source: Source, plan: Plan, blocks: list[Block], request: Request
) -> None:
    done = 0
    workers = plan.schedule.workers
    step = partial(_computed, source, plan)
    with Threads(workers) as pool:
        for made in in_order(pool, step, blocks, workers):
            said, arrays = _said(made)
            file.write(json.dumps(said).encode() + b"\n")
            for values in arrays:
                file.write(np.ascontiguousarray(values).data)
            done += plan.bytes_of(made.block)
            if request.run.on_block:
                request.run.on_block(done, plan.bytes_in * len(blocks) // plan.schedule.count)


def _computed(source: Source, plan: Plan, block: Block) -> BlockResult:
    return differentiate_block(source, plan.tasks[block.task], Keep(), block)


def _said(made: BlockResult) -> tuple[dict[str, Any], list[Array]]:
    """Return what is known of a block, in plain types, and its values."""
    arrays = [np.asarray(packet.payload) for packet in made.packets]
    said = {
        "task": made.block.task,
        "window": [[part.start, part.stop] for part in made.block.window],
        "counts": [[index, *counts] for index, counts in made.counts.items()],
        "seen": [[*key, *map(repr, values)] for key, values in made.seen.items()],
        "given": made.given,
        "found": made.found,
        "met": made.met,
        "arrays": [[packet.name, values.dtype.str, values.shape]
                   for packet, values in zip(made.packets, arrays, strict=True)],
    }  # fmt: skip
    return said, arrays


def parts_of(output: str) -> list[str]:
    """Return the paths of all parts of an output, in order.

    Raises
    ------
    InputError
        There is none, one is missing, or they belong to runs of different numbers of parts.
    """
    folder, name = os.path.split(output)
    pattern = re.compile(rf"\.{re.escape(name)}\.part-(\d+)-of-(\d+)")
    try:
        found = [m for m in map(pattern.fullmatch, os.listdir(folder or ".")) if m]
    except OSError as error:
        raise read_error(error) from error
    counts = {int(match[2]) for match in found}
    if not counts:
        raise InputError(f"{output}: has no parts here; make them with --part 1/N … N/N")
    if len(counts) > 1:
        listed = " and ".join(str(count) for count in sorted(counts))
        raise InputError(f"{output}: has parts of {listed}; remove those of an earlier run")
    (count,) = counts
    there = {int(match[1]) for match in found}
    missing = [str(number) for number in range(1, count + 1) if number not in there]
    if missing:
        raise InputError(f"{output}: part {', '.join(missing[:9])} of {count} is missing")
    return [Share(number, count).place(output) for number in range(1, count + 1)]


def head_of(place: str) -> dict[str, Any]:
    """Return what a part says of itself: the command, its plan, its output.

    Raises
    ------
    InputError
        The file cannot be read, or is no part.
    """
    try:
        with open(place, "rb") as file:
            return _head_of(file, place)
    except OSError as error:
        raise read_error(error) from error


def _head_of(file: BinaryIO, place: str) -> dict[str, Any]:
    head = _line(file, place)
    if not {"part", "plan", "words", "folder", "output", "memory", "jobs"} <= head.keys():
        raise InputError(f"{place}: is no part of an output")
    return head


def _line(file: BinaryIO, place: str) -> dict[str, Any]:
    try:
        found = json.loads(file.readline(LONGEST_LINE))
    except ValueError:
        raise InputError(f"{place}: is damaged or cut short; make this part again") from None
    if not isinstance(found, dict):
        raise InputError(f"{place}: is no part of an output")
    return found


Key = tuple[int, tuple[int, ...]]


def _key(block: Block) -> Key:
    return block.task, tuple(part.start for part in block.window)


@record(frozen=True)
class _Stored:
    """A block as it lies in a part: what is said of it, and where its values are."""

    place: str
    offset: int
    said: Mapping[str, Any]

    def result(self, packer: Packer, block: Block) -> BlockResult:
        """Return the block, packed for an output."""
        packets = []
        with open(self.place, "rb") as file:
            file.seek(self.offset)
            for name, dtype, shape in self.said["arrays"]:
                values = np.fromfile(file, np.dtype(dtype), prod(shape)).reshape(shape)
                packets.append(packer.pack(name, block.window, values))
        said = self.said
        return BlockResult(
            block,
            packets,
            {index: Counts(*counts) for index, *counts in said["counts"]},
            {(i, j): tuple(map(float, values)) for i, j, *values in said["seen"]},
            tuple(said["given"]),
            tuple(said["found"]),
            met=tuple(said["met"]),
        )


def _index(place: str) -> Iterator[tuple[Key, _Stored]]:
    """Yield the blocks of a part, without their values.

    Raises
    ------
    InputError
        The file ends too early.
    """
    size = os.path.getsize(place)
    with open(place, "rb") as file:
        _head_of(file, place)
        while file.tell() < size:
            said = _line(file, place)
            offset = file.tell()
            length = sum(
                np.dtype(dtype).itemsize * prod(shape) for _, dtype, shape in said["arrays"]
            )
            if offset + length > size:
                raise InputError(f"{place}: is damaged or cut short; make this part again")
            starts = tuple(start for start, _ in said["window"])
            yield (said["task"], starts), _Stored(place, offset, said)
            file.seek(offset + length)


def merge_parts(request: Request, places: list[str]) -> Report:
    """Put the parts of an output together, pack them, and write the output.

    Parameters
    ----------
    request : Request
        The same as that of the parts.
    places : list of str

    Raises
    ------
    InputError
        A part belongs to another plan, or is damaged.
    """
    with planned(request) as (source, plan):
        every = list(plan.schedule.blocks())
        token = _token(source, plan, every)
        stored: dict[Key, _Stored] = {}
        for place in places:
            if head_of(place)["plan"] != token:
                raise InputError(
                    f"{place}: is of another plan: the input or gradcli has changed since, or "
                    "--memory or --jobs differ between parts; make the parts again"
                )
            stored.update(_index(place))
        missing = [block for block in every if _key(block) not in stored]
        if missing:
            raise InputError(f"{len(missing)} of {len(every)} blocks are in no part")
        report = describe(source, plan, request.run.dry_run)

        def step(item: tuple[Packer, Block]) -> BlockResult:
            packer, block = item
            return stored[_key(block)].result(packer, block)

        execute(source, plan, request.destination, report, request.run, step)
    return report
