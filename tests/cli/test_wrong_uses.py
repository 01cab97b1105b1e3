"""What wrong uses of the command print: one line each, and nothing is written."""

from __future__ import annotations

import pytest

from tests.cli.wrong_uses import Use, run_all, table

USES = table()


@pytest.fixture(scope="module")
def found() -> dict[str, Use]:
    """Return what all of them gave, run in one process."""
    return {use.line: use for use in run_all([use.line for use in USES])}


def test_there_are_many_and_each_is_there_once() -> None:
    assert len({use.line for use in USES}) == len(USES) >= 120


@pytest.mark.parametrize("use", USES, ids=lambda use: use.line)
def test_it_is_refused_in_one_line(use: Use, found: dict[str, Use]) -> None:
    done = found[use.line]
    assert (done.code, done.err) == (use.code, f"{use.err}\n")
    assert done.code in (1, 2)
    assert done.err.startswith("Error: ")
    assert done.out == ""
    assert done.written == []
