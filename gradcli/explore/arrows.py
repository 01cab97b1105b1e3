"""Arrows and stream lines over a map: the gradient of its field, or a vector."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from gradcli.cf.roles import role_of
from gradcli.errors import InputError, UsageError
from gradcli.explore.maps import placed
from gradcli.explore.mesh import are_even, centres_of, edges_of
from gradcli.explore.panels import FIELD, Panel
from gradcli.numerics.dtypes import Array
from gradcli.record import replace

ACROSS = 30  # arrows from one side to the other
STREAMS = 120  # points of the grid of stream lines in each direction
LONGEST = 95  # the percentile of lengths that is drawn as long as arrows are apart
INK = "0.08"


class Flow(NamedTuple):
    """A vector at every point of a picture: its components upwards and to the right.

    Attributes
    ----------
    up, right : Panel
        Along the first and the second dimension.
    slope : bool
        Whether it is a gradient, which is drawn at right angles to lines of equal values.
    """

    up: Panel
    right: Panel
    slope: bool


def flow_of(panels: Sequence[Panel], origin: str) -> Flow:
    """Return the gradient of a field that is among some panels.

    Raises
    ------
    InputError
        Its components along the two axes that are shown are not there.
    """
    found = {
        panel.along: panel
        for panel in panels
        if panel.origin == origin and panel.operator == "gradient" and panel.along is not None
    }
    if 0 not in found or 1 not in found:
        raise InputError(
            f"{origin}: arrows need its derivatives along both axes that are shown; choose them "
            "with --axis, and other axes with --at"
        )
    return Flow(found[0], found[1], True)


def vector_of_panels(u: Panel, v: Panel, first: int) -> tuple[Panel, Flow]:
    """Return the length of a vector as a panel, and the vector.

    Parameters
    ----------
    u, v : Panel
        Its components.
    first : int
        The dimension of the panels that the first one points along.
    """
    if u.values.shape != v.values.shape:
        raise InputError(
            f"{u.name} and {v.name}: their shapes differ, so they are not the components of a "
            "vector"
        )
    names = [panel.name.rpartition("/")[2] for panel in (u, v)]
    name = f"|({', '.join(names)})|"
    units = f" [{u.units}]" if u.units and u.units != "1" else ""
    title = f"{name}{units}" + (f", {u.held}" if u.held else "")
    length = replace(
        u, name=name, title=title, values=np.hypot(u.values, v.values), operator="length"
    )
    return length, Flow(*((u, v) if first == 0 else (v, u)), False)


def draw_flow(ax: Any, flow: Flow, kind: str) -> None:
    """Draw a vector over a map that has its final limits."""
    if kind == "arrows":
        _arrows(ax, flow)
    else:
        _streams(ax, flow)


def _arrows(ax: Any, flow: Flow) -> None:
    steps = [max(1, -(-size // ACROSS)) for size in flow.up.values.shape]
    # From half a step inwards, so that arrows do not crowd at one end.
    every = tuple(slice(step // 2, None, step) for step in steps)
    x, y, right, up = (part[every] for part in _on_screen(ax, flow))
    size = np.hypot(right, up)
    known = np.isfinite(size) & np.isfinite(x) & np.isfinite(y)
    if not (size[known] > 0).any():
        return
    longest = float(np.percentile(size[known & (size > 0)], LONGEST))
    with np.errstate(invalid="ignore"):
        shrunk = np.minimum(1.0, longest / np.where(size > 0, size, 1.0)) / longest
    apart = 0.95 / max(size.shape)
    ax.quiver(
        x[known],
        y[known],
        (right * shrunk)[known],
        (up * shrunk)[known],
        angles="uv",
        scale=1 / apart,
        scale_units="width",
        width=0.0026,
        headwidth=4,
        headlength=4.5,
        headaxislength=4,
        minlength=0.6,
        pivot="mid",
        color=INK,
    )


def _on_screen(ax: Any, flow: Flow) -> tuple[Array, Array, Array, Array]:
    """Return the points in the coordinates of a picture, and the vector as it points on it."""
    right, up = flow.right.values, flow.up.values
    if flow.up.positions is not None:
        return _on_lines(flow)
    y, x = np.meshgrid(*(centres_of(axis) for axis in flow.up.axes), indexing="ij")
    if ax.get_aspect() == "auto":
        (left, far), (low, high) = ax.get_xlim(), ax.get_ylim()
        across, along = far - left, high - low
        power = 1 if flow.slope else -1
        right, up = right * across**power, up * along**power
        return x, y, right, up
    signs = [np.sign(b - a) for a, b in (ax.get_xlim(), ax.get_ylim())]
    return x, y, right * signs[0], up * signs[1]


def _on_lines(flow: Flow) -> tuple[Array, Array, Array, Array]:
    """Return the same on a curvilinear grid."""
    x, y, place = placed(flow.up)
    right, up = flow.right.values, flow.up.values
    assert flow.up.positions is not None
    if place is None or _along_grid(flow):
        # Along the lines of the grid.
        ways = []
        for dimension in (1, 0):
            dx, dy = np.gradient(x, axis=dimension), np.gradient(y, axis=dimension)
            size = np.hypot(dx, dy)
            ways.append((dx / size, dy / size))
        (ax_, ay), (bx, by) = ways
        return x, y, right * ax_ + up * bx, right * ay + up * by
    if place.plain:
        return x, y, right, up
    lon, lat = flow.up.positions
    step = 1e-3
    ways = []
    for east, north in ((step / np.cos(np.radians(np.clip(lat, -89.9, 89.9))), 0.0), (0.0, step)):
        ahead, behind = (
            place.forward(lon + sign * east, np.clip(lat + sign * north, -90, 90))
            for sign in (1, -1)
        )
        dx, dy = ahead[0] - behind[0], ahead[1] - behind[1]
        size = np.hypot(dx, dy)
        ways.append((dx / size, dy / size))
    (ax_, ay), (bx, by) = ways
    return x, y, right * ax_ + up * bx, right * ay + up * by


def _along_grid(flow: Flow) -> bool:
    """Return whether components point along the axes of the grid, not east and north."""
    names = [str(axis.name) for axis in flow.up.axes]
    return flow.slope and flow.up.name.endswith(f"_d{names[0]}")


def _streams(ax: Any, flow: Flow) -> None:
    if flow.up.positions is not None:
        raise UsageError("--kind stream: not available on curvilinear grids; use --kind arrows")
    y, x = (centres_of(axis) for axis in flow.up.axes)
    right, up = flow.right.values, flow.up.values
    if x[0] > x[-1]:
        x, right, up = x[::-1], right[:, ::-1], up[:, ::-1]
    if y[0] > y[-1]:
        y, right, up = y[::-1], right[::-1], up[::-1]
    if ax.get_aspect() == "auto" and flow.slope:
        right, up = right * (x[-1] - x[0]) ** 2, up * (y[-1] - y[0]) ** 2
    even = [np.linspace(axis[0], axis[-1], min(len(axis), STREAMS)) for axis in (y, x)]
    if not (are_even(edges_of(y)) and are_even(edges_of(x))) or max(right.shape) > STREAMS:
        right, up = (_between(part, (y, x), (even[0], even[1])) for part in (right, up))
    limits = ax.get_xlim(), ax.get_ylim()
    if not (np.isfinite(right) & np.isfinite(up) & (np.hypot(right, up) > 0)).any():
        return
    ax.streamplot(
        even[1],
        even[0],
        np.ma.masked_invalid(right),
        np.ma.masked_invalid(up),
        color=INK,
        linewidth=0.7,
        arrowsize=0.8,
        density=1.2,
    )
    ax.set_xlim(limits[0])
    ax.set_ylim(limits[1])


def _between(values: Array, given: tuple[Array, Array], wanted: tuple[Array, Array]) -> Array:
    """Return values between the points of a grid, linear along both axes.

    >>> axes = np.array([0.0, 1.0]), np.array([0.0, 2.0])
    >>> _between(np.array([[0.0, 2.0], [1.0, 3.0]]), axes, (np.array([0.5]), np.array([1.0])))
    array([[1.5]])
    """
    for axis in (0, 1):
        at = np.interp(wanted[axis], given[axis], np.arange(float(len(given[axis]))))
        low = np.clip(at.astype(int), 0, max(len(given[axis]) - 2, 0))
        high = np.minimum(low + 1, len(given[axis]) - 1)
        share = np.expand_dims(at - low, 1 - axis)
        first, second = values.take(low, axis), values.take(high, axis)
        values = np.where(share == 0, first, first * (1 - share) + second * share)
    return values


def dimension_of_first(panel: Panel, axes: Sequence[str]) -> int:
    """Return the dimension that the first component of a vector points along.

    As for the operators of vectors: the first axis of ``--axis``, or else x, or the slower axis.
    """
    names = [(axis.name, role_of(axis)) for axis in panel.axes]
    for wanted in axes:
        for place, known in enumerate(names):
            if wanted in known:
                return place
    roles = [role for _, role in names]
    if "x" in roles and "y" in roles:
        return roles.index("x")
    return 1 if panel.operator == FIELD and panel.positions is not None else 0
