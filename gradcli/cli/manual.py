"""The command ``gradcli help``, which shows the manual."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import click

from gradcli.cli.help import Command, Entry, make_command

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

PAGES = Path(__file__).parent.parent / "manual"
GROUPS: Mapping[str, tuple[str, ...]] = {
    "Files": ("formats", "csv", "zarr", "selecting", "storage"),
    "Grids": (
        "axes",
        "spacing",
        "units",
        "longitude-latitude",
        "levels",
        "cylindrical",
        "vectors",
        "tracks",
    ),
    "Derivatives": ("operators", "accuracy", "missing"),
    "Runs": ("options", "batches", "join", "clusters", "pipes", "exit-codes"),
    "See and prove": ("plots", "prove"),
    "Python": ("python", "xarray"),
    "Trust": ("promises", "benchmarks"),
}
# Words that people ask for, and the pages that answer; some were pages once.
OTHER_NAMES = {
    "arrows": "plots",
    "chunks": "storage",
    "compression": "storage",
    "coordinates": "axes",
    "curvilinear": "longitude-latitude",
    "dask": "xarray",
    "dates": "csv",
    "edges": "accuracy",
    "errors": "exit-codes",
    "formulas": "prove",
    "latitude": "longitude-latitude",
    "longitude": "longitude-latitude",
    "memory": "storage",
    "metric": "longitude-latitude",
    "names": "formats",
    "notebooks": "xarray",
    "poles": "longitude-latitude",
    "profiles": "levels",
    "smoothing": "accuracy",
    "spherical": "cylindrical",
}


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
    page = OTHER_NAMES.get(topic, topic) if topic else None
    if topic is None:
        click.echo("\n".join(_list()))
    elif page in topics():
        _show((PAGES / f"{page}.md").read_text(encoding="utf-8"))
    elif found := group.get_command(ctx, topic):
        with click.Context(found, parent=ctx.parent, info_name=topic) as inner:
            _show(found.get_help(inner) + "\n")
    else:
        from gradcli.errors import suggest

        raise suggest("topic", topic, [*topics(), *group.list_commands(ctx)])
    return 0


def _group(ctx: click.Context) -> click.Group:
    group = ctx.find_root().command
    assert isinstance(group, click.Group)
    return group


def grouped() -> dict[str, list[str]]:
    """Return the topics that there are, by group."""
    return {group: [n for n in names if n in topics()] for group, names in GROUPS.items()}


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
