"""Schemes: defaults, and numbers that no stencil is made for."""

from __future__ import annotations

from typing import Any

import pytest

from gradcli.errors import UsageError
from gradcli.numerics.schemes import checked_scheme


@pytest.mark.parametrize(
    ("given", "accuracy"),
    [({}, 2), ({"side": "forward"}, 1), ({"side": "backward"}, 1), ({"accuracy": 6}, 6)],
)
def test_a_central_scheme_is_of_second_order_and_the_others_of_first(
    given: dict[str, Any], accuracy: int
) -> None:
    assert checked_scheme(**given).accuracy == accuracy


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"accuracy": 3}, "takes 2, 4, 6 or 8"),
        ({"accuracy": 10}, "takes 2, 4, 6 or 8"),
        ({"accuracy": 9, "side": "forward"}, "takes 1 to 8"),
        ({"accuracy": 0, "side": "backward"}, "takes 1 to 8"),
        ({"edge_order": 9}, "goes from 1 to 8"),
        ({"edge_order": 0}, "goes from 1 to 8"),
        ({"side": "left"}, "there are: central, forward, backward"),
        ({"missing": "skip"}, "there are: propagate, adapt"),
        ({"edges": "mirror"}, "edges"),
        ({"order": 0}, "order 0"),
        ({"smooth": "savgol:5,2", "accuracy": 4}, "--smooth excludes --accuracy"),
        ({"smooth": "savgol:5,2", "side": "forward"}, "--smooth excludes --accuracy"),
        ({"smooth": "savgol:5,2", "missing": "adapt"}, "--smooth excludes --missing adapt"),
    ],
)
def test_what_no_stencil_is_made_for_is_refused(given: dict[str, Any], words: str) -> None:
    with pytest.raises(UsageError, match=words):
        checked_scheme(**given)


@pytest.mark.parametrize("name", ["order", "accuracy", "edge_order"])
@pytest.mark.parametrize("number", [1.5, "2"])
def test_numbers_of_points_are_whole(name: str, number: object) -> None:
    with pytest.raises(UsageError):
        checked_scheme(**{name: number})
