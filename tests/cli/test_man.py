"""The man pages that `gradcli help --man` writes."""

from __future__ import annotations

import shutil
import subprocess

import pytest

from gradcli.cli.commands import COMMANDS
from gradcli.cli.topics import topics
from tests.cli.shell import Shell


@pytest.fixture(scope="module")
def pages(common: Shell) -> dict[str, str]:
    told = common.run("help", "--man").out
    return {path.rpartition("/")[2]: (common / path).read_text() for path in told}


def test_commands_are_in_section_1_and_topics_in_7(pages: dict[str, str]) -> None:
    commands = {"gradcli.1"} | {f"gradcli-{name}.1" for name in COMMANDS}
    assert set(pages) == commands | {f"gradcli-{topic}.7" for topic in topics()}


def test_a_page_has_what_the_help_has(pages: dict[str, str]) -> None:
    page = pages["gradcli-compute.1"]
    for line in ('.SH "EXAMPLES"', '.SS "Units"', ".TP\n\\fB\\-a, \\-\\-axis A,B\\fR", "130"):
        assert line in page
    assert "It is also called gradient." in pages["gradcli.1"]
    assert "gradcli\\-options(7)" in page


def test_a_page_has_what_the_manual_has(pages: dict[str, str]) -> None:
    page = pages["gradcli-csv.7"]
    assert '.SH "LAYOUTS"' in page
    assert "$ gradcli compute sample_data/track.csv \\-\\-axis t" in page
    assert "\\fB\\-\\-header N\\fR\tline N holds" in page


def test_groff_has_nothing_to_warn_of(common: Shell, pages: dict[str, str]) -> None:
    if shutil.which("groff") is None:
        pytest.skip("groff is not installed")
    files = sorted(map(str, (common / "man").rglob("gradcli*")))
    assert len(files) == len(pages)
    plain = ("-P-c", "-P-b", "-P-u")  # neither colours nor letters over letters
    command = ["groff", "-t", "-ww", "-man", "-Kutf8", "-Tutf8", *plain, *files]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.stderr == ""
    assert "gradcli compute [OPTIONS] INPUT..." in done.stdout


def test_another_folder(common: Shell) -> None:
    told = common.run("help", "--man", "share/man").out
    assert told[0] == "share/man/man1/gradcli.1"
    assert (common / "share/man/man7/gradcli-zarr.7").exists()


def test_what_cannot_be_written_is_one_line(common: Shell) -> None:
    (common / "file").write_text("")
    assert common.run("help", "--man", "file", code=1).err.startswith(
        "Error: file/man1/gradcli.1: "
    )
    assert "leave out the topic" in common.run("help", "csv", "--man", "x", code=2).err
