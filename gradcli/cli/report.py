"""Reports and progress, for people and for scripts."""

from __future__ import annotations

import json
import sys
import time
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, Self

import click

from gradcli.errors import printable

if TYPE_CHECKING:
    from gradcli.engine import Report

PATIENCE = 1.0  # seconds before progress is worth showing


class Progress:
    """A bar on stderr that shows itself after a second."""

    def __init__(self, wanted: bool | None, label: str) -> None:
        self._wanted = sys.stderr.isatty() if wanted is None else wanted
        self._label = printable(label)
        self._began = time.monotonic()
        self._stack = ExitStack()
        self._bar: Any = None
        self._done = 0

    def update(self, done: int, count: int) -> None:
        """Say how many blocks are done."""
        if not self._wanted or (self._bar is None and time.monotonic() - self._began < PATIENCE):
            return
        if self._bar is None:
            bar = click.progressbar(length=count, label=self._label, file=sys.stderr)
            self._bar = self._stack.enter_context(bar)
        self._bar.update(done - self._done)
        self._done = done

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._stack.close()


def summarise(report: Report) -> str:
    """Return a report as one line of JSON."""
    return json.dumps(report.as_dict(), ensure_ascii=True, allow_nan=False)


def as_text(report: Report) -> str:
    """Return a plan for people."""
    from gradcli.plan import size_text

    lines = [f"{report.input} ({report.format})"]
    for variable in report.variables:
        shape = " x ".join(str(n) for n in variable["shape"])
        lines.append(f"  {variable['name']}: {variable['dtype']}, {shape}")
        for axis in variable["axes"]:
            units = f" [{axis['units']}]" if axis["units"] else ""
            lines.append(
                f"    {axis['result']}{units}: along {axis['axis']}, spacing {axis['spacing']}, "
                f"order {axis['order']}, accuracy {axis['accuracy']}, {axis['dtype']}"
            )
    lines += [f"  writes {path}" for path in report.outputs]
    lines.append(
        f"  {report.blocks} blocks on {report.workers} threads; "
        f"reads {size_text(report.bytes_in)}, writes {size_text(report.bytes_out)}, "
        f"takes at most {size_text(report.memory)} of memory"
    )
    return "\n".join(printable(line) for line in lines)
