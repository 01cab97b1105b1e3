"""Arguments as Python users write them."""

from __future__ import annotations

import pytest

from gradcli.errors import UsageError
from gradcli.plan.written import names_of, periods_of, spacing_of, vector_of


def test_blanks_and_empty_names_are_left_out() -> None:
    assert names_of(" a ,, b") == ("a", "b")
    assert names_of(["a", " ", 2]) == ("a", "2")


def test_nothing_is_nothing() -> None:
    assert (names_of(None), spacing_of(None), periods_of(None)) == ((), {}, {})


@pytest.mark.parametrize("toward", [float("nan"), [1.0, float("inf")]])
def test_a_vector_is_finite(toward: float) -> None:
    with pytest.raises(UsageError, match=r"--toward: .*; expected finite numbers"):
        vector_of(toward)
