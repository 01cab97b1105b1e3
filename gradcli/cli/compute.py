"""The commands of operators, which all have the same options."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from gradcli.cli import options
from gradcli.cli.cluster import runner_of, spreading
from gradcli.cli.complete import complete_input
from gradcli.cli.help import Command, Entry, make_command
from gradcli.cli.meaning import meaning
from gradcli.cli.series import joining
from gradcli.system.limits import require_base

if TYPE_CHECKING:
    from gradcli.system.logbook import Logbook


def command(entry: Entry) -> Command:
    """Return the command of an operator."""

    @click.pass_obj
    def run(log: Logbook | None, /, inputs: tuple[str, ...], **given: Any) -> int:
        require_base()  # before numpy is imported
        from gradcli.cli.work import differentiate_inputs

        asked = {**given, "operator": entry.operator}
        return differentiate_inputs(log, inputs, asked, runner_of(asked))

    return make_command(
        entry,
        run,
        click.argument("inputs", metavar="INPUT...", nargs=-1, shell_complete=complete_input),
        options.finding,
        options.formula,
        joining,
        options.choosing,
        options.differencing,
        meaning,
        options.writing,
        options.reading,
        options.running,
        spreading,
        options.debugging,
    )
