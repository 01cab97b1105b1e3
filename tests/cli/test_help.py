"""Help, version, the manual's list of options, and what is imported for them."""

from __future__ import annotations

import re
import subprocess
import sys
import sysconfig
from pathlib import Path

import click
import pytest

from gradcli import __version__
from gradcli.cli.commands import ALSO_CALLED, COMMANDS
from gradcli.cli.group import group
from tests.places import ROOT

LIBRARIES = {"numpy", "netCDF4", "h5py", "xarray", "polars", "pandas", "scipy"}
OPTION = r"(?<![\w-])--?[a-zA-Z][a-z-]*"
# Words of the manual that look like options and belong to other programs.
FOREIGN = {"-m", "-c", "-n", "-i", "-d", "-f", "-E", "--operators"}


@pytest.fixture(scope="module")
def helps(common):
    return {name: common.run(name, "--help").data.decode() for name in COMMANDS}


def listed(text: str) -> set[str]:
    """Return the options that a help page lists, those of one entry together."""
    lines = re.findall(r"^  (-.*?)(?:  |$)", text, re.MULTILINE)
    return {option for line in lines for option in re.findall(OPTION, line)}


def option_section() -> str:
    return (ROOT / "gradcli/manual/options.md").read_text()


def test_every_option_stands_in_the_manual(helps):
    found = set(re.findall(OPTION, option_section()))
    operators = set.union(*(listed(helps[name]) for name in helps if name != "info"))
    assert sorted(operators - found) == []


def test_every_option_of_info_stands_in_the_manual(helps):
    found = set(re.findall(OPTION, option_section()))
    assert sorted(listed(helps["info"]) - found) == []


def test_the_manual_invents_no_option(helps):
    known = set.union(*map(listed, helps.values())) | {"--version"}
    assert sorted(set(re.findall(OPTION, option_section())) - known - FOREIGN) == []


def test_help_lists_options_at_all(helps):
    assert {"-a", "--axis", "-O", "--no-progress", "--no-history", "-h"} <= listed(helps["compute"])


@pytest.mark.parametrize("command", COMMANDS)
def test_help_shows_examples_first(helps, command):
    text = helps[command]
    assert text.startswith(f"Usage: gradcli {command} ")
    assert text.index("Examples:\n") < text.index("\n  -h, --help ")
    assert f"\n  gradcli {command} " in text


def test_the_help_of_the_group(common):
    done = common.run("-h")
    text = done.data.decode()
    assert text == common.run("--help").data.decode()
    assert text.index("Start with:\n") < text.index("Look:\n") < text.index("Options:\n")
    assert not [name for name in COMMANDS if f"\n  {name}  " not in f"{text} "]


def command_of(name):
    found = group.get_command(click.Context(group), name)
    assert found is not None
    return found


@pytest.mark.parametrize("command", COMMANDS)
def test_short_helps_are_those_of_the_commands(command):
    assert command_of(command).short_help == COMMANDS[command].short


@pytest.mark.parametrize("command", COMMANDS)
def test_every_option_says_something(command):
    given = command_of(command).params
    assert [p.name for p in given if p.param_type_name == "option" and not p.help] == []


def test_no_command_shows_the_help(common):
    done = common.run()
    assert done.out == common.run("--help").out
    assert done.err == ""


def test_version_by_module(common):
    assert common.run("--version").out == [f"gradcli, version {__version__}"]


def test_version_by_script():
    script = Path(sysconfig.get_path("scripts")) / "gradcli"
    if not script.exists():
        pytest.skip("gradcli is not installed as a script")
    done = subprocess.run([script, "--version"], capture_output=True, text=True, check=True)
    assert done.stdout == f"gradcli, version {__version__}\n"


def test_the_script_computes(shell):
    script = Path(sysconfig.get_path("scripts")) / "gradcli"
    if not script.exists():
        pytest.skip("gradcli is not installed as a script")
    shell.take("five.npy")
    subprocess.run([script, "compute", "five.npy"], cwd=shell.folder, check=True)
    assert shell.names() == {"five.npy", "five_d0.npy"}


def imported(shell, *args: str) -> set[str]:
    """Return the modules that a command imports."""
    shell.take(*(name for name in args if "." in name))
    command = [sys.executable, "-X", "importtime", "-m", "gradcli", *args]
    done = subprocess.run(command, cwd=shell.folder, capture_output=True, text=True, check=True)
    return {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}


@pytest.mark.parametrize("args", [["--help"], ["--version"], ["compute", "--help"]])
def test_help_imports_no_library(shell, args):
    modules = imported(shell, *args)
    assert "gradcli.cli" in modules
    assert sorted(modules & LIBRARIES) == []


@pytest.mark.parametrize(
    ("args", "needed"),
    [
        (["image.npy"], {"numpy"}),
        (["pair.npz"], {"numpy"}),
        (["field.h5"], {"numpy", "h5py", "netCDF4"}),
        (["uneven.nc"], {"numpy", "h5py", "netCDF4"}),
        (["matrix.csv", "-a", "0"], {"numpy", "polars"}),
    ],
)
def test_a_format_imports_its_own_library_alone(shell, args, needed):
    assert imported(shell, "compute", *args) & LIBRARIES <= needed


def test_an_array_of_one_block_needs_no_threads(shell):
    assert "concurrent.futures" not in imported(shell, "compute", "image.npy")


@pytest.mark.parametrize(("other", "name"), ALSO_CALLED.items())
def test_another_name_is_the_same_command(common, helps, other, name):
    assert common.run(other, "--help").data.decode() == helps[name]
    assert f"Also: {other}." in common.run("--help").data.decode()
    assert f"gradcli {other}\n" in " ".join(helps[name].split()).replace(" is the same", "\n")
