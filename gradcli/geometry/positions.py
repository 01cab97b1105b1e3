"""Positions of the points of a curvilinear grid: two-dimensional coordinates, read and checked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gradcli.cf.roles import radians_in
from gradcli.errors import InputError
from gradcli.geometry.auxiliary import Chart, Sheet
from gradcli.geometry.factors import BAND
from gradcli.model.axes import axis_label
from gradcli.model.fields import Field
from gradcli.model.protocols import Source

if TYPE_CHECKING:
    from gradcli.numerics.dtypes import Array


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
    on_land : bool
        Whether coordinates are used where the field is missing. If not, they may be anything
        there.
    """

    chart: Chart
    origin: Field
    on_land: bool = True
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
        self.read(source, None if self.on_land else np.ones(self.sizes, bool))

    def read(self, source: Source, land: Array | None = None) -> tuple[Array, Array, float]:
        """Return x, y and their rounding error, in radians if they are longitude and latitude.

        ``land`` says at which points the coordinates may be anything; they are not checked there.

        Raises
        ------
        InputError
            The coordinates change in time, or a latitude lies beyond the poles.
        """
        sheets = self.chart.x, self.chart.y
        x, y = (self._sheet(source, sheet) for sheet in sheets)
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
            self._refuse_beyond(y, used)
        return x, y, rounding

    def at(self, a: int, b: int) -> str:
        """Return the indices in the file of a point of the parts as text, for messages."""
        axes = self.origin.axes
        where = zip(self.chart.over, (a, b), strict=True)
        return ", ".join(
            f"{axis_label(axes, place)} index {index + self._part(place).start}"
            for place, index in where
        )

    def _refuse_beyond(self, latitude: Array, used: Array) -> None:
        beyond = np.argwhere(used & (np.abs(latitude) > np.pi / 2 * (1 + 1e-6)))
        if len(beyond):
            value = np.degrees(latitude[tuple(beyond[0])])
            raise InputError(
                f"{self.chart.y.axis.name}: latitude {value:.10g} at {self.at(*beyond[0])} "
                "lies beyond the pole"
            )

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
