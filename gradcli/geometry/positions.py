"""Positions of the points of a curvilinear grid: two-dimensional coordinates, read and checked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gradcli.cf.roles import MOST_LATITUDE, MOST_LONGITUDE, radians_in
from gradcli.errors import InputError
from gradcli.geometry.auxiliary import Chart, Sheet
from gradcli.geometry.factors import BAND
from gradcli.model.axes import axis_label
from gradcli.model.fields import Field
from gradcli.model.protocols import Source

if TYPE_CHECKING:
    from gradcli.numerics.dtypes import Array


LARGEST = 1e19  # metres, or other lengths; fill values are larger (1e20, 9.96921e36)


@dataclass(frozen=True, eq=False)
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

    def check(self, source: Source) -> None:
        """Read the coordinates once, to raise those errors of `read` that no field decides."""
        self.read(source)

    def read(self, source: Source, land: Array | None = None) -> tuple[Array, Array, float]:
        """Return x, y and their rounding error, in radians if they are longitude and latitude.

        Both are NaN at points that have no place: whose coordinates are missing, or are numbers
        that only mark missing ones, such as a latitude beyond a pole. ``land`` says at which points
        the coordinates may be anything.

        Raises
        ------
        InputError
            The coordinates change in time, or no point has a place.
        """
        sheets = self.chart.x, self.chart.y
        x, y = (self._sheet(source, sheet) for sheet in sheets)
        self._mark_missing(x, y)
        used: Array = np.array(True) if land is None else ~land
        rounding = max(
            sheet.axis.precision
            * float(np.fmax.reduce(np.abs(values), axis=None, initial=0.0, where=used))
            for sheet, values in zip(sheets, (x, y), strict=True)
        )
        if self.chart.angles:
            rounding *= radians_in(self.chart.x.axis)
            for sheet, values in zip(sheets, (x, y), strict=True):
                np.multiply(values, radians_in(sheet.axis), out=values)
        return x, y, rounding

    def at(self, a: int, b: int) -> str:
        """Return the indices in the file of a point of the parts as text, for messages."""
        axes = self.origin.axes
        where = zip(self.chart.over, (a, b), strict=True)
        return ", ".join(
            f"{axis_label(axes, place)} index {index + self._part(place).start}"
            for place, index in where
        )

    def _mark_missing(self, x: Array, y: Array) -> None:
        """Make both coordinates NaN at points where one of them is none."""
        limits = [LARGEST, LARGEST]
        if self.chart.angles:
            sheets = self.chart.x, self.chart.y
            ends = np.radians((MOST_LONGITUDE, MOST_LATITUDE))
            limits = [end / radians_in(s.axis) for end, s in zip(ends, sheets, strict=True)]
        with np.errstate(invalid="ignore"):
            lost = ~((np.abs(x) <= limits[0]) & (np.abs(y) <= limits[1]))
        if lost.size and lost.all():
            raise InputError(self._nowhere(x, y, limits))
        for values in (x, y):
            values[lost] = np.nan

    def _nowhere(self, x: Array, y: Array, limits: list[float]) -> str:
        names = f"{self.chart.x.axis.name} and {self.chart.y.axis.name}"
        beyond = np.argwhere(np.abs(y) > limits[1])
        why = "missing, or no places"
        if self.chart.angles and len(beyond):
            value = f"{y[tuple(beyond[0])]:.10g}"
            why = f"missing, or no places: latitude {value} at {self.at(*beyond[0])} lies beyond "
            why += "the pole"
        return f"{names}: at every point one of them is {why}"

    def _sheet(self, source: Source, sheet: Sheet) -> Array:
        """Read a sheet and put its dimensions in the order of the field's axes."""
        over = self.chart.over
        windows = {place: self._part(place) for place in sheet.places}
        turned = sheet.places.index(over[0]) > sheet.places.index(over[1])
        if sheet.values is not None:
            part = sheet.values[tuple(windows[place] for place in sheet.places)]
            return np.array(part.T if turned else part, dtype=np.float64, order="C")
        assert sheet.field is not None
        steps = [place for place in sheet.places if place not in over]
        found = np.empty(self.sizes[::-1] if turned else self.sizes)
        outer = next(place for place in sheet.places if place in over)
        whole = windows[outer]
        band = max(1, BAND // max(1, found.shape[1]))
        for first in range(whole.start, whole.stop, band):
            rows = slice(first, min(first + band, whole.stop))
            times = windows[steps[0]] if steps else slice(0, 1)
            into = found[rows.start - whole.start : rows.stop - whole.start]
            for step in range(times.start, times.stop):
                at = windows | {outer: rows} | dict.fromkeys(steps, slice(step, step + 1))
                values = source.read(sheet.field.name, tuple(at[place] for place in sheet.places))
                values = values.reshape(into.shape).astype(np.float64)
                if step == times.start:
                    into[...] = values
                elif not np.array_equal(into, values, equal_nan=True):
                    label = axis_label(self.origin.axes, steps[0])
                    raise InputError(
                        f"{sheet.field.name} changes along {label}: a grid that moves is not "
                        f"differentiated; select one step of it (--isel {label}=0)"
                    )
        return np.array(found.T if turned else found, order="C")
