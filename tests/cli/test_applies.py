"""Options that need another one, or that one contradicts: walked through the whole table."""

from __future__ import annotations

import click
import pytest

from gradcli.catalogue import BY_NAME, ROWS
from gradcli.cli.group import group
from gradcli.errors import UsageError

# Options, with a value that they take.
VALUES = {
    "output": "o.nc",
    "output-dir": "made",
    "dims": "a,b",
    "name": "d{var}",
    "format": "csv",
    "engine": "cfgrib",
    "formula": "x",
    "grid": "x=0:1:5j",
    "files-from": "list",
    "join": "time",
    "open-files": "3",
    "glob": "*.nc",
    "exclude": "*.nc",
    "isel": "x=0",
    "sel": "x=0",
    "radius": "7e6",
    "metric": "sphere",
    "accuracy": "4",
    "edge-order": "2",
    "scheme": "forward",
    "smooth": "savgol:5,2",
    "cluster": "local:2",
    "part": "1/2",
}


def words(name: str) -> list[str]:
    return [f"--{name}", VALUES[name]] if name in VALUES else [f"--{name}"]


def parse(command: str, *args: str) -> None:
    made = group.get_command(click.Context(group), command)
    assert made is not None
    inputs = [] if "--formula" in args else ["a.npy"]
    made.make_context(command, [*inputs, *args], auto_envvar_prefix="GRADCLI_COMPUTE")


def command_of(row):
    first = row.commands.split()[0]
    return "compute" if first == "operators" else first


@pytest.mark.parametrize("row", [row for row in ROWS if row.needs], ids=lambda row: row.name)
def test_what_another_option_needs(row):
    with pytest.raises(UsageError, match=f"^--{row.name} "):
        parse(command_of(row), *words(row.name))
    for name in row.needs.split():
        parse(command_of(row), *words(row.name), *words(name))


@pytest.mark.parametrize(
    ("row", "other"),
    [(row, other) for row in ROWS for other in row.excludes.split()],
    ids=lambda each: getattr(each, "name", each),
)
def test_what_another_option_contradicts(row, other):
    others = BY_NAME[other].needs.split()
    more = [word for name in others for word in words(name)]
    with pytest.raises(UsageError, match=f"--{row.name} and --{other} exclude each other"):
        parse(command_of(row), *words(row.name), *words(other), *more)


def test_an_option_that_is_turned_off_contradicts_nothing(monkeypatch):
    parse("compute", "--quiet", "--no-progress")
    monkeypatch.setenv("GRADCLI_COMPUTE_OVERWRITE", "0")
    parse("compute", "--skip-existing")
    monkeypatch.setenv("GRADCLI_COMPUTE_OVERWRITE", "1")
    with pytest.raises(UsageError, match="exclude each other"):
        parse("compute", "--skip-existing")
