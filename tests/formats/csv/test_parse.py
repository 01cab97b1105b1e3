"""Numbers from text, by threads: the first bad row is named."""

from __future__ import annotations

import pytest

from gradcli import differentiate
from gradcli.errors import GradcliError
from tests.formats.csv.test_slab import RUNS, table
from tests.long import long


@pytest.mark.parametrize(
    ("broken", "message"),
    [
        ("1.0,2.0\n", "line 15002: 2 fields found, 5 expected"),
        long("1.0,2.0,3.0,4.0,5.0,6.0\n", "line 15002: 6 fields found, 5 expected"),
        ("1.0,2.0,x,4.0,5.0\n", "line 15002, column 'c1': 'x' is not a number"),
        long("x,2.0,3.0,4.0,5.0\n", "line 15002, column 't': 'x' is not a number"),
    ],
)
def test_the_first_of_two_bad_rows_is_named(tmp_path, broken, message):
    path = tmp_path / "table.csv"
    lines = table(20_000)
    lines[15_001] = broken
    lines[19_001] = "y,2.0,3.0,4.0,5.0\n"
    path.write_text("".join(lines))
    for memory, jobs in RUNS:
        with pytest.raises(GradcliError) as caught:
            differentiate(path, tmp_path / "out.csv", axis="t", memory=memory, jobs=jobs)
        assert message in str(caught.value)
    assert list(tmp_path.iterdir()) == [path]
