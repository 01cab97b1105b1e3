"""Help pages, with usage and examples first."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from gradcli.cli.once import Option
from gradcli.record import record


@record(frozen=True)
class Entry:
    """A command: its help texts, and the module that runs it.

    Attributes
    ----------
    name : str
    short : str
        One sentence, for the list of all commands.
    text : str
    examples : str
        One per line.
    module : str
        The module whose function ``command`` makes the command; imported when it is called.
    operator : str
        The name of the operator that the command applies, or an empty string.
    reads : bool
        Whether it reads files, and so runs in a process that is watched.
    """

    name: str
    short: str
    text: str
    examples: str
    module: str
    operator: str = ""
    reads: bool = True


class Command(click.Command):
    """A command whose help shows examples first; ``operator`` is the one that it applies."""

    examples = ""
    operator = ""

    def __init__(self, *given: Any, **more: Any) -> None:
        super().__init__(*given, **more)
        self.params = [Option.of(param) for param in self.params]

    def format_help(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write usage and examples, then the rest."""
        format_with_examples(self, ctx, formatter, self.examples)


def make_command(
    entry: Entry, run: Callable[..., int], *parameters: Callable[[Any], Any]
) -> Command:
    """Return a command that calls ``run``, with its parameters in the given order."""
    function: Any = run
    for parameter in reversed(parameters):
        function = parameter(function)
    decorate = click.command(entry.name, cls=Command, short_help=entry.short, help=entry.text)
    made: Command = decorate(function)
    made.examples = f"\nExamples:{entry.examples}"
    made.operator = entry.operator
    return made


def format_with_examples(
    command: click.Command, ctx: click.Context, formatter: click.HelpFormatter, examples: str
) -> None:
    """Write a help page: usage and examples, then the rest."""
    command.format_usage(ctx, formatter)
    formatter.write_paragraph()
    formatter.write(examples.strip() + "\n")
    command.format_help_text(ctx, formatter)
    command.format_options(ctx, formatter)
    command.format_epilog(ctx, formatter)
