"""Positions of the points of a curvilinear grid: two-dimensional coordinates, read and checked."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from gradcli.cf.roles import MOST_LATITUDE, MOST_LONGITUDE, radians_in
from gradcli.errors import InputError
from gradcli.geometry.auxiliary import Chart, Sheet
from gradcli.geometry.factors import BAND
from gradcli.model.arrangement import Read, read_points
from gradcli.model.axes import axis_label
from gradcli.model.fields import Field
from gradcli.model.protocols import Source
from gradcli.record import record

if TYPE_CHECKING:
    from gradcli.numerics.dtypes import Array


LARGEST = 1e19  # metres, or other lengths; fill values are larger (1e20, 9.96921e36)


@record(frozen=True, eq=False)
class Positions:
    """The coordinates of a chart over the selected part of a grid.

    Attributes
    ----------
    chart : Chart
    origin : Field
        A field on the grid.
    parts : tuple of slice, or None
        The part of the slower and of the faster axis to read; None for all of both.
    """

    chart: Chart
    origin: Field
    parts: tuple[slice, slice] | None = None

    @property
    def sizes(self) -> tuple[int, ...]:
        """Number of points along the slower and the faster axis."""
        windows = map(self._part, self.chart.over)
        return tuple(part.stop - part.start for part in windows)

    @property
    def key(self) -> object:
        """Key that is equal for all fields on the same coordinates."""
        return tuple(
            (
                sheet.field.name if sheet.field else id(sheet.values),
                *((self._part(place).start, self._part(place).stop) for place in sheet.places),
            )
            for sheet in (self.chart.x, self.chart.y)
        )

    def _part(self, place: int) -> slice:
        axis, over = self.origin.axes[place], self.chart.over
        if place not in over:
            return axis.written().file_window
        if self.parts is None:
            return axis.file_window
        part = self.parts[over.index(place)]
        return slice(axis.start + part.start, axis.start + part.stop)

    @property
    def step(self) -> int | None:
        """The axis of the field, such as time, along which the coordinates may change."""
        return next((p for s in self.sheets for p in s.places if p not in self.chart.over), None)

    @property
    def sheets(self) -> tuple[Sheet, Sheet]:
        """The coordinates eastward and northward."""
        return self.chart.x, self.chart.y

    def move(self, source: Source) -> bool:
        """Return whether the first rows of the coordinates differ between a few steps."""
        if 0 in self.sizes:
            return False
        rows, columns = slice(0, 1), slice(0, self.sizes[1])
        for sheet in self.sheets:
            steps = self._steps(sheet)
            count = len(steps)
            some = sorted({0, count // 2, count - 1}) if count > 1 else []
            parts = [slice(steps[k], steps[k] + 1) for k in some]
            read = [self.window(source, sheet, part, rows, columns) for part in parts]
            if any(not np.array_equal(read[0], other, equal_nan=True) for other in read[1:]):
                return True
        return False

    def check(self, source: Source) -> None:
        """Read the coordinates once, to raise those errors of `still` that no field decides."""
        self.still(source)

    def read(self, source: Source, land: Array | None = None) -> tuple[Array, Array, float]:
        """Return what `still` returns; raise InputError if the coordinates change."""
        found = self.still(source, land)
        if found is None:
            names = " and ".join(str(sheet.axis.name) for sheet in self.sheets)
            label = axis_label(self.origin.axes, self.step or 0)
            raise InputError(
                f"{names} change along {label}, and are needed as those of one step here; "
                f"select one (--isel {label}=0)"
            )
        return found

    def still(self, source: Source, land: Array | None = None) -> tuple[Array, Array, float] | None:
        """Return x, y and their rounding error, in radians if they are longitude and latitude.

        The result is None if they change from step to step.

        Both are NaN at points that have no place: whose coordinates are missing, or are numbers
        that only mark missing ones, such as a latitude beyond a pole. ``land`` says at which points
        the coordinates may be anything.

        Raises
        ------
        InputError
            No point has a place.
        """
        x, y = (self._sheet(source, sheet) for sheet in self.sheets)
        if x is None or y is None:
            return None
        if self.mark_missing(x, y).all() and x.size:
            raise InputError(self._nowhere(source))
        used: Array = np.array(True) if land is None else ~land
        rounding = max(
            sheet.axis.precision
            * float(np.fmax.reduce(np.abs(values), axis=None, initial=0.0, where=used))
            for sheet, values in zip(self.sheets, (x, y), strict=True)
        )
        if self.chart.angles:
            rounding *= radians_in(self.chart.x.axis)
            for sheet, values in zip(self.sheets, (x, y), strict=True):
                np.multiply(values, radians_in(sheet.axis), out=values)
        return x, y, rounding

    def at(self, a: int, b: int, step: int | None = None) -> str:
        """Return the indices in the file of a point of the parts as text, for messages."""
        axes = self.origin.axes
        where = [*zip(self.chart.over, (a, b), strict=True)]
        if step is not None and self.step is not None:
            where.insert(0, (self.step, step))
        return ", ".join(
            f"{axis_label(axes, place)} index {index + self._first(place)}"
            for place, index in where
        )

    def _first(self, place: int) -> int:
        axis = self.origin.axes[place]
        return self._part(place).start if place in self.chart.over else axis.start

    def mark_missing(self, x: Array, y: Array) -> Array:
        """Make both coordinates NaN at points where one of them is none, and return where."""
        limits = self._limits
        with np.errstate(invalid="ignore"):
            lost: Array = ~((np.abs(x) <= limits[0]) & (np.abs(y) <= limits[1]))
        for values in (x, y):
            values[lost] = np.nan
        return lost

    @property
    def _limits(self) -> list[float]:
        """The largest x and y that are places."""
        if not self.chart.angles:
            return [LARGEST, LARGEST]
        ends = np.radians((MOST_LONGITUDE, MOST_LATITUDE))
        return [end / radians_in(s.axis) for end, s in zip(ends, self.sheets, strict=True)]

    def _nowhere(self, source: Source) -> str:
        names = f"{self.chart.x.axis.name} and {self.chart.y.axis.name}"
        y = self._sheet(source, self.chart.y)
        assert y is not None
        with np.errstate(invalid="ignore"):
            beyond = np.argwhere(np.abs(y) > self._limits[1])
        why = "missing, or no places"
        if self.chart.angles and len(beyond):
            value = f"{y[tuple(beyond[0])]:.10g}"
            why = f"missing, or no places: latitude {value} at {self.at(*beyond[0])} lies beyond "
            why += "the pole"
        return f"{names}: at every point one of them is {why}"

    def _steps(self, sheet: Sheet) -> range:
        """Return the steps of a sheet that are selected."""
        for place in sheet.places:
            if place not in self.chart.over:
                points = self.origin.axes[place].points
                return range(points.start, points.stop)
        return range(1)

    def _bands(self, sheet: Sheet) -> Iterator[tuple[slice, slice]]:
        """Yield windows of what is read, in the order in which a sheet is stored."""
        outer = self.chart.over.index(next(p for p in sheet.places if p in self.chart.over))
        size, beside = self.sizes[outer], self.sizes[1 - outer]
        band = max(1, BAND // max(1, beside))
        for first in range(0, size, band):
            part, whole = slice(first, min(first + band, size)), slice(0, beside)
            yield (part, whole) if outer == 0 else (whole, part)

    def _sheet(self, source: Source, sheet: Sheet) -> Array | None:
        """Read a sheet of which all steps are the same; return None if they are not."""
        found = np.empty(self.sizes)
        corner = [0, 0] if self.parts is None else [part.start for part in self.parts]
        for rows, columns in self._bands(sheet):
            into = found[rows, columns]
            window = [
                slice(part.start + first, part.stop + first)
                for part, first in zip((rows, columns), corner, strict=True)
            ]
            for number, step in enumerate(self._steps(sheet)):
                values = self.window(source, sheet, slice(step, step + 1), *window)[0]
                if number == 0:
                    into[...] = values
                elif not np.array_equal(into, values, equal_nan=True):
                    return None
        return found

    def window(
        self, source: Source, sheet: Sheet, steps: slice, rows: slice, columns: slice
    ) -> Array:
        """Read a window of a sheet: steps, then the slower and the faster axis of the field.

        A sheet without steps has one.
        """
        slow, fast = self.chart.over
        wanted = {slow: rows, fast: columns}
        at = {place: wanted.get(place, steps) for place in sheet.places}
        starts = {place: self.origin.axes[place].start for place in sheet.places}
        window = tuple(
            slice(part.start + starts[place], part.stop + starts[place])
            for place, part in at.items()
        )
        if sheet.values is not None:
            values = sheet.values[window]
        else:
            assert sheet.field is not None
            read: Read = partial(source.read, sheet.field.name)
            for index, place in enumerate(sheet.places):
                if (made := self.origin.axes[place].arrangement) is not None:
                    read = partial(read_points, read, index, made, 1)
            values = read(window)
        order = [sheet.places.index(place) for place in (slow, fast)]
        order = [i for i in range(len(window)) if i not in order] + order
        values = np.array(np.transpose(values, order), dtype=np.float64, order="C")
        return values if len(order) == 3 else values[None]
