"""CSV as written: what was read comes back."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tests.formats.csv.test_source import (
    load,
    relaxed,
    round_trip,
)

numbers = st.floats(width=64)


@relaxed
@given(
    data=st.data(),
    shape=st.tuples(st.integers(1, 7), st.integers(2, 6)),
    mark=st.sampled_from([",", ";", "\t", " "]),
    comma=st.booleans(),
    newline=st.sampled_from(["\n", "\r\n"]),
    memory=st.sampled_from([64, 1 << 20]),
)
def test_matrix_round_trip(tmp_path, data, shape, mark, comma, newline, memory):
    rows = data.draw(
        st.lists(
            st.lists(numbers, min_size=shape[1], max_size=shape[1]),
            min_size=shape[0],
            max_size=shape[0],
        )
    )
    grid = np.array(rows)
    comma = comma and mark != ","
    cells = [[repr(v).replace(".", "," if comma else ".") for v in row] for row in rows]
    text = "".join(mark.join(row) + newline for row in cells)
    hints = {"memory": memory, "decimal": "," if comma else "."}
    _, values, _ = load(tmp_path, text, **hints)
    np.testing.assert_array_equal(values["data"], grid)
    with np.errstate(over="ignore", invalid="ignore"):
        out = round_trip(tmp_path, text, **hints)
        _, values, _ = load(tmp_path, out, **hints)
        np.testing.assert_array_equal(values["data"], 2 * grid)
