"""Two-point differences between staggered points."""

from __future__ import annotations

import numpy as np
import pytest

from gradcli.numerics.faces import FaceStencil


@pytest.mark.parametrize("shift", [-1, 0])
@pytest.mark.parametrize("axis", [0, 1])
def test_rows_take_the_points_beside_them(shift: int, axis: int) -> None:
    values = np.random.default_rng(1).normal(size=(7, 9))
    stencil = FaceStencil(values.shape[axis], (), shift=shift)
    reach = stencil.reach(slice(2, 5))
    assert (reach.start, reach.stop) == (2 + shift, 6 + shift)
    part = values.take(range(reach.start, reach.stop), axis)
    out = np.empty_like(part.take(range(3), axis))
    stencil.apply(part, slice(2, 5), axis, out)
    np.testing.assert_array_equal(
        out, np.diff(values, axis=axis).take(range(2 + shift, 5 + shift), axis)
    )
    assert stencil.halo() == 1
    assert stencil.gain() == np.sqrt(2)


def test_a_missing_point_makes_both_differences_missing() -> None:
    out = np.empty(3)
    FaceStencil(3, ()).apply(np.array([1.0, np.nan, 3.0, 5.0]), slice(0, 3), 0, out)
    np.testing.assert_array_equal(out, [np.nan, np.nan, 2.0])
