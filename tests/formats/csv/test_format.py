"""Numbers and words as text."""

from __future__ import annotations

import numpy as np
import pytest

from gradcli.formats.csv.format import FEW, rows_of, text_of
from gradcli.formats.csv.sniff import Dialect
from tests.formats.csv.test_slab import outputs


@pytest.mark.parametrize("columns", [1, 2, FEW - 1, FEW, FEW + 1])
def test_matrices_of_few_and_many_columns(tmp_path, columns):
    values = np.random.default_rng(5).normal(size=(400, columns))
    values[7, -1] = np.nan
    path = tmp_path / "matrix.csv"
    path.write_text("".join(",".join(map(repr, row)) + "\n" for row in values.tolist()))
    first, *others = outputs(tmp_path, path, axis="0")
    assert all(other == first for other in others)
    found = np.array([list(map(float, row.split(","))) for row in first.decode().split()])
    expected = np.gradient(values, axis=0)
    holes = np.isnan(found[:, -1])
    assert np.flatnonzero(holes).tolist() == [6, 7, 8]
    np.testing.assert_allclose(found[~holes], expected[~holes], rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("width", [1, 3, FEW, FEW + 1])
@pytest.mark.parametrize("dialect", [Dialect(), Dialect(";", ",", joiner=";")], ids=[",", ";"])
def test_text_is_the_shortest_that_reads_back(width, dialect):
    bits = np.random.default_rng(1).integers(0, 2**64, 4 * width, np.uint64)
    values = bits.view("f8").reshape(4, width)
    values.flat[0] = -0.0
    rows = text_of(values, dialect).decode().replace(dialect.joiner, " ").replace(",", ".")
    back = np.array([list(map(float, row.split())) for row in rows.split("\n")[:-1]])
    assert np.array_equal(back, values, equal_nan=True)
    shortest = [_digits(repr(number)) for number in values.ravel().tolist()]
    assert [_digits(text) for text in rows.split()] == shortest


def _digits(text):
    return len(text.lstrip("-").partition("e")[0].replace(".", "").strip("0"))


def test_columns_of_whole_numbers_and_of_both_widths():
    columns = [np.arange(2), np.array([0.1, np.nan]), np.array([0.1, np.inf], np.float32)]
    assert rows_of(None, columns, Dialect()) == b"0,0.1,0.1\n1,nan,inf\n"
