"""Choose where the lengths of a C grid come from: terms of the file, or positions of the points."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from gradcli.cf.roles import is_latitude, is_longitude, radians_in
from gradcli.errors import InputError, UsageError
from gradcli.geometry.cells import Lengths, fits
from gradcli.geometry.distances import PlaceLengths
from gradcli.geometry.staggered import CGrid
from gradcli.geometry.stored import FAMILIES, InverseLengths, MapFactors, StoredLengths
from gradcli.geometry.terms import earth_of, refuse_mixed_degrees
from gradcli.model.axes import axis_label
from gradcli.model.fields import Field
from gradcli.model.metric import Metric
from gradcli.model.protocols import Source
from gradcli.numerics.operator import Operator

if TYPE_CHECKING:
    from gradcli.model.axes import Axis


def lengths_of(
    source: Source, grid: CGrid, metric: Metric, operators: tuple[Operator, ...]
) -> Lengths:
    """Return where the lengths come from.

    Terms of the file go first, unless the metric is ``none``: then coordinates stand as they are.

    Raises
    ------
    UsageError
        The points are known by longitude and latitude, and there is no metric.
    InputError
        Nothing says how far the points are apart.
    """
    corners = {operator.name == "curl" for operator in operators}
    if metric.name != "none":
        named = {name.lower(): found for name, found in source.fields.items()}
        for find in (_stored, _inverse, _map_factors):
            found = find(source, grid, named, corners)
            if found is not None:
                return found
    return _by_places(source, grid, metric, operators)


def _points(grid: CGrid) -> dict[str, tuple[Axis, ...]]:
    return {"t": grid.axes(False), "f": grid.axes(True), "u": grid.u.axes, "v": grid.v.axes}


def _stored(
    source: Source, grid: CGrid, named: Mapping[str, Field], corners: set[bool]
) -> StoredLengths | None:
    needed = {side for at in corners for side in (("e1u", "e2v") if at else ("e2u", "e1v"))}
    points = _points(grid.whole(source))
    for family in FAMILIES:
        terms = {
            term: found
            for term, name in family.items()
            if (found := named.get((grid.u.group + name).lower())) is not None
            and fits(found, grid, points[term[-1]])
        }
        if needed <= set(terms):
            for point in "tf":  # both, or neither
                if not {f"e1{point}", f"e2{point}"} <= set(terms):
                    terms.pop(f"e1{point}", None)
                    terms.pop(f"e2{point}", None)
            used = {term for term in terms if term in needed}
            used |= {t for at in corners for t in terms if t[-1] == ("f" if at else "t")}
            return StoredLengths(grid, terms, tuple(terms[t].base for t in sorted(used)))
    return None


def _inverse(
    source: Source, grid: CGrid, named: Mapping[str, Field], corners: set[bool]
) -> InverseLengths | None:
    pm, pn = (named.get((grid.u.group + name).lower()) for name in ("pm", "pn"))
    if pm is None or pn is None:
        return None
    centres = grid.whole(source).axes(False)
    return InverseLengths(grid, pm, pn) if all(fits(f, grid, centres) for f in (pm, pn)) else None


def _map_factors(
    source: Source, grid: CGrid, named: Mapping[str, Field], corners: set[bool]
) -> MapFactors | None:
    steps = [_number(source.header.get(name)) for name in ("DX", "DY")]
    whole = grid.whole(source)
    points = {"u": whole.u.axes, "v": whole.v.axes, "m": whole.axes(False)}
    factors = {}
    for point, axes in points.items():
        for way in "xy":
            names = (f"mapfac_{point}{way}", f"mapfac_{point}")
            every = (named.get(grid.u.group.lower() + name) for name in names)
            found = next((f for f in every if f is not None and fits(f, grid, axes)), None)
            if found is not None:
                factors[point + way] = found
    if len(factors) < 6 or steps[0] is None or steps[1] is None:
        return None
    return MapFactors(grid, (steps[0], steps[1]), factors)


def _number(value: Any) -> float | None:
    array = np.asarray(0.0 if value is None else value)
    good = array.size == 1 and array.dtype.kind in "iuf" and float(array.reshape(-1)[0]) > 0
    return float(array.reshape(-1)[0]) if good else None


def _by_places(
    source: Source, grid: CGrid, metric: Metric, operators: tuple[Operator, ...]
) -> PlaceLengths:
    charts = grid.charts
    if None in charts:
        return _by_axes(grid, metric, operators)
    x, y = charts[0].x.axis, charts[0].y.axis  # type: ignore[union-attr]
    angles = [chart.angles for chart in charts if chart is not None]
    if angles[0] != angles[1]:
        raise InputError(f"{grid.u.base} and {grid.v.base}: only one has longitude and latitude")
    used = tuple(str(s.axis.name) for c in charts if c is not None for s in (c.x, c.y))
    return _placed(grid, metric, operators, angles[0], (x, y), used)


def _by_axes(grid: CGrid, metric: Metric, operators: tuple[Operator, ...]) -> PlaceLengths:
    axes = [part.axes[place] for part in (grid.u, grid.v) for place in (grid.x, grid.y)]
    bare = [axis_label((axis,), 0) for axis in axes if axis.values is None]
    if bare:
        raise InputError(
            f"{grid.u.base} and {grid.v.base} lie on the faces of a C grid, and nothing says how "
            f"long its steps are: {', '.join(dict.fromkeys(bare))} have no coordinates; the file "
            "needs lengths (e1t, e2u …; pm, pn; dxCu …; MAPFAC with DX and DY), longitude and "
            "latitude of the points of both, or coordinates along their dimensions"
        )
    angles = all(is_longitude(axis) or is_latitude(axis) for axis in axes)
    return _placed(grid, metric, operators, angles, (axes[0], axes[1]), ())


def _placed(
    grid: CGrid,
    metric: Metric,
    operators: tuple[Operator, ...],
    angles: bool,
    axes: tuple[Axis, Axis],
    used: tuple[str, ...],
) -> PlaceLengths:
    if metric.on_earth and not angles:
        raise UsageError(
            f"{grid.u.base}: --metric {metric.name} needs longitude and latitude; {axes[0].name} "
            f"and {axes[1].name} are none"
        )
    if angles:
        refuse_mixed_degrees(grid.u, metric, operators)
    if not angles and axes[0].units != axes[1].units:
        raise InputError(
            f"{axes[0].name} and {axes[1].name} differ in units: {axes[0].units} and "
            f"{axes[1].units}"
        )
    if not metric.on_earth:
        units = "degree" if angles else axes[0].units
        turn = 2 * np.pi / radians_in(axes[0]) if angles else None
        return PlaceLengths(grid, None, "none", units, used, turn)
    earth, text = earth_of(metric)
    return PlaceLengths(grid, earth, text, "m", used)
