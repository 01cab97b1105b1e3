"""What a batch says once for many inputs."""

from __future__ import annotations

import numpy as np

from gradcli.cli.summary import Summary
from gradcli.system.logbook import Item, Outcome
from tests.cli.shell import Shell

A, B = Item("a.nc"), Item("b.nc")


def told(item: Item, *notes: str) -> Outcome:
    return Outcome("", "\n".join(f"Note: {item.path}: {note}" for note in notes), 0)


def test_a_note_is_said_once_and_counted() -> None:
    summary = Summary(True)
    assert summary.without_repeats(A, told(A, "x", "y")) == told(A, "x", "y")
    assert summary.without_repeats(B, told(B, "y", "z")) == told(B, "z")
    assert summary.without_repeats(B, told(B, "y")).err == ""
    assert list(summary.repeats()) == ["Note: 2 more inputs: y"]


def test_errors_and_statistics_stay() -> None:
    summary = Summary(True)
    for _ in range(2):
        outcome = Outcome("a", "Error: a.nc: damaged\na.nc: dT_dx: smallest 1", 1)
        assert summary.without_repeats(A, outcome) == outcome
    assert list(summary.repeats()) == []


def test_the_last_line_counts() -> None:
    outcomes = {0: Outcome("", "", 0), 1: Outcome("", "", 0, True), 2: Outcome("", "", 1)}
    (line,) = Summary(True).end(outcomes)
    assert line == "done 1, skipped 1, failed 1, 0.0 s"
    assert list(Summary(False).end(outcomes)) == []


def test_a_batch_says_what_its_files_share_once(shell: Shell) -> None:
    for name in "abc":
        np.save(shell / f"{name}.npy", np.arange(4.0))
    note = "axis 0 has no coordinates, so the step is 1; give it with --spacing or --coords"
    first, again, last = shell.run("compute", "a.npy", "b.npy", "c.npy").err.splitlines()
    assert first == f"Note: a.npy: {note}"
    assert again == f"Note: 2 more inputs: {note}"
    assert last.startswith("done 3, skipped 0, failed 0, ")
    assert shell.run("compute", "a.npy", "b.npy", "-O", "--quiet").err == ""
