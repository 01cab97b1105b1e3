"""Windows of weights."""

from __future__ import annotations

import numpy as np
import pytest

from gradcli.numerics import windows
from gradcli.numerics.assemble import make_stencil
from gradcli.numerics.coordinates import fit_spacing
from tests.numerics.test_adapt import adapting, apply, holed, line


def test_an_axis_too_long_for_tables_makes_weights_point_by_point(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rng = np.random.default_rng(4)
    x, values = np.cumsum(rng.uniform(0.5, 2, 5000)), holed(rng, 5000, 0.3)
    scheme = adapting(accuracy=4, edge_order=4)
    tabled, counts = line(values, fit_spacing("x", x), scheme)
    monkeypatch.setattr("gradcli.numerics.windows.TABLE_BYTES", 1000)
    monkeypatch.setattr(windows, "WORK_CELLS", 100)
    stencil = make_stencil("x", fit_spacing("x", x), scheme)
    assert not stencil.weights.kept
    made, others = apply(stencil, values, slice(0, 5000))
    assert made.tobytes() == tabled.tobytes()
    assert others == counts
