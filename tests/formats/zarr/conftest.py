"""What the tests of Zarr share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.grids import end_zarr


@pytest.fixture(autouse=True)
def _threads_end() -> Iterator[None]:
    """End the threads of zarr-python with each test."""
    yield
    end_zarr()
