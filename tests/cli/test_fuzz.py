"""Forty damaged files, and 20,000 behind the marker ``long``."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from typing import Any

import pytest

from tests.fuzz.mutate import lookup3
from tests.places import ROOT

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="needs pidfd and /proc")


SOME = 40


def fuzz(*args: str, seconds: float) -> tuple[dict[str, Any], list[str]]:
    """Run cases, none of which may fail; return the counts, and the lines before them."""
    command = [sys.executable, "-m", "tests.fuzz", *args]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=seconds)
    assert done.stdout, done.stderr
    *lines, last = done.stdout.splitlines()
    counts: dict[str, Any] = json.loads(last)
    assert counts["failures"] == 0, done.stdout
    assert done.returncode == 0, done.stderr
    return counts, lines


@pytest.fixture(scope="module")
def some() -> tuple[dict[str, Any], list[str]]:
    """Return what a run of the first cases gave."""
    return fuzz("--cases", str(SOME), "--verbose", seconds=300)


def test_forty_damaged_files_are_read_or_refused(some: tuple[dict[str, Any], list[str]]) -> None:
    counts, _ = some
    assert counts["cases"] == SOME
    # Cases that are all refused, or all read, would show little.
    assert min(counts["codes"][code] for code in "01") > SOME // 5
    assert counts["slowest"] < 10


@pytest.mark.long
def test_twenty_thousand_damaged_files_are_read_or_refused() -> None:
    assert fuzz("--cases", "20000", seconds=7200)[0]["cases"] == 20_000


def test_a_case_is_the_same_every_time(some: tuple[dict[str, Any], list[str]]) -> None:
    _, alone = fuzz("--only", "7", "--verbose", seconds=60)
    found = [re.match(r"(7 .*: \[.*\])", line) for line in (*some[1], *alone)]
    codes = [one[1] for one in found if one]
    assert len(codes) == 2
    assert codes[0] == codes[1]


def test_checksums_are_those_of_the_library() -> None:
    """Jenkins' own test values."""
    assert lookup3(b"") == 0xDEADBEEF
    assert lookup3(b"Four score and seven years ago") == 0x17770551
