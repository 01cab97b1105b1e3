"""Options, checked once."""

from __future__ import annotations

import pytest

from gradcli.errors import UsageError
from gradcli.settings import Settings, job_count, memory_bytes


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("1000", 1000),
        ("1k", 1024),
        ("1kB", 1000),
        ("1KiB", 1024),
        ("256MiB", 2**28),
        ("2GB", 2 * 10**9),
        ("0.5g", 2**29),
        (" 3 m ", 3 * 2**20),
        (77, 77),
    ],
)
def test_sizes(text: str, count: int) -> None:
    assert memory_bytes(text) == count


@pytest.mark.parametrize("text", ["", "much", "-1", "1 XB", "1e3", "MiB"])
def test_what_is_no_size(text: str) -> None:
    with pytest.raises(UsageError, match="256MiB"):
        memory_bytes(text)


def test_defaults_fit_the_machine() -> None:
    assert 0 < memory_bytes(None) <= 2**30
    assert job_count(None) >= 1
    with pytest.raises(UsageError):
        job_count(0)


@pytest.mark.parametrize(
    "given",
    [
        {"dtype": "i4"},
        {"spacing": {None: 0.0}},
        {"spacing": {"x": float("nan")}},
        {"spacing": {"x": 1.0}, "coords": {"x": "x.npy"}},
        {"dims": ("x", "x")},
    ],
)
def test_contradictions_are_refused(given: dict) -> None:
    with pytest.raises(UsageError):
        Settings(**given)
