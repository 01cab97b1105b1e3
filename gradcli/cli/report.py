"""Print reports and progress, for people and for scripts."""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, Self

import click

from gradcli.errors import printable
from gradcli.system.logbook import Outcome

if TYPE_CHECKING:
    from gradcli.engine.report import Report

PATIENCE = 1.0  # seconds before progress is shown
REFRESH = 0.1  # seconds between updates of a line that is overwritten
LINES = 10.0  # seconds between updates that are lines of their own


class Progress:
    """The progress of a run on stderr, shown after the first second.

    On a terminal one line is overwritten, in plain text without colours. Elsewhere, and on a
    ``dumb`` terminal, each update is a line of its own.
    """

    def __init__(self, wanted: bool | None, label: str) -> None:
        terminal = sys.stderr.isatty()
        self._wanted = terminal if wanted is None else wanted
        self._over = terminal and os.environ.get("TERM") not in (None, "", "dumb")
        self._label = printable(label)
        self._began = self._next = time.monotonic()
        self._next += PATIENCE
        self._width = 0

    def update(self, done: int, count: int) -> None:
        """Show how many bytes are done, of how many in all."""
        now = time.monotonic()
        last = done == count and self._width > 0
        if not self._wanted or (now < self._next and not last):
            return
        self._say(f"{self._label}: {progress_text(done, count, now - self._began)}", now)

    def _say(self, text: str, now: float) -> None:
        if self._over:
            # The last column stays free: a full line would wrap, and \r go to its second half.
            text = text[-(terminal_width() - 1) :]
            click.echo("\r" + text.ljust(self._width), nl=False, err=True)
        else:
            click.echo(text, err=True)
        self._width = len(text)
        self._next = now + (REFRESH if self._over else LINES)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        if self._width and self._over:
            click.echo(err=True)


class BatchProgress(Progress):
    """The progress of a batch in one line: files, bytes, rate, time left."""

    def __init__(self, wanted: bool | None) -> None:
        super().__init__(wanted, "")
        self._lock = threading.Lock()
        self._sizes: list[int] = []
        self._done: dict[int, int] = {}
        self._finished: set[int] = set()

    def expect(self, sizes: list[int], finished: Iterable[int]) -> None:
        """Set the sizes of the files, and which of them are already finished."""
        self._sizes = [max(size, 1) for size in sizes]
        self._finished = set(finished)
        self._total = sum(self._sizes) - sum(self._sizes[index] for index in self._finished)

    def update_one(self, index: int, done: int, count: int) -> None:
        """Show how much of a file is done."""
        if self._wanted:
            with self._lock:
                self._done[index] = self._sizes[index] * done // max(count, 1)
                self._tell(False)

    def finish_one(self, index: int) -> None:
        """Show that a file is finished."""
        if self._wanted and index not in self._finished:
            with self._lock:
                self._done[index] = self._sizes[index]
                self._finished.add(index)
                self._tell(len(self._finished) == len(self._sizes) and self._width > 0)

    def _tell(self, last: bool) -> None:
        now = time.monotonic()
        done = sum(self._done.values()) if last or now >= self._next else 0
        if done:
            files = f"{len(self._finished)} of {len(self._sizes)} files"
            self._say(f"{files}, {progress_text(done, self._total, now - self._began)}", now)

    def clear(self) -> None:
        """Erase the progress line, to make room for another line."""
        with self._lock:
            if self._over and self._width:
                click.echo("\r" + " " * self._width + "\r", nl=False, err=True)
                self._width = 0


def progress_text(done: int, count: int, seconds: float) -> str:
    """Return the progress of a run as text.

    >>> progress_text(2**20, 4 * 2**20, 2.0)
    '25 %, 1.0 MiB of 4.0 MiB, 512.0 KiB/s, 6 s left'
    >>> progress_text(2**20, 0, 2.0)
    '1.0 MiB, 512.0 KiB/s'
    """
    from gradcli.model.blocks import size_text

    rate = int(done / max(seconds, 1e-9))
    if not count:  # the size of a pipe is unknown
        return f"{size_text(done)}, {size_text(rate)}/s"
    return (
        f"{100 * done // count} %, {size_text(done)} of {size_text(count)}, {size_text(rate)}/s, "
        f"{_time_text(seconds / done * (count - done))} left"
    )


