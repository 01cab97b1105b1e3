"""The group of commands; each is imported when it is called."""

from __future__ import annotations

from importlib import import_module

import click

from gradcli import __version__
from gradcli.cli.commands import ALSO_CALLED, COMMANDS
from gradcli.cli.help import Entry
from gradcli.cli.page import Help
from gradcli.numerics.operators import OPERATORS

EXAMPLES = """Start with:
  gradcli info ocean.nc                  what is in the file
  gradcli compute ocean.nc --axis x,y    write d/dx and d/dy of every field
  gradcli plot ocean.nc --axis x,y       see them
  gradcli compute -h                     the options that people use
"""
WIDTH = 11  # columns of the name of a command
# Sections of the help; commands that none names stand among those of their kind.
SCALARS, VECTORS, SEEN = "Scalar fields", "Vector fields", "See and prove"
SECTIONS: dict[str, tuple[str, ...]] = {
    "Look": ("info",),
    SCALARS: (),
    VECTORS: (),
    SEEN: ("plot", "probe", "sample", "verify", "descend", "stencil"),
    "Several machines": ("merge",),
    "Learn": ("help", "completion"),
}


class LazyGroup(click.Group):
    """A group whose commands are imported when they are called."""

    def get_help_option(self, ctx: click.Context) -> click.Option | None:
        """Return the options ``-h`` and ``--help``, which show the same page here."""
        if self._help_option is None:
            self._help_option = Help()
        return self._help_option

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of the commands."""
        return [*COMMANDS, *ALSO_CALLED]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a command."""
        entry = COMMANDS.get(ALSO_CALLED.get(cmd_name, cmd_name))
        if entry is None:
            return None
        made: click.Command = import_module(entry.module).command(entry)
        return made

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse the arguments; the error for an option says where options stand."""
        try:
            return super().parse_args(ctx, args)
        except click.NoSuchOption as error:
            from gradcli.cli.hints import unknown_command

            raise unknown_command(error.option_name, []) from None

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command; the error for an unknown name lists the known ones."""
        args = [ALSO_CALLED.get(name, name) for name in args[:1]] + args[1:]
        known = not args or args[0] in COMMANDS or args[0].startswith("-")
        if not known and not ctx.resilient_parsing:  # as when the shell asks for completions
            from gradcli.cli.hints import unknown_command

            raise unknown_command(args[0], self.list_commands(ctx))
        return super().resolve_command(ctx, args)

    def format_help(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write what to start with, and the commands in groups."""
        from gradcli.formats.registry import FORMATS

        formatter.write("Usage: gradcli COMMAND [OPTIONS] [INPUT...]\n")
        titles = ", ".join(known.title for known in FORMATS)
        formatter.write(f"\nDerivatives of gridded data in files: {titles}.\n\n{EXAMPLES}")
        for heading, entries in sections().items():
            formatter.write(f"\n{heading}:\n")
            for entry in entries:
                also = [f" Also: {name}." for name, of in ALSO_CALLED.items() if of == entry.name]
                formatter.write(f"  {entry.name.ljust(WIDTH)}  {entry.short}{''.join(also)}\n")
        formatter.write("\nOptions:\n")
        for name, meaning in (
            ("-h, --help", "Show this page."),
            ("--version", "Show the version."),
        ):
            formatter.write(f"  {name.ljust(WIDTH)}  {meaning}\n")


def sections() -> dict[str, list[Entry]]:
    """Return the commands by the section of the help that lists them."""
    found: dict[str, list[Entry]] = {name: [] for name in SECTIONS}
    placed = {name: section for section, names in SECTIONS.items() for name in names}
    named = [name for name in placed if name in COMMANDS]
    for name in dict.fromkeys((*named, *COMMANDS)):
        entry, section = COMMANDS[name], SEEN
        if entry.operator:
            section = VECTORS if OPERATORS[entry.operator].vector else SCALARS
        found[placed.get(name, section)].append(entry)
    return found


@click.group(
    cls=LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"], "auto_envvar_prefix": "GRADCLI"},
)
@click.version_option(__version__, prog_name="gradcli", allow_from_autoenv=False)
def group() -> None:
    """Differentiate gridded data files."""
