"""The table of options: a row for each option of each command, and none beside."""

from __future__ import annotations

import inspect
import subprocess
import sys

import click
import pytest

from gradcli.catalogue import BY_NAME, GROUPS, ROWS, listed
from gradcli.cli.commands import COMMANDS
from gradcli.cli.group import group
from gradcli.formats.registry import BY_NAME as FORMATS
from gradcli.numerics.operators import OPERATORS
from tests.options_page import PAGE, options, with_tables

WORDS = {"operators", *(name for name, entry in COMMANDS.items() if not entry.operator)}


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_takes_the_options_of_the_table_and_no_other(command):
    entry = COMMANDS[command]
    taken = [row.name for row in ROWS if row.is_of(command, entry.operator)]
    assert sorted(options(command)) == sorted(taken)


@pytest.mark.parametrize("command", COMMANDS)
def test_help_hides_what_the_table_does_not_list(command):
    operator = COMMANDS[command].operator
    shown = {name for name, option in options(command).items() if not option.hidden}
    assert shown == {row.name for row in listed(command, operator)}


def test_options_of_other_operators_are_listed_where_they_apply():
    assert not options("direction")["bearing"].hidden
    assert not options("compute")["bearing"].hidden
    assert options("laplacian")["bearing"].hidden
    assert options("magnitude")["vectors"].hidden
    assert not options("curl")["vectors"].hidden


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_a_row_names_what_exists(row):
    assert row.group in GROUPS
    assert {*row.commands.split()} <= WORDS
    assert {*row.operators.split()} <= OPERATORS.keys()
    assert {*row.needs.split(), *row.excludes.split()} <= BY_NAME.keys()
    assert {*row.inputs.split(), *row.outputs.split()} <= FORMATS.keys() | {"xarray"}
    assert len(row.brief) <= 50
    assert not row.needs or row.why


def test_names_are_told_once():
    assert len(BY_NAME) == len(ROWS)
    assert {row.group for row in ROWS} == {*GROUPS}


def test_vectors_are_the_operators_of_vectors():
    named = {*BY_NAME["vectors"].operators.split()}
    assert named == {name for name, known in OPERATORS.items() if known.vector}


def test_the_page_of_the_manual_is_that_of_the_table():
    """``python -m tests.options_page`` writes it anew."""
    assert with_tables(PAGE.read_text()) == PAGE.read_text()


def test_the_table_imports_no_library():
    code = "import sys, gradcli.catalogue; print('numpy' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_gets_every_option_that_its_function_takes(command):
    made = group.get_command(click.Context(group), command)
    assert made is not None
    assert made.callback is not None
    wanted = inspect.signature(made.callback).parameters.values()
    names = {
        each.name for each in wanted if each.kind in (each.POSITIONAL_OR_KEYWORD, each.KEYWORD_ONLY)
    }
    assert names - {"ctx"} <= {param.name for param in made.params}
