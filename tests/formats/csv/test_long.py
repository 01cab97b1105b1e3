"""CSV with a row for each point: the grid that it is made of."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradcli.errors import UsageError
from gradcli.formats.csv.long import climb
from gradcli.formats.csv.spool import Rows
from gradcli.formats.opening import open_source
from gradcli.model.protocols import Hints
from tests.formats.csv.test_source import (
    load,
    refuse,
    relaxed,
    round_trip,
    write,
)


def long_text(order, shape=(3, 4), extra=""):
    y, x = (np.arange(n) * 1.5 for n in shape)
    rows = [f"{a},{b},{a * 100 + b}" for a in y for b in x]
    return f"y,x,v{extra}\n" + "".join(rows[i] + "\n" for i in order)


class TestLong:
    SHUFFLED = (7, 2, 9, 0, 11, 4, 1, 10, 3, 5, 8, 6)

    @pytest.mark.parametrize("hints", [{}, {"columns": ("y", "x")}, {"columns": ("x",)}])
    @pytest.mark.parametrize("memory", [1 << 30, 200])
    def test_shuffled(self, tmp_path, hints, memory):
        text = long_text(self.SHUFFLED)
        layout, values, fields = load(tmp_path, text, memory=memory, **hints)
        assert layout == "long"
        assert [axis.name for axis in fields["v"].axes] == ["y", "x"]
        y, x = (axis.values for axis in fields["v"].axes)
        np.testing.assert_array_equal(values["v"], y[:, None] * 100 + x)

    def test_note(self, tmp_path):
        with open_source(write(tmp_path, long_text(range(12))), Hints()) as source:
            assert source.notes == [
                "read as a grid, one point in each row; its coordinates are y, x"
            ]
            assert source.undecided is None

    def test_order_of_dims(self, tmp_path):
        # x changes fastest: it is the last axis, wherever its column stands.
        text = "x,y,v\n" + "".join(f"{x},{y},{x + 10 * y}\n" for y in range(3) for x in range(4))
        _, values, fields = load(tmp_path, text)
        assert [axis.name for axis in fields["v"].axes] == ["y", "x"]
        assert values["v"].shape == (3, 4)
        _, values, fields = load(tmp_path, text, columns=("x", "y"))
        assert [axis.name for axis in fields["v"].axes] == ["x", "y"]
        assert values["v"][3, 2] == 23

    def test_three_dims_with_dates(self, tmp_path):
        text = "time,lat,lon,v\n" + "".join(
            f"2024-01-0{t + 1},{y},{x},{100 * t + 10 * y + x}\n"
            for t in range(2)
            for y in range(3)
            for x in range(4)
        )
        for hints in {}, {"columns": ("time", "lat", "lon")}, {"columns": ("lat", "lon")}:
            _, values, fields = load(tmp_path, text, **hints)
            assert [axis.role for axis in fields["v"].axes] == ["t", None, None]
            assert values["v"].shape == (2, 3, 4)
            assert values["v"][1, 2, 3] == 123
        assert round_trip(tmp_path, text).startswith("time,lat,lon,2v\n2024-01-01,0,0,0.0\n")

    def test_table_is_not_long(self, tmp_path):
        text = long_text(range(12))
        assert load(tmp_path, text, columns=("v",))[0] == "table"
        assert load(tmp_path, text, layout="table", columns=("y",))[0] == "table"
        assert "--dims" in refuse(tmp_path, "a,b\n1,2\n2,3\n", UsageError, layout="long")

    @pytest.mark.parametrize("memory", [1 << 30, 200])
    def test_missing_and_repeated_points(self, tmp_path, memory):
        hints = {"columns": ("y", "x"), "memory": memory}
        text = long_text([i for i in range(12) if i != 6])
        assert "no row has the point y=1.5, x=3" in refuse(tmp_path, text, **hints)
        text = "# a comment\n" + long_text([*range(12), 5])
        message = refuse(tmp_path, text, **hints)
        assert "line 15: the point y=1.5, x=1.5 stands on line 8 already" in message
        text = long_text([i if i != 6 else 5 for i in range(12)])
        assert "line 8: the point y=1.5, x=1.5 stands on line 7 already" in refuse(
            tmp_path, text, **hints
        )
        assert "line 3: the coordinate x is missing" in refuse(
            tmp_path, "y,x,v\n0,0,1\n0,,2\n", **hints
        )

    @pytest.mark.parametrize("memory", [1 << 30, 200])
    def test_round_trip_row_for_row(self, tmp_path, memory):
        text = long_text(self.SHUFFLED)
        lines = text.splitlines()[1:]
        expected = "y,x,2v\n" + "".join(
            f"{line.rpartition(',')[0]},{2 * float(line.rpartition(',')[2])}\n" for line in lines
        )
        assert round_trip(tmp_path, text, memory=memory) == expected
        kept = "y,x,v,2v\n" + "".join(f"{line},{2 * float(line.split(',')[2])}\n" for line in lines)
        assert round_trip(tmp_path, text, memory=memory, keep=True) == kept
        part = round_trip(
            tmp_path, text, memory=memory, select=lambda a: (a[0].select(1, 3), a[1].select(0, 2))
        )
        chosen = [r for r in expected.splitlines()[1:] if r[:3] in ("1.5", "3.0")]
        chosen = [r for r in chosen if r.split(",")[1] in ("0.0", "1.5")]
        assert part.splitlines()[1:] == chosen


@relaxed
@given(
    data=st.data(),
    shape=st.tuples(st.integers(2, 4), st.integers(2, 4), st.integers(2, 3)),
    memory=st.sampled_from([300, 2000, 1 << 20]),
)
def test_long_round_trip(tmp_path, data, shape, memory):
    order = data.draw(st.permutations(range(int(np.prod(shape)))))
    points = np.stack(np.unravel_index(order, shape), 1) * [1.0, 0.5, -3.0]
    values = np.arange(len(order)) + 0.25
    text = "t,y,x,v\n" + "".join(
        ",".join(map(repr, [*point, value])) + "\n"
        for point, value in zip(points.tolist(), values.tolist(), strict=True)
    )
    out = round_trip(tmp_path, text, columns=("t", "y", "x"), memory=memory)
    assert out == "t,y,x,2v\n" + "".join(
        ",".join(map(repr, [*point, 2 * value])) + "\n"
        for point, value in zip(points.tolist(), values.tolist(), strict=True)
    )


# Slabs of a column: rising ones, which are taken as they are, among others.
RUNS = st.lists(
    st.tuples(st.integers(-3, 3), st.lists(st.integers(-2, 2), min_size=1, max_size=6)),
    min_size=1,
    max_size=6,
)


@given(RUNS, st.booleans())
def test_a_ladder_has_every_value_once(runs, rising):
    slabs = [np.cumsum([first, *steps], dtype=float) for first, steps in runs]
    if rising:
        slabs = [10.0 * i + np.arange(1.0, len(slab)) for i, slab in enumerate(slabs)]
    rows = Rows(1, 1 << 20, True)
    for slab in slabs:
        rows.append(slab[:, None])
    ladder, whole = climb(rows, 0, 1 << 20), np.concatenate(slabs)
    assert ladder.values.tolist() == np.unique(whole).tolist()
    assert ladder.size == len(ladder.values)
    assert ladder.changes == np.count_nonzero(np.diff(whole))
