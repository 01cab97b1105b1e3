"""A new command that is no operator: one entry and one module, added to a copy of the package."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import gradcli

ENTRY = """
COMMANDS["size"] = Entry(
    "size",
    "Say how many bytes a file has.",
    "Say how many bytes a file has.",
    "\\n  gradcli size image.npy\\n",
    module="gradcli.cli.size",
)
"""
MODULE = '''"""gradcli size."""

import os

import click

from gradcli.cli.help import Command, Entry, make_command


def command(entry: Entry) -> Command:
    return make_command(entry, _run, click.argument("path", metavar="INPUT"))


def _run(path: str) -> int:
    click.echo(os.path.getsize(path))
    return 0
'''
Run = Callable[..., str]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Return what runs the command of such a copy, in a folder with one file."""
    folder = tmp_path_factory.mktemp("toy")
    ours = Path(gradcli.__file__).parent
    shutil.copytree(ours, folder / "gradcli", ignore=shutil.ignore_patterns("__pycache__"))
    with open(folder / "gradcli" / "cli" / "commands.py", "a") as table:
        table.write(ENTRY)
    (folder / "gradcli" / "cli" / "size.py").write_text(MODULE)
    (folder / "work").mkdir()
    (folder / "work" / "a.csv").write_bytes(b"1\n" * 21)
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GRADCLI")}

    def run(*words: str, **more: str) -> str:
        done = subprocess.run(
            [sys.executable, "-W", "error", "-m", "gradcli", *words],
            env=kept | {"PYTHONPATH": str(folder)} | more,
            cwd=folder / "work",
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout

    return run


def test_help_lists_it_and_shows_its_page(run: Run) -> None:
    assert "  size         Say how many bytes a file has.\n" in run("--help")
    page = run("size", "--help")
    assert page.startswith(
        "Usage: gradcli size [OPTIONS] INPUT\n\nExamples:\n  gradcli size image.npy\n"
    )


def test_it_runs(run: Run) -> None:
    assert run("size", "a.csv") == "42\n"


def test_the_shell_offers_it_as_a_command_and_not_as_an_operator(run: Run) -> None:
    for line, offered in (("gradcli si", ["plain,size"]), ("gradcli compute --also si", [])):
        asked = {"COMP_WORDS": line, "COMP_CWORD": str(line.count(" "))}
        assert run(_GRADCLI_COMPLETE="bash_complete", **asked).split() == offered
