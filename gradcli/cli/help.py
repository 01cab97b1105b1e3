"""Help pages, with usage and examples first."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from gradcli.catalogue import BY_NAME
from gradcli.cli.once import Option
from gradcli.cli.page import Help, name_of, short_page, write_page
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


HELP = frozenset(("-h", "--help"))


class Command(click.Command):
    """A command whose help shows examples first; ``operator`` is the one that it applies."""

    examples = ""
    operator = ""

    def __init__(self, *given: Any, **more: Any) -> None:
        super().__init__(*given, **more)
        self.params = [Option.of(param) for param in self.params]

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse the arguments, and refuse options that contradict each other."""
        if ctx.resilient_parsing:  # as when the shell asks for completions
            return super().parse_args(ctx, args)
        from gradcli.cli.applies import refuse_idle
        from gradcli.cli.hints import extra_words, refuse_strays, unknown_option

        if not HELP.intersection(args):
            refuse_strays(self, args)
        ctx.allow_extra_args = True  # they get an error of their own
        try:
            rest = super().parse_args(ctx, args)
        except click.NoSuchOption as error:
            raise unknown_option(self, error.option_name) from None
        if rest:
            raise extra_words(self, rest)
        refuse_idle(ctx)
        return rest

    def get_help_option(self, ctx: click.Context) -> click.Option | None:
        """Return the options ``-h`` and ``--help``."""
        if self._help_option is None:
            self._help_option = Help()
        return self._help_option

    def format_help(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write usage and examples, then the rest."""
        write_page(self, ctx, formatter)

    def get_short_page(self, ctx: click.Context) -> str:
        """Return the page that ``-h`` shows."""
        return short_page(self, ctx)


def make_command(
    entry: Entry, run: Callable[..., int], *parameters: Callable[[Any], Any]
) -> Command:
    """Return a command that calls ``run``, with its parameters in the given order.

    Of options that are declared for several commands it has those that the table says it takes.
    """
    function: Any = run
    for parameter in reversed(parameters):
        function = parameter(function)
    decorate = click.command(entry.name, cls=Command, short_help=entry.short, help=entry.text)
    made: Command = decorate(function)
    made.examples = f"\nExamples:{entry.examples}"
    made.operator = entry.operator
    made.params = [param for param in made.params if _takes(entry, param)]
    return made


def _takes(entry: Entry, param: click.Parameter) -> bool:
    if not isinstance(param, click.Option):
        return True
    row = BY_NAME.get(name_of(param))
    if row is None:
        return True
    param.hidden = not row.is_listed(entry.name, entry.operator)  # refused, or only for --also
    return row.is_of(entry.name, entry.operator)
