"""First rows that are those of a crosstab, and others."""

from __future__ import annotations

import pytest

from gradcli.formats.csv.crosstab import is_crosstab
from gradcli.formats.csv.sniff import Dialect

ROWS = [["0", "1", "2"], ["1", "3", "4"]]


@pytest.mark.parametrize(
    ("first", "body", "told"),
    [
        (["y", "10", "20"], ROWS, True),
        (["", "20", "10"], ROWS, True),
        (["y", "10", "10"], ROWS, False),
        (["y", "10", "x"], ROWS, False),
        (["y", "10"], ROWS, False),
        (["nan", "10", "20"], ROWS, False),
        (["1", "10", "20"], ROWS, False),
        (["y", "10", "20"], [["a", "1", "2"]], False),
        (["y", "10", "20"], [["", "1", "2"]], False),
        (["y", "10", "20"], [], False),
    ],
)
def test_a_crosstab_has_coordinates_in_its_first_row(first, body, told):
    assert is_crosstab(first, body, Dialect()) is told
