"""Reports and progress, for people and for scripts."""

from __future__ import annotations

import json
import sys
import time
from typing import TYPE_CHECKING, Self

import click

from gradcli.errors import printable

if TYPE_CHECKING:
    from gradcli.engine import Report

PATIENCE = 1.0  # seconds before progress is worth showing


class Progress:
    """How far a run is, on stderr, from its second second on; a line of its own at no terminal."""

    def __init__(self, wanted: bool | None, label: str) -> None:
        self._terminal = sys.stderr.isatty()
        self._wanted = self._terminal if wanted is None else wanted
        self._label = printable(label)
        self._began = self._said = time.monotonic()
        self._shown = False

    def update(self, done: int, count: int) -> None:
        """Say how many blocks are done."""
        now = time.monotonic()
        often = PATIENCE / 10 if self._terminal and self._shown else PATIENCE
        if not self._wanted or (now - self._said < often and not (self._shown and done == count)):
            return
        left = (now - self._began) / done * (count - done)
        text = (
            f"{self._label}: {100 * done // count} % ({done} of {count} blocks, {left:.0f} s left)"
        )
        click.echo(f"\r{text}  " if self._terminal else text, nl=not self._terminal, err=True)
        self._said, self._shown = now, True

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        if self._shown and self._terminal:
            click.echo(err=True)


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
            exact = axis["smooth"] or f"accuracy {axis['accuracy']}"
            lines.append(
                f"    {axis['result']}{units}: along {axis['axis']}, spacing {axis['spacing']}, "
                f"order {axis['order']}, {exact}, {axis['dtype']}"
            )
    lines += [f"  writes {path}" for path in report.outputs]
    lines.append(
        f"  {report.blocks} blocks on {report.workers} threads; "
        f"reads {size_text(report.bytes_in)}, writes {size_text(report.bytes_out)}, "
        f"takes at most {size_text(report.memory)} of memory"
    )
    return "\n".join(printable(line) for line in lines)
