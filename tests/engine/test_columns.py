"""Coordinates of columns are read with a block, over all or some dimensions of its field."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from gradcli.engine.columns import read_columns
from gradcli.formats.opening import open_source
from gradcli.plan.column_reads import ColumnReads, Term
from gradcli.record import replace
from tests.columns import write

SIZES = {"t": 2, "z": 3, "x": 4}
WHOLE = (slice(None),) * 3


def test_dimensions_may_be_fewer_and_in_another_order(tmp_path: Path) -> None:
    values = np.arange(12.0).reshape(4, 3)
    write(
        tmp_path / "f.nc",
        SIZES,
        {"h": (("x", "z"), values, {}), "f": (("t", "z", "x"), np.zeros((2, 3, 4)), {})},
    )
    with open_source(str(tmp_path / "f.nc")) as source:
        axes = source.fields["f"].axes
        field = replace(source.fields["h"], axes=(axes[2], axes[1]))
        reads = ColumnReads((Term("", field, (2, 1), 1.0),), None, {}, 1.0)
        window = slice(0, 2), slice(1, 3), slice(0, 4)
        found = read_columns(source, reads, window).at(WHOLE)
        np.testing.assert_array_equal(found, values.T[None, 1:3])
        np.testing.assert_array_equal(
            read_columns(source, replace(reads, scale=-2.0), window).at(WHOLE), -2 * found
        )


def test_terms_are_converted_before_the_formula(tmp_path: Path) -> None:
    ap, ps = np.array([20.0, 10.0, 0.0]), np.full((2, 4), 1000.0)
    variables = {
        "ap": (("z",), ap, {}),
        "ps": (("t", "x"), ps, {}),
        "f": (("t", "z", "x"), np.zeros((2, 3, 4)), {}),
    }
    write(tmp_path / "f.nc", SIZES, variables)
    with open_source(str(tmp_path / "f.nc")) as source:
        axes = source.fields["f"].axes
        terms = (
            Term("ap", replace(source.fields["ap"], axes=axes[1:2]), (1,), 1.0),
            Term("ps", replace(source.fields["ps"], axes=(axes[0], axes[2])), (0, 2), 100.0),
        )
        name = "atmosphere_hybrid_sigma_pressure_coordinate"
        reads = ColumnReads(terms, name, {"b": 0.5}, 1.0)
        found = read_columns(source, reads, (slice(1, 2), slice(0, 2), slice(1, 4))).at(WHOLE)
        assert found.tolist() == [[[50020.0] * 3, [50010.0] * 3]]
