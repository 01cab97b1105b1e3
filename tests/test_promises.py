"""Each promise of the manual names a test that is there."""

from __future__ import annotations

import re

import pytest

from tests.places import ROOT

PAGE = (ROOT / "gradcli/manual/promises.md").read_text()


def promises() -> list[tuple[str, str]]:
    """Return each promise with what stands for its test."""
    items = re.findall(r"^- (.*?)\s+(`tests/[^`]*`)$", PAGE, re.MULTILINE | re.DOTALL)
    return [(" ".join(promise.split()), named) for promise, named in items]


def test_there_are_promises() -> None:
    assert len(promises()) > 12
    assert len(promises()) == len(re.findall(r"^- ", PAGE, re.MULTILINE))


@pytest.mark.parametrize(("promise", "named"), promises(), ids=lambda text: text[:40])
def test_the_test_of_a_promise_is_there(promise: str, named: str) -> None:
    paths = re.findall(r"`(tests/[\w/]+\.py)`", named)
    assert paths, f"{promise}: no test is named"
    for path in paths:
        assert re.search(r"^def test_\w+\(", (ROOT / path).read_text(), re.MULTILINE), path


def test_every_test_of_faults_is_named() -> None:
    named = " ".join(named for _, named in promises())
    for word in ("faults", "kills", "publish", "leftovers", "meanwhile", "memory", "sync"):
        assert f"tests/cli/test_{word}.py" in named
