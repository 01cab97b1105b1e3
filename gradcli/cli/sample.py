"""The command ``gradcli sample``, which writes the values of a formula on a grid."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from gradcli.cli import options
from gradcli.cli.help import Command, Entry, make_command
from gradcli.cli.meaning import units
from gradcli.system.limits import require_base

if TYPE_CHECKING:
    from gradcli.system.logbook import Logbook

# Options of inputs and of derivatives, which a formula has none of.
_LEFT_OUT: dict[str, Any] = {
    "recursive": False,
    "glob": None,
    "files_from": None,
    "null": False,
    "output_dir": None,
    "skip_existing": False,
    "keep_going": True,
    "coords": {},
    "axis": None,
    "dims": None,
    "operator": "gradient",
}


def command(entry: Entry) -> Command:
    """Return the command."""
    return make_command(
        entry,
        _run,
        click.argument("expression", metavar="EXPRESSION...", nargs=-1, required=True),
        options.grid,
        options.placing,
        options.storing,
        options.file_format,
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
    return differentiate_inputs(log, (), {**_LEFT_OUT, **given, "formula": text}, sample)
