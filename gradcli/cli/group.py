"""The group of commands; each is imported when it is called."""

from __future__ import annotations

from importlib import import_module

import click

from gradcli import __version__
from gradcli.cli.commands import ALSO_CALLED, COMMANDS, EXAMPLES
from gradcli.cli.help import format_with_examples


class LazyGroup(click.Group):
    """A group whose commands are imported when they are called."""

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

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command; the error for an unknown name lists the known ones."""
        args = [ALSO_CALLED.get(name, name) for name in args[:1]] + args[1:]
        known = not args or args[0] in COMMANDS or args[0].startswith("-")
        if not known and not ctx.resilient_parsing:  # as when the shell asks for completions
            from gradcli.errors import suggest

            raise suggest("command", args[0], self.list_commands(ctx))
        return super().resolve_command(ctx, args)

    def format_help(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the examples first."""
        format_with_examples(self, ctx, formatter, EXAMPLES)

    def format_help_text(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write what the command does, and the formats that it supports."""
        from gradcli.formats.registry import FORMATS

        formatter.write_paragraph()
        with formatter.indentation():
            titles = ", ".join(known.title for known in FORMATS)
            formatter.write_text(f"Differentiate gridded data files: {titles}.")

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the commands from the table."""
        with formatter.section("Commands"):
            others = {name: f" Also: {other}." for other, name in ALSO_CALLED.items()}
            lines = [(name, known.short + others.get(name, "")) for name, known in COMMANDS.items()]
            formatter.write_dl(lines)


@click.group(
    cls=LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"], "auto_envvar_prefix": "GRADCLI"},
)
@click.version_option(__version__, prog_name="gradcli", allow_from_autoenv=False)
def group() -> None:
    """Differentiate gridded data files."""
