"""What the refusal of a command line says was perhaps meant; `test_wrong_uses` has the lines."""

from __future__ import annotations

import click
import pytest

from gradcli.catalogue import BY_NAME
from gradcli.cli.group import group
from gradcli.cli.hints import LETTERS, LISTS, OTHERS, output_meant, refuse_strays, unknown_option
from gradcli.cli.page import name_of
from gradcli.errors import UsageError


def command(name: str = "compute") -> click.Command:
    made = group.get_command(click.Context(group), name)
    assert made is not None
    return made


@pytest.fixture(autouse=True)
def in_a_folder(tmp_path, monkeypatch):
    (tmp_path / "a.nc").touch()
    (tmp_path / "odd").touch()
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize(
    "line",
    [
        "a.nc --axis lon lat",
        "--axis lon lat a.nc",
        "a.nc -a lon lat",
        "a.nc --spacing 25 25 -q",
        "a.nc --axis lon --var u v",
        "a.nc --chunks 10 20 30",
    ],
)
def test_a_list_that_is_parted_by_blanks(line):
    with pytest.raises(UsageError, match="is no file; separate a list with commas: -"):
        refuse_strays(command(), line.split())


@pytest.mark.parametrize(
    "line",
    [
        "--axis lon a.nc",
        "--axis lon odd",  # a file without a suffix
        "--axis lon gone.nc",  # its absence is another error
        "--axis lon -",
        "--name --axis x",  # a value that looks like an option
        "-O --axis lon a.nc",
        "--var -axis",
        "--order 2 lon",
        "-- -axis --axis lon lat",
    ],
)
def test_what_may_be_meant_as_it_stands(line):
    if line.startswith(("--var -axis", "-- ")):
        line = "--axis lon a.nc -- -axis"
    refuse_strays(command(), line.split())


@pytest.mark.parametrize("word", ["-axis", "-order", "-output=x.nc", "-dry-run"])
def test_one_dash_for_a_long_name(word):
    with pytest.raises(UsageError, match=f"{word}: .*two dashes: -{word}"):
        refuse_strays(command(), ["a.nc", word, "x"])


def test_a_value_behind_a_short_option_is_no_long_name():
    refuse_strays(command(), ["a.nc", "-ax", "-vsst", "-j4", "-qO"])


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ("--acuracy", "did you mean --accuracy?"),
        ("--edge_order", "write --edge-order"),
        ("--Axis", "write --axis"),
        ("--at", "an option of plot and probe, not of compute"),
        ("--exact", "an option of verify, not of compute"),
        ("--threads", "write --jobs"),
        ("--xyzzy", "--help lists all"),
    ],
)
def test_an_unknown_option(wrong, words):
    assert words in str(unknown_option(command(), wrong))


def test_letters_are_those_of_the_commands():
    known = {
        opt[1:]: name_of(each)
        for each in command().params
        for opt in each.opts
        if opt[1] != "-"
        if isinstance(each, click.Option)
    }
    assert known == LETTERS
    assert "-o: an option of compute" in str(unknown_option(command("probe"), "-o"))


def test_the_tables_name_options_that_exist():
    assert {*LISTS, *OTHERS.values()} <= BY_NAME.keys()
    assert not OTHERS.keys() & BY_NAME.keys()


def test_a_second_input_that_is_perhaps_the_output(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.nc").touch()
    assert "-o b.nc names an output" in (output_meant(["a.nc", "b.nc"], None) or "")
    assert output_meant(["a.nc", "b.nc"], "c.nc") is None
    assert output_meant(["a.nc", "a.nc"], None) is None
    assert output_meant(["b.nc", "a.nc"], None) is None
