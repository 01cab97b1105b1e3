"""Select the part of a grid whose two-dimensional coordinates lie in a region."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import inf
from typing import NamedTuple

import numpy as np

from gradcli.cf.roles import is_longitude, radians_in, sheet_names
from gradcli.errors import UsageError
from gradcli.geometry.auxiliary import Chart, Sheet, sheet_of
from gradcli.geometry.factors import BAND
from gradcli.geometry.positions import Positions
from gradcli.model.axes import axis_label
from gradcli.model.blocks import Window
from gradcli.model.fields import Field
from gradcli.model.protocols import Source
from gradcli.numerics.dtypes import Array
from gradcli.numerics.earth import unit_vectors
from gradcli.plan.rounding import ROUNDINGS
from gradcli.plan.select import Span, spans_of
from gradcli.record import replace
from gradcli.settings import Settings, ValuePart

FULL = 2 * np.pi
Box = tuple[slice, slice]


class Region(NamedTuple):
    """The points of a part that lie outside the region asked for; their results are missing.

    Attributes
    ----------
    over : tuple of int
        The slower and the faster axis of the field.
    outside : ndarray of bool
        Over the selected part of these axes.
    """

    over: tuple[int, int]
    outside: Array

    def leave_out(self, values: Array, window: Window) -> None:
        """Make results in a window of the part missing where they lie outside the region."""
        rows, columns = (window[place] for place in self.over)
        outside = self.outside[rows, columns]
        shape = [1] * len(window)
        shape[self.over[0]], shape[self.over[1]] = outside.shape
        np.copyto(values, np.nan, where=outside.reshape(shape))


class _Bounds(NamedTuple):
    """Which values of a sheet are asked for, in the units that `Positions` gives."""

    name: str
    first: float
    last: float
    rounding: float
    around: bool

    def inside(self, values: Array) -> Array:
        """Return which values lie between the bounds, for a longitude eastward."""
        slack = ROUNDINGS * self.rounding * max(abs(self.first), abs(self.last), FULL)
        if self.around:
            width = self.last - self.first
            width = width if width >= 0 else width % FULL
            ahead = np.mod(values - self.first + slack, FULL)
            found: Array = (ahead <= width + 2 * slack) | (np.isfinite(values) & (width >= FULL))
            return found
        low, high = sorted((self.first, self.last))
        between: Array = (values >= low - slack) & (values <= high + slack)
        return between


class Regions:
    """Finds regions; fields on the same grid share what was found.

    Parameters
    ----------
    source : Source
    halo : bool
        Whether stencils use the neighbours outside a box.
    notes : list of str
        Notes for the user are added.
    """

    def __init__(self, source: Source, halo: bool, notes: list[str]) -> None:
        self._source, self._halo, self._notes = source, halo, notes
        self._found: dict[object, tuple[Box, Array]] = {}

    def select(
        self, chart: Chart, field: Field, asked: Mapping[str, ValuePart]
    ) -> tuple[Field, Region]:
        """Return a field whose part is the smallest box that holds a region, and the region.

        ``asked`` holds bounds by the name of a coordinate. Of two single numbers, the nearest
        point is taken.

        Raises
        ------
        UsageError
            No point lies in the region, or the coordinates do not say one.
        """
        key = (Positions(chart, field).key, *((p.start, p.stop) for p in _selected(chart, field)))
        if key not in self._found:
            self._found[key] = self._find(chart, field, asked)
        box, outside = self._found[key]
        axes = list(field.axes)
        for place, part in zip(chart.over, box, strict=True):
            cut = replace(axes[place], part=part)
            axes[place] = cut if self._halo else cut.written()
        return replace(field, axes=tuple(axes)), Region(chart.over, outside)

    def _find(
        self, chart: Chart, field: Field, asked: Mapping[str, ValuePart]
    ) -> tuple[Box, Array]:
        names = ", ".join(asked)
        every = [_bounds(chart, name, part) for name, part in asked.items()]
        if len({upright for upright, _ in every}) < len(every):
            raise UsageError(f"--sel {names}: these are the same coordinate; name it once")
        single = [name for name, (_, high) in asked.items() if high is None]
        if single and len(single) + len(every) < 4:
            raise UsageError(
                f"--sel {single[0]}: on two-dimensional coordinates give two bounds "
                f"({single[0]}=V:W), or one number for both of them: the nearest point"
            )
        find = _nearest if single else _box
        box = find(self._source, chart, field, every)
        if box is None:
            raise UsageError(f"--sel {names}: no point of the grid lies in this region")
        outside = np.zeros([part.stop - part.start for part in box], bool)
        if not single:
            for rows, found in _found(self._source, chart, field, every, box):
                outside[rows.start - box[0].start : rows.stop - box[0].start] = ~found
        over = " and ".join(axis_label(field.axes, place) for place in chart.over)
        sizes = " by ".join(map(str, outside.shape))
        told = f"{names}: the region lies in a box of {sizes} points along {over}"
        if count := int(outside.sum()):
            told += f"; {count} of these lie outside the region, and are missing"
        self._notes.append(told)
        return box, outside


def bounds_of(
    source: Source, chart: Chart | None, field: Field, settings: Settings
) -> dict[str, ValuePart]:
    """Return what ``--sel`` asks of the two-dimensional coordinates of a field."""
    needed = settings.needs_lengths
    return {
        name: part
        for name, part in settings.sel.items()
        if sheet_of(source, chart, field, name, needed) is not None
    }


def _bounds(chart: Chart, name: str, part: ValuePart) -> tuple[bool, _Bounds]:
    """Return whether bounds are those of y, and the bounds."""
    sheet = _sheet(chart, name)
    spans = spans_of(name, sheet.axis, [bound for bound in part if bound is not None], [])
    unit = radians_in(sheet.axis) if chart.angles else 1.0
    first, last = (float(_end(span)) * unit for span in (spans[0], spans[-1]))
    around = is_longitude(sheet.axis) and abs(first) < inf and abs(last) < inf
    rounding = max(sheet.axis.precision, 2.0**-52)
    return sheet is chart.y, _Bounds(name, first, last, rounding, around)


def _end(span: Span) -> float:
    return float(span.start)


def _sheet(chart: Chart, name: str) -> Sheet:
    told = name.lower()
    for sheet in (chart.x, chart.y):
        if name == sheet.axis.name or told in sheet_names(sheet.axis):
            return sheet
    raise AssertionError(name)


def _read(
    source: Source, chart: Chart, field: Field, box: Box
) -> Iterator[tuple[slice, Array, Array]]:
    """Yield rows of a box with x and y in them, a bounded number at a time."""
    step = max(1, BAND // max(1, box[1].stop - box[1].start))
    for start in range(box[0].start, box[0].stop, step):
        rows = slice(start, min(start + step, box[0].stop))
        positions = Positions(chart, field, parts=(rows, box[1]))
        x, y, _ = positions.read(source, np.ones(positions.sizes, bool))
        yield rows, x, y


def _found(
    source: Source,
    chart: Chart,
    field: Field,
    every: list[tuple[bool, _Bounds]],
    box: Box,
) -> Iterator[tuple[slice, Array]]:
    """Yield rows of a box with whether each point lies in the region."""
    for rows, x, y in _read(source, chart, field, box):
        found = np.isfinite(x) & np.isfinite(y)
        for upright, bounds in every:
            found &= bounds.inside(y if upright else x)
        yield rows, found


def _selected(chart: Chart, field: Field) -> Box:
    first, second = (field.axes[place].points for place in chart.over)
    return first, second


def _box(
    source: Source, chart: Chart, field: Field, every: list[tuple[bool, _Bounds]]
) -> Box | None:
    """Return the smallest box that holds the region, or None if no point lies in it."""
    whole = _selected(chart, field)
    rows: list[int] = []
    columns = np.zeros(whole[1].stop - whole[1].start, bool)
    for band, found in _found(source, chart, field, every, whole):
        rows += (band.start + np.flatnonzero(found.any(axis=1))).tolist()
        columns |= found.any(axis=0)
    if not rows:
        return None
    across = np.flatnonzero(columns) + whole[1].start
    return slice(rows[0], rows[-1] + 1), slice(int(across[0]), int(across[-1]) + 1)


def _nearest(
    source: Source, chart: Chart, field: Field, every: list[tuple[bool, _Bounds]]
) -> Box | None:
    """Return the point nearest to a position, on the Earth if the sheets are angles."""
    wanted = {upright: np.array(bounds.first) for upright, bounds in every}
    best, place = inf, None
    for rows, x, y in _read(source, chart, field, _selected(chart, field)):
        if chart.angles:
            here, there = unit_vectors(x, y)[0], unit_vectors(wanted[False], wanted[True])[0]
            apart = np.sqrt(((here - there) ** 2).sum(-1))
        else:
            apart = np.hypot(x - wanted[False], y - wanted[True])
        if np.nanmin(apart, initial=inf) < best:
            at = np.unravel_index(int(np.nanargmin(apart)), apart.shape)
            best, place = float(apart[at]), (rows.start + int(at[0]), int(at[1]))
    if place is None:
        return None
    column = place[1] + _selected(chart, field)[1].start
    return slice(place[0], place[0] + 1), slice(column, column + 1)
