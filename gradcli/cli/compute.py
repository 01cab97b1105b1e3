"""gradcli compute: the gradient, one component an axis."""

from __future__ import annotations

import shlex
import sys
from typing import Any

import click

from gradcli.cli import options
from gradcli.cli.heap import keep_freed_memory
from gradcli.cli.report import Progress, as_text, summarise
from gradcli.errors import BatchError, GradcliError, UsageError, printable


class Compute(options.Command):
    """The command with its examples."""

    examples = """
Examples:
  gradcli compute ocean.nc --axis x,y --edge-order 2     d/dx and d/dy of every field
  gradcli compute ocean.nc -v sst -a time -o trend.nc    one variable along time
  gradcli compute image.npy -o 'grad_{component}.npy'    one file a component
  gradcli compute image.npy --stack                      one array, components first
  gradcli compute track.csv --axis t --accuracy 4        columns of a table
  gradcli compute survey.csv --dims y,x --axis x         one point a row
  gradcli compute field.h5 -v /a/b -a 0 --spacing 0.5    an array without coordinates
"""


@click.command("compute", cls=Compute, short_help="Write the gradient of every field in a file.")
@click.argument("inputs", metavar="INPUT...", nargs=-1, required=True)
@options.choosing
@options.differencing
@options.writing
@options.reading
@options.running
@options.debugging
def command(inputs: tuple[str, ...], **given: Any) -> int:
    """Write the gradient of every field in a file, in the format of the file.

    One component is written for each axis: dT_dx is the derivative of T along x. The path of
    each file written goes to stdout; notes, progress and errors go to stderr.
    """
    _check(inputs, given)
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
            click.echo(written)
    return report.outputs


def _spelled(given: dict[str, Any]) -> dict[str, Any]:
    """Return options under the names that the Python face has for them."""
    return {name: value for name, value in given.items() if value not in (None, ())}
