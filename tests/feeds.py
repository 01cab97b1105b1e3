"""Feeds for tests: pipes that are filled piece by piece, and runs in this process on them."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from gradcli.engine.report import Report, describe
from gradcli.engine.run import execute
from gradcli.formats.opening import open_live
from gradcli.formats.registry import BY_NAME
from gradcli.model.protocols import Destination, Hints, Limits, Source
from gradcli.plan.plan import make_plan
from gradcli.settings import Run, Settings
from gradcli.system.streams import Feed


@contextmanager
def feed_of(pieces: Iterable[bytes], pause: float = 0.0) -> Iterator[Feed]:
    """Return a feed that a thread fills, with a pause behind each piece."""
    out, into = os.pipe()

    def fill() -> None:
        try:
            for piece in pieces:
                os.write(into, piece)
                time.sleep(pause)
        except BrokenPipeError:
            pass
        finally:
            os.close(into)

    thread = threading.Thread(target=fill)
    thread.start()
    try:
        yield Feed(out)
    finally:
        os.close(out)
        thread.join()


def dribbled(data: bytes) -> list[bytes]:
    return [data[i : i + 1] for i in range(len(data))]


def by_lines(data: bytes) -> list[bytes]:
    return data.splitlines(keepends=True)


def open_feed(name: str, feed: Feed, hints: Hints) -> Any:
    """Open a feed as a format does that streams; None where it must be whole."""
    source = open_live(BY_NAME[name], feed, hints)
    if source is not None:
        source.path = "-"
    return source


def run(source: Source, settings: Settings, keep: bool = False, memory: int = 2**28) -> Report:
    """Differentiate a source that arrives to standard output."""
    sys.stdout.flush()
    destination = Destination("-", keep=keep)
    plan = make_plan(source, settings, destination, Run(Limits(memory, 1)))
    report = describe(source, plan, dry_run=False)
    execute(source, plan, destination, report, None)
    return report
