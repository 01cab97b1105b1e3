"""Positions of the points of a curvilinear grid: two-dimensional coordinates, read and checked."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from math import prod
from typing import TYPE_CHECKING

import numpy as np

from gradcli.cf.roles import radians_in
from gradcli.errors import InputError
from gradcli.geometry.auxiliary import Chart, Sheet
from gradcli.geometry.factors import BAND
from gradcli.model.arrangement import Read, read_points
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
    on_land : bool
        Whether coordinates are used where the field is missing. If not, they may be anything
        there.
    """

    chart: Chart
    origin: Field
    on_land: bool = True

    @property
    def sizes(self) -> tuple[int, ...]:
        """Number of points along the slower and the faster axis."""
        return tuple(self.origin.axes[place].size for place in self.chart.over)

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
        return self.origin.axes[place].file_window

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
            count = self._steps(sheet)
            steps = sorted({0, count // 2, max(0, count - 1)}) if count > 1 else []
            parts = [slice(step, step + 1) for step in steps]
            read = [self.window(source, sheet, part, rows, columns) for part in parts]
            if any(not np.array_equal(read[0], other, equal_nan=True) for other in read[1:]):
                return True
        return False

    def check(self, source: Source) -> None:
        """Read the coordinates once, to raise those errors of `still` that no field decides."""
        if self.step is None:
            self.still(source, None if self.on_land else np.ones(self.sizes, bool))
            return
        for sheet in self.sheets:
            checked = self.on_land and self.chart.angles and sheet is self.chart.y
            for rows, columns in self._bands(sheet):
                for step in range(self._steps(sheet)):
                    part = slice(step, step + 1)
                    values = self.window(source, sheet, part, rows, columns)[0]
                    if checked:
                        np.multiply(values, radians_in(sheet.axis), out=values)
                        corner = rows.start, columns.start
                        self.refuse_beyond(values, np.array(True), corner, step)

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

        ``land`` says at which points the coordinates may be anything; they are not checked there.

        Raises
        ------
        InputError
            A latitude lies beyond the poles.
        """
        read = [self._sheet(source, sheet) for sheet in self.sheets]
        x, y = read
        if x is None or y is None:
            return None
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
            self.refuse_beyond(y, used)
        return x, y, rounding

    def at(self, a: int, b: int, step: int | None = None) -> str:
        """Return the indices of a point as text, for messages."""
        axes = self.origin.axes
        where = [*zip(self.chart.over, (a, b), strict=True)]
        if step is not None and self.step is not None:
            where.insert(0, (self.step, step))
        return ", ".join(
            f"{axis_label(axes, place)} index {index % axes[place].size + axes[place].start}"
            for place, index in where
        )

    def refuse_beyond(
        self,
        latitude: Array,
        used: Array,
        corner: tuple[int, int] = (0, 0),
        step: int | None = None,
    ) -> None:
        """Raise InputError if a latitude that is used lies beyond a pole.

        The latitudes are in radians, those of a window that begins at a corner.
        """
        beyond = np.argwhere(used & (np.abs(latitude) > np.pi / 2 * (1 + 1e-6)))
        if len(beyond):
            value = np.degrees(latitude[tuple(beyond[0])])
            where = self.at(beyond[0][0] + corner[0], beyond[0][1] + corner[1], step)
            raise InputError(
                f"{self.chart.y.axis.name}: latitude {value:.10g} at {where} lies beyond the pole"
            )

    def _steps(self, sheet: Sheet) -> int:
        """Return for how many steps a sheet is stored."""
        return prod(self.origin.axes[p].size for p in sheet.places if p not in self.chart.over)

    def _bands(self, sheet: Sheet) -> Iterator[tuple[slice, slice]]:
        """Yield windows of the grid, in the order in which a sheet is stored."""
        outer = self.chart.over.index(next(p for p in sheet.places if p in self.chart.over))
        size, beside = self.sizes[outer], self.sizes[1 - outer]
        band = max(1, BAND // max(1, beside))
        for first in range(0, size, band):
            part, whole = slice(first, min(first + band, size)), slice(0, beside)
            yield (part, whole) if outer == 0 else (whole, part)

    def _sheet(self, source: Source, sheet: Sheet) -> Array | None:
        """Read a sheet of which all steps are the same; return None if they are not."""
        found = np.empty(self.sizes)
        for rows, columns in self._bands(sheet):
            into = found[rows, columns]
            for step in range(self._steps(sheet)):
                part = slice(step, step + 1)
                values = self.window(source, sheet, part, rows, columns)[0]
                if step == 0:
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
