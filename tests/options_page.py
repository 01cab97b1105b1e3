"""The tables of the manual's page of options, made of the table of options and the help.

``python -m tests.options_page`` writes them into the page again.
"""

from __future__ import annotations

from functools import cache

import click

from gradcli.catalogue import GROUPS, ROWS, Row
from gradcli.cli.commands import COMMANDS
from gradcli.cli.group import group
from gradcli.cli.page import name_of, written
from tests.places import ROOT

PAGE = ROOT / "gradcli" / "manual" / "options.md"
BEGIN, END = "<!-- tables -->\n", "<!-- end of tables -->\n"
EVERY = "plot probe verify descend"


@cache
def options(command: str) -> dict[str, click.Option]:
    """Return the options of a command by their names in the table."""
    made = group.get_command(click.Context(group), command)
    assert made is not None
    params = made.get_params(click.Context(made, info_name=command))
    return {name_of(each): each for each in params if isinstance(each, click.Option)}


def takers(row: Row) -> str:
    """Return what the page says of the commands that take an option."""
    if row.operators:
        return ", ".join(f"`{name}`" for name in row.operators.split())
    names = row.commands.split()
    if names[0] == "operators" and set(EVERY.split()) <= {*names}:
        return ""
    return ", ".join("operators" if name == "operators" else f"`{name}`" for name in names)


def tables() -> str:
    """Return a table for each group."""
    lines = []
    for heading in (*GROUPS[4:], *GROUPS[:4]):  # those of single commands come last
        lines += [f"\n## {heading}\n", "| option | meaning | where |", "|---|---|---|"]
        for row in ROWS:
            if row.group == heading:
                first = row.commands.split()[0]
                command = "compute" if first == "operators" else first
                option = options(command)[row.name]
                term = written(option, click.Context(click.Command(command)))
                cells = [f"`{term}`", option.help or "", takers(row)]
                lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    lines += ["\n## Options that may change nothing\n"]
    lines += ["These are neither noted nor refused where they change nothing.\n"]
    lines += ["| options | because |", "|---|---|"]
    for why in dict.fromkeys(row.idle for row in ROWS if row.idle):
        names = ", ".join(f"`--{row.name}`" for row in ROWS if row.idle == why)
        lines.append(f"| {names} | {why} |")
    return "\n".join(lines).strip() + "\n"


def with_tables(text: str) -> str:
    """Return the text of the page with the tables of today."""
    before, rest = text.split(BEGIN)
    return before + BEGIN + tables() + END + rest.split(END)[1]


if __name__ == "__main__":
    PAGE.write_text(with_tables(PAGE.read_text()))
    print(f"{len(ROWS)} options of {len(COMMANDS)} commands")
