"""Help pages: what is said of a command, usage and examples first."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import click


class Entry(NamedTuple):
    """A command: what is said of it, and what runs it.

    Attributes
    ----------
    name : str
    short : str
        One sentence, for the list of all commands.
    text : str
    examples : str
        A line each.
    module : str
        The module whose ``command`` makes it of this entry, imported when it is called.
    operator : str
        Which operator it applies; empty where it applies none.
    """

    name: str
    short: str
    text: str
    examples: str
    module: str
    operator: str = ""


class Command(click.Command):
    """A command whose help shows examples first."""

    examples = ""

    def format_help(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write usage, examples, then the rest."""
        format_with_examples(self, ctx, formatter, self.examples)


def make_command(
    entry: Entry, run: Callable[..., int], *parameters: Callable[[Any], Any]
) -> Command:
    """Return the command of an entry: what it runs, with its parameters in their order."""
    function: Any = run
    for parameter in reversed(parameters):
        function = parameter(function)
    decorate = click.command(entry.name, cls=Command, short_help=entry.short, help=entry.text)
    made: Command = decorate(function)
    made.examples = f"\nExamples:{entry.examples}"
    return made


def format_with_examples(
    command: click.Command, ctx: click.Context, formatter: click.HelpFormatter, examples: str
) -> None:
    """Write a help page: usage, examples, then the rest."""
    command.format_usage(ctx, formatter)
    formatter.write_paragraph()
    formatter.write(examples.strip() + "\n")
    command.format_help_text(ctx, formatter)
    command.format_options(ctx, formatter)
    command.format_epilog(ctx, formatter)