def _time_text(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


def terminal_width() -> int:
    """Return the width of the terminal on stderr in columns, or 80 if there is none."""
    try:
        return os.get_terminal_size(sys.stderr.fileno()).columns or 80
    except OSError:
        return 80


def summarise(report: Report) -> str:
    """Return a report as one line of JSON."""
    return json.dumps(report.as_dict(), ensure_ascii=True, allow_nan=False)


def stats_lines(report: Report) -> list[str]:
    """Return a line of statistics for each result that has any."""
    from gradcli.engine.statistics import statistics_text

    results = [result for variable in report.variables for result in variable["axes"]]
    return [
        f"{result['result']}: {statistics_text(result['stats'])}"
        for result in results
        if result["stats"] is not None
    ]


def path_line(path: str) -> str:
    """Return a path to print: unchanged for a script, without control characters on a terminal.

    Only ``--json`` tells a line break within a name from one between names.
    """
    return printable(path) if sys.stdout.isatty() else path


def say(outcome: Outcome) -> None:
    """Print the outcome of an input."""
    if outcome.err:
        click.echo(outcome.err, err=True)
    if outcome.out:
        click.echo(outcome.out if sys.stdout.isatty() else os.fsencode(outcome.out))


def as_text(report: Report, stacked: bool = False) -> str:
    """Return the report of a dry run, whose results may be stacked, as text for people."""
    from gradcli.model.blocks import size_text
    from gradcli.plan.variables import listed

    lines = [f"{report.input} ({report.format})"]
    for variable in report.variables:
        shape = " x ".join(str(n) for n in variable["shape"])
        gaps = f" (missing: {variable['missing']})" if variable["missing"] else ""
        lines.append(f"  {variable['name']}: {variable['dtype']}, {shape}{gaps}")
        for axis in variable["axes"]:
            units = f" [{axis['units']}]" if axis["units"] else ""
            if not axis["order"]:
                lines.append(f"    {axis['result']}{units}: its values, {axis['dtype']}")
                continue
            lines.append(
                f"    {axis['result']}{units}: along {axis['axis']}, spacing {axis['spacing']}, "
                f"order {axis['order']}, {', '.join(_manner(axis))}, {axis['dtype']}"
            )
        stored = [*_storing(variable)]
        lines += [f"    stored {', '.join(stored)}"] if stored else []
    one = ", in which all results are one array" if stacked else ""
    lines += [f"  writes {path}{one}" for path in report.outputs]
    if report.keeps:
        lines.append(f"  keeps {listed(report.keeps)}")
    lines.append(
        f"  {_counted(report.blocks, 'block')} on {_counted(report.workers, 'thread')}; "
        f"reads {size_text(report.bytes_in)}, writes {size_text(report.bytes_out)}, "
        f"takes at most {size_text(report.memory)} of memory"
    )
    return "\n".join(printable(line) for line in lines)


def _storing(variable: dict[str, Any]) -> Iterator[str]:
    """Yield how the results of a variable are stored."""
    for parts in ("chunks", "shards"):
        if variable[parts]:
            yield f"in {parts} of {' x '.join(map(str, variable[parts]))}"
    if variable["deflate"]:
        yield f"deflate {variable['deflate']}"


def _manner(axis: dict[str, Any]) -> Iterator[str]:
    """Yield how a derivative is taken, where that is not as usual."""
    ends = "" if axis["edge_order"] is None else f" ({axis['edge_order']} at the ends)"
    yield axis["smooth"] or f"accuracy {axis['accuracy']}{ends}"
    for edges in axis["edges"].split(", "):
        if edges != "one-sided":
            yield {"missing": "missing at the ends", "pole": "across the pole"}.get(edges, edges)
    if axis["missing"] == "adapt":
        yield "adapted next to gaps"
    if axis["metric"] != "none":
        yield f"metric {axis['metric']}"
    if axis["per"]:
        yield f"per {axis['per']}"
    if axis["unwrap"]:
        yield f"values wrap at {axis['unwrap']:g}"
    yield from filter(None, (axis["manner"], (axis["direction"] or "").partition(",")[0]))


def _counted(count: int, thing: str) -> str:
    """Return a number of things.

    >>> _counted(1, "block"), _counted(2, "block")
    ('1 block', '2 blocks')
    """
    return f"{count} {thing}" + ("" if count == 1 else "s")
