"""The command ``gradcli sample``, which writes the values of a formula on a grid."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from gradcli.cli import options
from gradcli.cli.complete import complete_path
from gradcli.cli.declare import choice, stack_options
from gradcli.cli.help import Command, Entry, make_command
from gradcli.cli.meaning import units
from gradcli.cli.storing import storing
from gradcli.formats.registry import BY_NAME
from gradcli.numerics.operators import DEFAULT
from gradcli.system.limits import require_base

if TYPE_CHECKING:
    from gradcli.system.logbook import Logbook

# What a formula lacks, its outputs cannot take from it: a name, a folder, a format.
_placing = stack_options(
    click.option(
        "-o",
        "--output",
        metavar="PATH",
        shell_complete=complete_path,
        help="Where to; '-' is stdout; {component} stands for the name of each formula.",
    ),
    click.option("-O", "--overwrite", is_flag=True, help="Replace existing outputs."),
    click.option("--stack", is_flag=True, help="All formulas in one array, as a new first axis."),
    click.option(
        "--format",
        type=choice(*BY_NAME),
        help="Format of the output where its name says none (-o -, a device).",
    ),
)


def command(entry: Entry) -> Command:
    """Return the command."""
    return make_command(
        entry,
        _run,
        click.argument("expression", metavar="EXPRESSION...", nargs=-1, required=True),
        options.grid,
        _placing,
        storing,
        units,
        options.computing,
        options.telling,
        options.debugging,
    )


@click.pass_obj
def _run(log: Logbook | None, /, expression: tuple[str, ...], **given: Any) -> int:
    require_base()  # before numpy is imported
    from gradcli.cli.work import differentiate_inputs
    from gradcli.errors import UsageError
    from gradcli.explore.sample import sample

    if given["grid"] is None:
        raise UsageError("a formula needs a grid: --grid x=START:STOP:STEP,…")
    text = "; ".join(expression)
    return differentiate_inputs(log, (), {**given, "formula": text, "operator": DEFAULT}, sample)
