"""Options that are given twice: refused, or lists that accumulate."""

from __future__ import annotations

import click
import numpy as np
import pytest

from gradcli.cli.commands import ENTRIES
from gradcli.cli.once import Option
from tests.cli.shell import Shell


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("--order 1 --order 2", ["--order", "1", "2"]),
        ("-o a.npy --output b.npy", ["--output", "a.npy", "b.npy"]),
        ("--progress --no-progress", ["--progress", "--no-progress"]),
        ("--spacing 1 --spacing 2", ["--spacing", "twice"]),
        ("--spacing 0=1 --spacing 0=2", ["--spacing 0=1", "--spacing 0=2"]),
        ("--spacing 0=1,2", ["--spacing 0=1,2", "mixes"]),
        ("--spacing 1,2 --spacing 0=1", ["--spacing 1,2", "mixes"]),
        ("--spacing 1,2,3", ["3 steps", "2 axes", "0, 1"]),
        ("--axis 1 --spacing 1,2", ["2 steps", "1 axes"]),
        ("--coords 0=a.npy --coords 0=b.npy", ["--coords 0=a.npy", "--coords 0=b.npy"]),
        ("--periodic 0 --periodic 0=4", ["--periodic 0", "--periodic 0=4"]),
        ("--isel 0=1:3 --isel 0=2:3", ["--isel 0=1:3", "--isel 0=2:3"]),
    ],
)
def test_two_values_are_refused(shell: Shell, line: str, words: list[str]) -> None:
    np.save(shell / "f.npy", np.ones((4, 5)))
    said = shell.refuse("compute", "f.npy", *line.split(), code=2)
    assert [word for word in words if word not in said] == []
    assert shell.names() == {"f.npy"}


@pytest.mark.parametrize(
    "line", ["--axis 1 --axis 0", "--axis 1,0 --order 1 --order 1 -q -q", "--axis 1,0 --axis ''"]
)
def test_lists_accumulate_and_the_same_value_twice_is_one(shell: Shell, line: str) -> None:
    np.save(shell / "f.npy", np.ones((4, 5)))
    shell.run("compute", "f.npy", *line.replace("''", "").split(" "), "-o", "out.npz")
    with np.load(shell / "out.npz") as found:
        assert found.files == ["df_d1", "df_d0"]


def test_a_list_of_steps_is_one_for_each_axis(shell: Shell) -> None:
    values = np.random.default_rng(1).random((4, 5))
    np.save(shell / "f.npy", values)
    for line in ("--spacing 2,4", "--axis 1,0 --spacing 4,2", "--spacing 2,4 --spacing 2,4"):
        done = shell.run("compute", "f.npy", *line.split(), "-O", "-o", "out.npz")
        assert "the step is 1" not in done.err
        with np.load(shell / "out.npz") as found:
            for axis, step in enumerate((2.0, 4.0)):
                np.testing.assert_allclose(
                    found[f"df_d{axis}"], np.gradient(values, step, axis=axis)
                )


def test_every_option_of_every_command_is_checked() -> None:
    from gradcli.cli.compute import command

    for entry in ENTRIES:
        if entry.operator:
            options = [p for p in command(entry).params if isinstance(p, click.Option)]
            assert len(options) > 40
            assert {type(option) for option in options if option.name != "help"} == {Option}
