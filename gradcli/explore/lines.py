"""Lines: the values of a panel along its only axis."""

from __future__ import annotations

from typing import Any

import numpy as np

from gradcli.explore.framing import name_axis
from gradcli.explore.mesh import centres_of
from gradcli.explore.panels import FIELD, Panel

FEW = 60  # points that are marked one by one
COLOURS = {FIELD: "#2c5f8a"}  # of fields; derivatives have another one
DERIVED = "#b2452f"


def draw_line(ax: Any, panel: Panel, named: bool, inches: float) -> None:
    """Draw a panel so wide; ``named`` says whether its axis gets a name and numbers."""
    (axis,) = panel.axes
    x = centres_of(axis)
    values = np.where(np.isfinite(panel.values), panel.values, np.nan)
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
