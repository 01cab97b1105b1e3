"""`gradcli help` and `gradcli completion`."""

from __future__ import annotations

import shutil
import subprocess

import pytest

from gradcli.cli.commands import COMMANDS
from gradcli.cli.topics import OTHER_NAMES, grouped
from tests.cli.shell import Shell
from tests.places import ROOT

PAGES = {path.stem: path for path in (ROOT / "gradcli/manual").glob("*.md")}


def test_topics_are_listed_in_groups_with_their_titles(common: Shell) -> None:
    told = common.run("help").out
    listed = [line.split()[0] for line in told if line.startswith("  ")]
    assert sorted(listed) == sorted(PAGES)
    assert any(line.endswith("  Missing values") for line in told)
    assert [line[:-1] for line in told if line.endswith(":")] == list(grouped())
    assert max(map(len, told)) <= 80


@pytest.mark.parametrize("name", sorted(OTHER_NAMES))
def test_other_names_of_a_topic_show_its_page(common: Shell, name: str) -> None:
    assert name not in PAGES
    assert common.run("help", name).data == PAGES[OTHER_NAMES[name]].read_bytes()


@pytest.mark.parametrize("topic", sorted(PAGES))
def test_a_topic_is_its_page(common: Shell, topic: str) -> None:
    assert common.run("help", topic).data.decode() == PAGES[topic].read_text()
    assert PAGES[topic].read_text().startswith("# ")


@pytest.mark.parametrize("name", ["compute", "info", "help"])
def test_a_command_is_a_topic_too(common: Shell, name: str) -> None:
    assert name in COMMANDS
    assert common.run("help", name).out == common.run(name, "--help").out


def test_an_unknown_topic_suggests_the_nearest(common: Shell) -> None:
    told = common.run("help", "formts", code=2).err
    assert "no topic 'formts'; did you mean 'formats'?" in told


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_completion_script_is_one_of_its_shell(common: Shell, shell: str) -> None:
    script = common.run("completion", shell).data
    assert b"gradcli" in script
    if shutil.which(shell) is not None:
        subprocess.run([shell, "-n"], input=script, check=True, capture_output=True)


def test_another_shell_is_refused(common: Shell) -> None:
    assert "'csh'" in common.run("completion", "csh", code=2).err
