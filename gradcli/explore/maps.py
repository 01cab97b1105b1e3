"""Maps: the values of a panel as colours, where they lie."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from gradcli.explore.coast import Coasts, Frame, Line, degrees_east, degrees_north
from gradcli.explore.framing import name_axis, place_ticks, points_down
from gradcli.explore.layout import UNEQUAL, are_alike
from gradcli.explore.mesh import are_even, centres_of, corners_of, edges_of, on_a_disc
from gradcli.explore.panels import Panel
from gradcli.explore.places import Place
from gradcli.explore.scales import MISSING, Scale, drawable, scale_of
from gradcli.numerics.dtypes import Array

PALE = 0.7  # of the colours that lie below arrows
COAST = "0.15"
LINES = {"color": "0.35", "linewidth": 0.4, "alpha": 0.6}


class Drawn(NamedTuple):
    """A panel that was drawn: what a colour bar needs, and the form of its box.

    Attributes
    ----------
    drawn : object
        What has the colours.
    scale : Scale
    ratio : float or None
        How many times wider than high the box is; None for any.
    """

    drawn: Any
    scale: Scale
    ratio: float | None


def draw_map(
    ax: Any, panel: Panel, coasts: Coasts, inches: tuple[float, float], below: bool = False
) -> Drawn:
    """Draw a panel into a box of a height and a width; ``below`` arrows it is paler."""
    scale = scale_of(panel)
    colours = {"cmap": colours_of(scale.name, below), "vmin": scale.low, "vmax": scale.high}
    if panel.positions is None:
        drawn, frame, place = _rows(ax, panel, colours, inches)
    else:
        drawn, frame, place = _curved(ax, panel, colours)
    ratio = (frame.right - frame.left) / (frame.high - frame.low or 1.0)
    equal = panel.positions is not None or are_alike(*panel.axes)
    equal = equal and 1 / UNEQUAL <= ratio <= UNEQUAL
    ax.set_aspect("equal" if equal else "auto")
    ax.set_xlim(frame.left, frame.right)
    ax.set_ylim(frame.low, frame.high)
    if panel.positions is None and points_down(panel.axes[0]):
        ax.invert_yaxis()
    if place is not None:
        _earth(ax, place, frame, coasts, inches)
    return Drawn(drawn, scale, ratio if equal else None)


def colours_of(name: str, pale: bool = False) -> Any:
    """Return a colour map with grey for what is missing, paler if arrows lie over it."""
    from matplotlib import colormaps
    from matplotlib.colors import ListedColormap

    made = colormaps[name]
    if pale:
        made = ListedColormap(PALE * made(np.linspace(0, 1, 256)) + 1 - PALE)
    return made.with_extremes(bad=MISSING)


def _rows(
    ax: Any, panel: Panel, colours: dict[str, Any], inches: tuple[float, float]
) -> tuple[Any, Frame, Place | None]:
    """Draw a grid whose lines are those of its axes."""
    y, x = (centres_of(axis) for axis in panel.axes)
    values = drawable(panel.values)
    if x[0] > x[-1]:
        x, values = x[::-1], values[:, ::-1]
    if y[0] > y[-1]:
        y, values = y[::-1], values[::-1]
    right, up = edges_of(x), edges_of(y)
    masked = np.ma.masked_invalid(values)
    if are_even(right) and are_even(up):
        drawn: Any = ax.imshow(
            masked,
            origin="lower",
            extent=(right[0], right[-1], up[0], up[-1]),
            interpolation="nearest",
            aspect="auto",
            **colours,
        )
    else:
        drawn = ax.pcolormesh(right, up, masked, rasterized=True, **colours)
    name_axis(ax.xaxis, panel.axes[1], right[0], right[-1], inches[1])
    name_axis(ax.yaxis, panel.axes[0], up[0], up[-1], inches[0])
    return drawn, Frame(right[0], right[-1], up[0], up[-1]), panel.place


def _curved(ax: Any, panel: Panel, colours: dict[str, Any]) -> tuple[Any, Frame, Place | None]:
    """Draw a grid whose lines run in any direction."""
    assert panel.positions is not None
    x, y, place = placed(panel)
    right, up = corners_of(x), corners_of(y)
    nowhere = _at_cells(~(np.isfinite(right) & np.isfinite(up)), np.any)
    if place is not None and place.plain:
        nowhere |= _at_cells(right, np.ptp) > 180
    shown = np.ma.array(drawable(panel.values), mask=nowhere | ~np.isfinite(panel.values))
    missing = np.ma.array(np.zeros(shown.shape), mask=nowhere | np.isfinite(panel.values))
    frame = Frame(
        float(np.nanmin(right)), float(np.nanmax(right)), float(np.nanmin(up)), float(np.nanmax(up))
    )
    right, up = np.nan_to_num(right, nan=frame.left), np.nan_to_num(up, nan=frame.low)
    from matplotlib.colors import ListedColormap

    if not missing.mask.all():
        ax.pcolormesh(right, up, missing, cmap=ListedColormap([MISSING]), rasterized=True)
    drawn = ax.pcolormesh(right, up, shown, rasterized=True, **colours)
    if place is not None and not place.plain:
        ax.set_xticks([])
        ax.set_yticks([])
    return drawn, frame, place


def _at_cells(corners: Array, rule: Any) -> Array:
    """Return what a rule says of the four corners of each cell."""
    four = np.stack([corners[1:, 1:], corners[1:, :-1], corners[:-1, 1:], corners[:-1, :-1]])
    found: Array = rule(four, axis=0)
    return found


def placed(panel: Panel) -> tuple[Array, Array, Place | None]:
    """Return where the points of a curvilinear grid lie in a picture, and on the Earth."""
    assert panel.positions is not None
    x, y = panel.positions
    place = panel.place
    if place is None:
        return x, y, None
    disc = on_a_disc(x, y)
    if disc is not None:
        return (*disc.forward(x, y), disc)
    return (x + 180) % 360 - 180 if np.nanmax(np.abs(np.diff(x))) > 180 else x, y, place


def _earth(
    ax: Any, place: Place, frame: Frame, coasts: Coasts, inches: tuple[float, float]
) -> None:
    """Draw coast lines and a graticule."""
    from matplotlib.collections import LineCollection

    coast = coasts.inside(place, frame)
    ax.add_collection(
        LineCollection(coast, colors=COAST, linewidths=0.6, label="coast"), autolim=False
    )
    if place.plain:
        ax.grid(**LINES)
        place_ticks(ax.xaxis, frame.left, frame.right, inches[1])
        place_ticks(ax.yaxis, frame.low, frame.high, inches[0])
        ax.xaxis.set_major_formatter(lambda value, _: degrees_east(value))
        ax.yaxis.set_major_formatter(lambda value, _: degrees_north(value))
        return
    lines = coasts.graticule(place, frame)
    ax.add_collection(
        LineCollection(
            [line.points for line in lines], colors=LINES["color"], linewidths=0.4, alpha=0.6
        ),
        autolim=False,
    )
    _name_lines(ax, lines, frame)


def _name_lines(ax: Any, lines: list[Line], frame: Frame) -> None:
    """Write the names of the lines of a graticule, each once, where there is room."""
    from matplotlib import patheffects

    halo = [patheffects.withStroke(linewidth=1.5, foreground="white", alpha=0.7)]
    taken: list[tuple[float, float]] = []
    width, height = frame.right - frame.left, frame.high - frame.low
    for name, points in sorted(lines, key=lambda line: -len(line.points)):
        if any(name == text.get_text() for text in ax.texts):
            continue
        share = (points - (frame.left, frame.low)) / (width, height)
        inside = ((share > 0.08) & (share < 0.92)).all(axis=-1)
        for spot in np.flatnonzero(inside)[:: max(1, int(inside.sum()) // 12)]:
            at = share[spot]
            if all(abs(at[0] - x) > 0.12 or abs(at[1] - y) > 0.05 for x, y in taken):
                taken.append((at[0], at[1]))
                ax.text(
                    *points[spot],
                    name,
                    fontsize=5.5,
                    color="0.2",
                    ha="center",
                    va="center",
                    path_effects=halo,
                    clip_on=True,
                )
                break
