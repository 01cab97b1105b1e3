"""Windows of a field: pieces of a ring."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import numpy as np

from gradcli.engine.reading import read_pieces
from gradcli.formats.opening import open_source
from gradcli.model.axes import Axis
from gradcli.model.fields import Field

DOUBLE = np.dtype("f8")


def test_a_window_that_leaves_a_ring_is_read_in_pieces(tmp_path: Path) -> None:
    values = np.arange(30.0).reshape(5, 6)
    np.save(tmp_path / "f.npy", values)
    axes = (Axis("y", 5), Axis("x", 4, start=1))
    field = Field("f", axes, "float64", DOUBLE, DOUBLE)
    part = values[:, 1:5]
    with open_source(str(tmp_path / "f.npy")) as source:
        for first, y in product(range(-9, 5), (-2, 0, 3)):
            found = read_pieces(
                source, field, (slice(y, y + 4), slice(first, first + 7)), field.shape
            )
            rows, columns = np.arange(y, y + 4) % 5, np.arange(first, first + 7) % 4
            np.testing.assert_array_equal(found, part[np.ix_(rows, columns)])
