"""The command ``gradcli help``, which shows the manual."""

from __future__ import annotations

import sys
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import click

from gradcli.cli.help import Command, Entry, make_command

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

PAGES = Path(__file__).parent.parent / "manual"


def command(entry: Entry) -> Command:
    """Return the command."""
    return make_command(
        entry,
        _run,
        click.argument("topic", required=False, shell_complete=complete),
    )


@cache
def topics() -> dict[str, str]:
    """Return the topics of the manual, each with its title."""
    found = {}
    for path in sorted(PAGES.glob("*.md")):
        with path.open(encoding="utf-8") as page:
            found[path.stem] = page.readline().removeprefix("# ").strip()
    return found


def complete(ctx: click.Context, _: click.Parameter, begun: str) -> list[CompletionItem]:
    """Return the topics and commands that begin like this."""
    from click.shell_completion import CompletionItem

    return [
        CompletionItem(n)
        for n in (*topics(), *_group(ctx).list_commands(ctx))
        if n.startswith(begun)
    ]


@click.pass_context
def _run(ctx: click.Context, topic: str | None) -> int:
    group = _group(ctx)
    if topic is None:
        click.echo("\n".join(_list()))
    elif topic in topics():
        _show((PAGES / f"{topic}.md").read_text(encoding="utf-8"))
    elif found := group.get_command(ctx, topic):
        with click.Context(found, parent=ctx.parent, info_name=topic) as inner:
            click.echo(found.get_help(inner))
    else:
        from gradcli.errors import suggest

        raise suggest("topic", topic, [*topics(), *group.list_commands(ctx)])
    return 0


def _group(ctx: click.Context) -> click.Group:
    group = ctx.find_root().command
    assert isinstance(group, click.Group)
    return group


def _list() -> list[str]:
    width = max(map(len, topics()))
    lines = [f"  {name.ljust(width)}  {title}" for name, title in topics().items()]
    return ["Topics of the manual; gradcli help TOPIC shows one:", "", *lines]


def _show(text: str) -> None:
    """Print a page, at a terminal by a pager."""
    if sys.stdout.isatty():
        click.echo_via_pager(text)
    else:
        click.echo(text, nl=False)
