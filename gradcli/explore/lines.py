"""Lines: the values of a panel along its only axis."""

from __future__ import annotations

from typing import Any

import numpy as np

from gradcli.explore.framing import name_axis
from gradcli.explore.mesh import centres_of
from gradcli.explore.panels import FIELD, Panel
from gradcli.explore.scales import drawable
from gradcli.numerics.dtypes import Array

FEW = 60  # points that are marked one by one
COLOURS = {FIELD: "#2c5f8a"}  # of fields; derivatives have another one
DERIVED = "#b2452f"


def draw_line(ax: Any, panel: Panel, named: bool, inches: float) -> None:
    """Draw a panel so wide; ``named`` says whether its axis gets a name and numbers."""
    (axis,) = panel.axes
    x, values = _apart(centres_of(axis), drawable(panel.values))
    marks = {"marker": "o", "markersize": 2.5} if len(x) <= FEW else {}
    colour = COLOURS.get(panel.operator, DERIVED)
    known = values[~np.isnan(values)]
    if panel.signed and known.size and known.min() <= 0 <= known.max():
        ax.axhline(0, color="0.6", linewidth=0.6, zorder=0)
    ax.plot(x, values, color=colour, linewidth=1.1, **marks)
    finite = x[np.isfinite(x)]
    low, high = float(finite.min()), float(finite.max())
    pad = 0.02 * (high - low)
    ax.set_xlim(low - pad, high + pad)
    ax.grid(color="0.85", linewidth=0.5)
    ax.set_axisbelow(True)
    name_axis(ax.xaxis, axis, low, high, inches)
    if not named:
        ax.set_xlabel("")
        ax.tick_params(labelbottom=False)


def _apart(x: Array, values: Array) -> tuple[Array, Array]:
    """Return points with a gap wherever the axis turns back, as between one track and the next.

    >>> _apart(np.array([0.0, 1.0, 0.0]), np.array([5.0, 6.0, 7.0]))[1]
    array([ 5.,  6., nan,  7.])
    """
    steps = np.sign(np.diff(x))
    main = np.sign(np.nansum(steps)) or 1.0
    turns = np.flatnonzero(steps == -main) + 1
    return np.insert(x, turns, np.nan), np.insert(values, turns, np.nan)
