"""What the tests of the system room share."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.system.test_publish import publish, refused


@pytest.fixture
def shared() -> Iterator[Path]:
    """Return a folder that every user can reach."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    # What is imported on the way may lie where other users cannot read.
    publish(folder / "rehearsal")
    refused(folder / "none" / "rehearsal")
    (folder / "rehearsal").unlink()
    yield folder
    shutil.rmtree(folder)
