"""Tables and JSON on standard output."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from gradcli.cli.table import cell_text, plain


@pytest.mark.parametrize(
    ("cell", "text", "json"),
    [
        (np.float32(0.1), "0.1", 0.1),
        (np.float64(1e300), "1e+300", 1e300),
        (np.float64("inf"), "inf", "inf"),
        (np.complex128(1 - 2j), "1-2j", "1-2j"),
        (np.complex64(2), "2+0j", "2+0j"),
        (3, "3", 3),
        ("2020-01-05", "2020-01-05", "2020-01-05"),
        (None, "", None),
    ],
)
def test_a_cell_reads_back_exactly(cell: Any, text: str, json: Any) -> None:
    assert cell_text(cell) == text
    assert plain(cell) == json
