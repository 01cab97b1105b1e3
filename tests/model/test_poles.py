"""Rows across the poles: how many there are, and whose mirror images they are."""

from __future__ import annotations

import pytest

from gradcli.model.poles import Poles


@pytest.mark.parametrize(
    ("low", "high", "before", "after", "ends"),
    [
        (0, 0, 5, 5, ("pole",)),
        (1, 1, 4, 4, ("pole",)),
        (1, None, 4, 0, ("pole", "one-sided")),
        (None, 0, 0, 5, ("pole", "one-sided")),
    ],
)
def test_a_pole_is_at_the_ends_that_have_one(
    low: int | None, high: int | None, before: int, after: int, ends: tuple[str, ...]
) -> None:
    poles = Poles(0, 1, 5, 8, low, high)
    assert (poles.before, poles.after, poles.ends) == (before, after, ends)


@pytest.mark.parametrize("at", [0, 1])
def test_rows_are_mirrored_at_the_pole(at: int) -> None:
    """The first row beyond an end is the last row again, unless that is the pole itself."""
    poles = Poles(0, 1, 5, 8, at, at)
    assert poles.mirror(slice(-1, 0)) == slice(at, at + 1)
    assert poles.mirror(slice(-3, -1)) == slice(at + 1, at + 3)
    assert poles.mirror(slice(5, 6)) == slice(4 - at, 5 - at)
    assert poles.mirror(slice(5, 8)) == slice(2 - at, 5 - at)
