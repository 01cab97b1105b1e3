"""What every operator command does with its inputs."""

from __future__ import annotations

import shlex
import sys
from typing import Any

import click

from gradcli.cli.heap import keep_freed_memory
from gradcli.cli.report import Progress, as_text, path_line, summarise
from gradcli.errors import BatchError, GradcliError, UsageError, printable
from gradcli.room import require_base


def differentiate_inputs(inputs: tuple[str, ...], given: dict[str, Any]) -> int:
    """Differentiate each input in turn and return the exit code."""
    _check(inputs, given)
    require_base()
    keep_freed_memory()
    failed: list[GradcliError] = []
    written: set[str] = set()
    for path in inputs:
        try:
            written.update(_one(path, given, written))
        except GradcliError as error:
            if len(inputs) == 1:
                raise
            failed.append(error)
            click.echo(f"Error: {printable(' '.join(str(error).split()))}", err=True)
    if failed:
        raise BatchError(f"{len(failed)} of {len(inputs)} inputs failed, the others are done")
    return 0


def _check(inputs: tuple[str, ...], given: dict[str, Any]) -> None:
    output = given["output"]
    if len(inputs) > 1 and output is not None and "{stem}" not in output:
        raise UsageError(
            f"{len(inputs)} inputs and one output {output}; "
            "write {stem} in its name, or use --output-dir"
        )


def _one(path: str, given: dict[str, Any], taken: set[str]) -> list[str]:
    """Differentiate one input and report; ``taken`` are outputs of the same command."""
    from gradcli.api import differentiate

    given = dict(given)
    as_json, quiet = given.pop("json"), given.pop("quiet")
    shown = given.pop("progress")
    history = None if given.pop("no_history") else shlex.join(["gradcli", *sys.argv[1:]])
    output = given.pop("output")
    if output is None and path == "-":
        output = "-"
    with Progress(False if quiet else shown, path) as progress:
        report = differentiate(
            path,
            output,
            history=history,
            on_block=progress.update,
            taken=taken,
            snap=not given.pop("no_snap"),
            **_spelled(given),
        )
    if not quiet:
        for note in report.notes:
            click.echo(f"Note: {printable(note)}", err=True)
    to_stderr = output == "-"
    if as_json:
        click.echo(summarise(report), err=to_stderr)
    elif report.dry_run:
        click.echo(as_text(report), err=to_stderr)
    elif report.skipped:
        if not quiet:
            click.echo(f"Note: {printable(path)}: skipped, its outputs exist", err=True)
    elif not to_stderr:
        for written in report.outputs:
            click.echo(path_line(written))
    return report.outputs


def _spelled(given: dict[str, Any]) -> dict[str, Any]:
    """Return options under the names that the Python face has for them."""
    return {name: value for name, value in given.items() if value not in (None, ())}
