"""The points of the results of a C grid: centres of cells for a divergence, corners for a curl."""

from __future__ import annotations

from contextlib import suppress
from typing import NamedTuple

from gradcli.errors import UsageError
from gradcli.geometry.auxiliary import Chart, find_chart
from gradcli.geometry.staggered import CGrid, chart_of_point
from gradcli.model.axes import Axis, axis_label, find_axis
from gradcli.model.fields import Field
from gradcli.model.protocols import Source
from gradcli.record import replace

# Endings of dimensions of centres and of corners in files of ROMS and NEMO.
ENDINGS = {False: ("_rho", "_r", "_t", "_T"), True: ("_psi", "_p", "_f", "_F")}


class Points(NamedTuple):
    """The points at which an operator has its results.

    Attributes
    ----------
    grid : CGrid
    corners : bool
        Whether they are the corners of cells, and not their centres.
    field : Field
        A field there, with the dimensions that the file has for them.
    chart : Chart or None
        Two-dimensional coordinates of the points.
    """

    grid: CGrid
    corners: bool
    field: Field
    chart: Chart | None

    @property
    def over(self) -> tuple[int, int]:
        """The slower and the faster axis."""
        return min(self.grid.x, self.grid.y), max(self.grid.x, self.grid.y)

    @property
    def words(self) -> str:
        """What they are, and their dimensions, for messages."""
        names = " and ".join(axis_label(self.field.axes, place) for place in self.over)
        return f"{'corners' if self.corners else 'centres'} of cells, over {names}"

    def place(self, name: str) -> int | None:
        """Return the axis, x or y, that a name means; None for any other."""
        for axes in (self.field.axes, self.grid.axes(self.corners)):
            with suppress(UsageError):
                found = find_axis(axes, name)
                return found if found in self.over else None
        return {"x": self.grid.x, "y": self.grid.y}.get(name.lower())


def points_of(source: Source, grid: CGrid, corners: bool) -> Points:
    """Return the centres or corners of a grid."""
    axes = list(grid.axes(corners))
    for place in (grid.x, grid.y):
        axes[place] = _existing(source, axes[place], corners)
    left_out = ("coordinates", "cell_measures")
    kept = {name: value for name, value in grid.u.attributes.items() if name not in left_out}
    chunks = grid.u.storage.chunks
    if chunks is not None:
        chunks = tuple(min(c, max(1, a.size)) for c, a in zip(chunks, axes, strict=True))
    storage = replace(grid.u.storage, chunks=chunks)
    field = replace(grid.u, axes=tuple(axes), attributes=kept, storage=storage)
    named = chart_of_point(source, field, "f" if corners else "t")
    seen = named or find_chart(source, field, {})
    if seen is None or not seen.angles or (not named and seen.rivals):
        return Points(grid, corners, field, None)
    kept["coordinates"] = f"{seen.x.axis.name} {seen.y.axis.name}"
    return Points(grid, corners, field, seen)


def _existing(source: Source, axis: Axis, corners: bool) -> Axis:
    """Return the axis of the centres or corners that the file has beside one of faces."""
    stem, dot, point = str(axis.name).rpartition("_")
    if not dot or point not in ("u", "v", "U", "V"):
        return axis
    every = {a.key: a for field in source.fields.values() for a in field.axes}
    for ending in ENDINGS[corners]:
        found = every.get(axis.key[: len(axis.key) - len(str(axis.name))] + stem + ending)
        if found is not None and found.size == axis.size:
            return found
    return axis
