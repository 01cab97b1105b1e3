"""The operator commands: one description each, the same options for all."""

from __future__ import annotations

from typing import Any

import click

from gradcli.cli import options
from gradcli.cli.commands import COMMANDS, DESCRIPTIONS
from gradcli.cli.complete import complete_input
from gradcli.cli.help import Command
from gradcli.cli.meaning import meaning
from gradcli.system.limits import require_base


def command(name: str) -> click.Command:
    """Return the command of an operator."""
    described = DESCRIPTIONS[name]
    operator = "gradient" if name == "compute" else name

    def run(inputs: tuple[str, ...], **given: Any) -> int:
        require_base()  # before numpy is imported
        from gradcli.cli.work import differentiate_inputs

        return differentiate_inputs(inputs, {**given, "operator": operator})

    run.__doc__ = described.text
    shared = (options.finding, options.choosing, options.differencing, meaning)
    more = (options.writing, options.reading, options.running, options.debugging)
    function: Any = run
    for option in reversed((*shared, *more)):
        function = option(function)
    function = click.argument(
        "inputs", metavar="INPUT...", nargs=-1, shell_complete=complete_input
    )(function)
    made: Command = click.command(name, cls=Command, short_help=COMMANDS[name])(function)
    made.examples = f"\nExamples:{described.examples}"
    return made
