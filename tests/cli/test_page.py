"""Help pages: how wide and how long they are, and what stands on them."""

from __future__ import annotations

import re

import click
import pytest

from gradcli.catalogue import GROUPS
from gradcli.cli.commands import COMMANDS
from gradcli.cli.group import group
from gradcli.cli.page import CODES, SCREEN
from tests.options_page import options

HEADING = re.compile(r"^[A-Z][\w ,]*:$", re.MULTILINE)


def page(command: str, name: str) -> str:
    made = group.get_command(click.Context(group), command)
    assert made is not None
    root = click.Context(group, info_name="gradcli", auto_envvar_prefix="GRADCLI")
    ctx = click.Context(made, info_name=command, parent=root)
    return made.get_help(ctx) if name == "--help" else made.get_short_page(ctx)


@pytest.mark.parametrize("name", ["-h", "--help"])
@pytest.mark.parametrize("command", COMMANDS)
def test_no_line_is_wider_than_a_terminal(command, name):
    assert [line for line in page(command, name).splitlines() if len(line) > 80] == []


@pytest.mark.parametrize("command", COMMANDS)
def test_the_short_page_fits_on_a_screen(command):
    text = page(command, "-h")
    assert len(text.splitlines()) <= SCREEN
    if "lists all" in text:
        assert text.endswith(f"gradcli {command} --help lists all {shown(command)} options.")


def shown(command: str) -> int:
    return sum(not option.hidden for option in options(command).values())


def test_the_short_page_shows_about_fifteen_options():
    found = re.findall(r"^  (-\S+)", page("compute", "-h"), re.MULTILINE)
    assert 13 <= len(found) <= 18


@pytest.mark.parametrize("command", COMMANDS)
def test_headings_are_those_of_the_table_and_codes_come_last(command):
    text = page(command, "--help")
    headings = HEADING.findall(text)
    assert headings[0] == "Examples:"
    assert headings[-1] == "Exit codes:"
    inner = [name for name in headings[1:-1] if name != "Environment:"]
    places = [GROUPS.index(name.removesuffix(":")) for name in inner]
    assert places == sorted(places)
    assert all(f"\n  {code.ljust(3)}  {said}" in text for code, said in CODES)


@pytest.mark.parametrize("command", COMMANDS)
def test_no_option_is_without_a_group(command):
    text = page(command, "--help")
    first = HEADING.findall(text)[1]
    found = re.findall(r"^  (-\S.*)", text[text.index(f"\n{first}") :], re.MULTILINE)
    assert len(found) == shown(command)


def test_defaults_and_variables_are_said_in_one_way():
    texts = {
        f"{command} {name}": option.help or ""
        for command in COMMANDS
        for name, option in options(command).items()
    }
    assert [name for name, text in texts.items() if re.search("Default|by default", text)] == []
    assert [name for name, text in texts.items() if "[default:" in text and text[-1] != "]"] == []
    assert "GRADCLI_COMPUTE_JSON=1 is --json" in page("compute", "--help")


def test_the_list_of_commands_has_sections(common):
    text = common.run().data.decode()
    assert [len(line) for line in text.splitlines() if len(line) > 80] == []
    names = [line[:-1] for line in HEADING.findall(text)]
    assert names == [
        *("Start with", "Look", "Scalar fields", "Vector fields", "See and prove"),
        *("Several machines", "Learn", "Options"),
    ]
    start = text[text.index("Start with:") : text.index("Look:")]
    assert len(re.findall("^  gradcli ", start, re.MULTILINE)) == 4


def test_both_names_work_at_the_command_line(common):
    short, whole = (common.run("compute", name) for name in ("-h", "--help"))
    assert short.data.decode().rstrip("\n") == page("compute", "-h")
    assert whole.data.decode().rstrip("\n") == page("compute", "--help").rstrip("\n")
    assert common.run("help", "compute").data == whole.data
