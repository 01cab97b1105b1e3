"""Two hundred damaged files, a few of every kind, and 20,000 behind the marker ``long``."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest

from tests.fuzz.mutate import lookup3
from tests.places import ROOT

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="needs pidfd and /proc")


def fuzz(*args: str, seconds: float) -> dict[str, Any]:
    """Run cases, none of which may fail; return the counts."""
    command = [sys.executable, "-m", "tests.fuzz", *args]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=seconds)
    assert done.stdout, done.stderr
    counts: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    assert counts["failures"] == 0, done.stdout
    assert done.returncode == 0, done.stderr
    return counts


def test_two_hundred_damaged_files_are_read_or_refused() -> None:
    counts = fuzz("--cases", "200", seconds=300)
    assert counts["cases"] == 200
    # Cases that are all refused, or all read, would show little.
    assert min(counts["codes"][code] for code in "01") > 40
    assert counts["slowest"] < 10


@pytest.mark.long
def test_twenty_thousand_damaged_files_are_read_or_refused() -> None:
    assert fuzz("--cases", "20000", seconds=7200)["cases"] == 20_000


def test_a_case_is_the_same_every_time() -> None:
    twice = [fuzz("--only", "7", "--verbose", seconds=60) for _ in range(2)]
    assert twice[0]["codes"] == twice[1]["codes"]


def test_checksums_are_those_of_the_library() -> None:
    """Jenkins' own test values."""
    assert lookup3(b"") == 0xDEADBEEF
    assert lookup3(b"Four score and seven years ago") == 0x17770551
