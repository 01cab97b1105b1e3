"""The order of files, overlaps and gaps."""

from __future__ import annotations

import numpy as np
import pytest

from gradcli.errors import InputError
from gradcli.formats.series.order import Piece, order_of, refuse_seams
from gradcli.model.axes import Axis

AXIS = Axis("t", 9)


def pieces(*values: list[float]) -> list[Piece]:
    return [Piece(f"{number}.nc", np.array(each)) for number, each in enumerate(values)]


@pytest.mark.parametrize(
    ("values", "order"),
    [
        (([4.0], [1.0], [3.0], [2.0]), [1, 3, 2, 0]),
        (([4.0, 5.0], [1.0, 2.0], [3.0]), [1, 2, 0]),
        (([2.0, 1.0], [3.0], [5.0, 4.0]), [2, 1, 0]),
    ],
)
def test_files_stand_in_the_order_of_their_coordinates(
    values: tuple[list[float], ...], order: list[int]
) -> None:
    assert order_of(pieces(*values), AXIS) == order


@pytest.mark.parametrize(
    ("values", "says"),
    [
        (([1.0, 2.0], [4.0, 3.0]), "^1.nc: axis t: falls, which it does not in 0.nc"),
        (([1.0, 2.0], [3.0, np.nan]), "^1.nc: axis t: has no coordinate at index 1"),
    ],
)
def test_what_has_no_order(values: tuple[list[float], ...], says: str) -> None:
    with pytest.raises(InputError, match=says):
        order_of(pieces(*values), AXIS)


@pytest.mark.parametrize(
    ("values", "says"),
    [
        (([1.0, 2.0], [2.0, 3.0]), "^1.nc: axis t: begins at 2.0, which 0.nc has passed"),
        (([1.0, 2.0, 5.0], [3.0, 4.0]), "^1.nc: .* do not overlap"),
        (([1.0, 2.0], [3.0, 4.0], [6.0, 7.0]), "^2.nc: .*, and 1.nc ends at 4.0: a gap of 2"),
        (([1.0], [2.0], [3.0], [4.0], [6.0], [7.0]), "a gap of 2, where steps are 1;"),
        (([9.0, 8.0], [5.0, 4.0, 3.0]), "^1.nc: .* 0.nc ends at 8.0: a gap of 3"),
    ],
)
def test_seams_that_are_refused(values: tuple[list[float], ...], says: str) -> None:
    with pytest.raises(InputError, match=says):
        refuse_seams(pieces(*values), AXIS)


@pytest.mark.parametrize(
    "values",
    [
        ([1.0, 2.0], [3.0, 4.0]),
        ([0.0, 31.0], [59.0, 90.0], [120.0]),  # months
        ([1.0, 1.5], [4.0, 4.2], [9.0]),  # uneven: no step is the usual one
        ([1.0, 2.0, 7.0], [8.0, 9.0]),  # a gap within a file is an uneven step
        ([1.0],),
        ([1.0], [5.0]),
    ],
)
def test_seams_that_are_fine(values: tuple[list[float], ...]) -> None:
    refuse_seams(pieces(*values), AXIS)
