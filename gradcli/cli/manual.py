"""The command ``gradcli help``, which shows the manual."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from gradcli.cli.help import Command, Entry, make_command
from gradcli.cli.topics import OTHER_NAMES, PAGES, grouped, topics
from gradcli.errors import UsageError
from gradcli.errors.suggest import suggest

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem


def command(entry: Entry) -> Command:
    """Return the command."""
    return make_command(
        entry,
        _run,
        click.argument("topic", required=False, shell_complete=complete),
        click.option(
            "--man",
            metavar="DIR",
            is_flag=False,
            flag_value="man",
            help="Write the manual and the help as man pages into this folder. [default: man]",
        ),
    )


def complete(ctx: click.Context, _: click.Parameter, begun: str) -> list[CompletionItem]:
    """Return the topics and commands that begin like this."""
    from click.shell_completion import CompletionItem

    return [
        CompletionItem(n)
        for n in (*topics(), *_group(ctx).list_commands(ctx))
        if n.startswith(begun)
    ]


@click.pass_context
def _run(ctx: click.Context, topic: str | None, man: str | None) -> int:
    group = _group(ctx)
    if man is not None:
        if topic is not None:
            raise UsageError("--man writes all pages; leave out the topic, or --man")
        from gradcli.cli.man import write_pages

        click.echo("\n".join(write_pages(man, ctx.find_root())))
        return 0
    page = OTHER_NAMES.get(topic, topic) if topic else None
    if topic is None:
        click.echo("\n".join(_list()))
    elif page in topics():
        _show((PAGES / f"{page}.md").read_text(encoding="utf-8"))
    elif found := group.get_command(ctx, topic):
        with click.Context(found, parent=ctx.parent, info_name=topic) as inner:
            _show(found.get_help(inner) + "\n")
    else:
        raise suggest("topic", topic, [*topics(), *group.list_commands(ctx)])
    return 0


def _group(ctx: click.Context) -> click.Group:
    group = ctx.find_root().command
    assert isinstance(group, click.Group)
    return group


def _list() -> list[str]:
    width = max(map(len, topics()))
    lines = ["The manual. Show a page with: gradcli help TOPIC"]
    for group, names in grouped().items():
        lines += ["", f"{group}:", *(f"  {n.ljust(width)}  {topics()[n]}" for n in names)]
    return [*lines, "", "The help of a command: gradcli help COMMAND"]


def _show(text: str) -> None:
    """Print a page, at a terminal by a pager."""
    if sys.stdout.isatty():
        click.echo_via_pager(text)
    else:
        click.echo(text, nl=False)
