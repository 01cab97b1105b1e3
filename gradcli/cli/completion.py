"""The command ``gradcli completion``, which prints the script of a shell."""

from __future__ import annotations

import click

from gradcli.cli.complete import keep_commas_in_fish
from gradcli.cli.help import Command, Entry, make_command

SHELLS = ("bash", "zsh", "fish")


def command(entry: Entry) -> Command:
    """Return the command."""
    return make_command(entry, _run, click.argument("shell", type=click.Choice(SHELLS)))


@click.pass_context
def _run(ctx: click.Context, shell: str) -> int:
    from click.shell_completion import get_completion_class

    keep_commas_in_fish()
    kind = get_completion_class(shell)
    assert kind is not None
    made = kind(ctx.find_root().command, {}, "gradcli", "_GRADCLI_COMPLETE")
    click.echo(made.source())
    return 0
