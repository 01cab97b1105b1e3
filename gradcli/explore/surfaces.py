"""Surfaces: the values of a panel as heights over its two axes."""

from __future__ import annotations

from typing import Any

import numpy as np

from gradcli.explore.framing import name_axis
from gradcli.explore.maps import colours_of
from gradcli.explore.mesh import centres_of
from gradcli.explore.panels import Panel
from gradcli.explore.scales import Scale, drawable, scale_of

MOST = 80  # lines of a surface in each direction


def draw_surface(ax: Any, panel: Panel) -> tuple[Any, Scale]:
    """Draw a panel, and return what a colour bar needs."""
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import Normalize

    scale = scale_of(panel)
    if panel.positions is None:
        y, x = np.meshgrid(*(centres_of(axis) for axis in panel.axes), indexing="ij")
    else:
        x, y = panel.positions
    steps = tuple(slice(None, None, -(-size // MOST)) for size in panel.values.shape)
    x, y = x[steps], y[steps]
    z = drawable(panel.values)[steps]
    colours, norm = colours_of(scale.name), Normalize(scale.low, scale.high)
    ax.plot_surface(
        x,
        y,
        z,
        facecolors=colours(norm(z)),
        rcount=MOST,
        ccount=MOST,
        linewidth=0,
        antialiased=False,
        shade=True,
        rasterized=True,
    )
    name_axis(ax.xaxis, panel.axes[1], float(np.nanmin(x)), float(np.nanmax(x)), 2.0)
    name_axis(ax.yaxis, panel.axes[0], float(np.nanmin(y)), float(np.nanmax(y)), 1.2)
    ax.tick_params(pad=0)
    ax.view_init(elev=32, azim=-58)
    return ScalarMappable(norm, colours), scale
