"""Cases of a test that run with the long ones only: larger, or more of the same."""

from __future__ import annotations

from typing import Any

import pytest


def long(*values: Any) -> Any:
    """Return the values of a case behind the marker ``long``."""
    return pytest.param(*values, marks=pytest.mark.long)
