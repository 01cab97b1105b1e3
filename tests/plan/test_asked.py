"""Options, resolved onto the axes of a field."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from gradcli.errors import UsageError
from gradcli.formats.opening import open_source
from gradcli.model.protocols import Source
from gradcli.plan.choose import choose
from gradcli.settings import Settings
from tests.plan.test_choose import VECTORS, chosen


def test_coordinates_from_a_file_take_their_place(grid: Source) -> None:
    choices, _ = choose(
        grid, Settings(var=("profile",), coords={"y": "good.npy"}), VECTORS.__getitem__
    )
    axis = choices[0].field.axes[0]
    assert axis.values is not None
    assert axis.values.tolist() == [0, 1, 4]
    assert axis.units == "m"


def test_dims_name_axes_that_have_none(tmp_path: Path) -> None:
    np.save(tmp_path / "f.npy", np.zeros((3, 4)))
    with open_source(str(tmp_path / "f.npy")) as source:
        assert chosen(source) == {"f": ["0", "1"]}
        assert chosen(source, dims=("y", "x"), axis=("x",)) == {"f": ["x"]}
        with pytest.raises(UsageError, match="--dims y,x"):
            chosen(source, axis=("x",))
        with pytest.raises(UsageError, match="leave --var out"):
            chosen(source, var=("f",))


def test_selection_moves_the_start_of_an_axis(grid: Source) -> None:
    choices, _ = choose(
        grid, Settings(var=("T",), isel={"lon": (1, 3)}, halo=False), VECTORS.__getitem__
    )
    axis = choices[0].field.axes[2]
    assert (axis.start, axis.size, axis.file_window) == (1, 2, slice(1, 3))
    assert axis.values is not None
    assert axis.values.tolist() == [1, 2]
