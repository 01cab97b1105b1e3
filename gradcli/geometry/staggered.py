"""Recognise components of a vector that lie on the faces of a C grid.

On a C grid (Arakawa and Lamb, 1977) the component along x lies on the faces between cells that are
neighbours along x, half a step from their centres, and likewise that along y.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from gradcli.cf.roles import grid_role, role_of
from gradcli.errors import InputError, UsageError
from gradcli.geometry.auxiliary import Chart, find_chart
from gradcli.geometry.masks import side_of_faces
from gradcli.geometry.positions import Positions
from gradcli.model.arrangement import Arrangement
from gradcli.model.axes import Axis, axis_label
from gradcli.model.fields import Field
from gradcli.model.protocols import Source
from gradcli.numerics.earth import unit_vectors
from gradcli.record import record, replace

if TYPE_CHECKING:
    from gradcli.numerics.dtypes import Array

SHIFT = "c_grid_axis_shift"  # the attribute of xgcm: -0.5 before the centre, 0.5 behind it
SLACK = 0.2  # of a step: how far half a step may be off
# Components of NEMO, whose files of one grid may hold both on the same dimensions.
NEMO = ("vozocrtx", "vomecrty", "sozotaux", "sometauy", "uo", "vo")
# Suffixes of dimensions of ROMS: on the faces, then at the centres and at the corners.
_FACE = re.compile(r"(.*)_([uv])")
# Names of longitude and latitude of points of NEMO that share their dimensions with others.
_ON_FACES = (
    ("glam{}", "gphi{}"),
    ("nav_lon_grid_{}", "nav_lat_grid_{}"),
    ("nav_lon_{}", "nav_lat_{}"),
    ("lon_{}", "lat_{}"),
    ("longitude_{}", "latitude_{}"),
    ("geolon_{}", "geolat_{}"),
)


@record(frozen=True)
class CGrid:
    """A vector on the faces of a C grid.

    Attributes
    ----------
    u, v : Field
        The components along x and along y.
    x, y : int
        The axes of both that are x and y.
    first : dict of axis to int
        The index of the face that lies before the cell of index 0: -1 or 0.
    charts : tuple of Chart or None
        Two-dimensional coordinates of the points of u and of v.
    told : str
        What shows it, for messages.
    closed : frozenset of int
        The axes that close on themselves.
    """

    u: Field
    v: Field
    x: int
    y: int
    first: Mapping[int, int]
    charts: tuple[Chart | None, Chart | None]
    told: str
    closed: frozenset[int] = frozenset()

    @property
    def can_close(self) -> frozenset[int]:
        """The axes that have as many faces as cells, as they must to close on themselves."""
        return frozenset(k for k in (self.x, self.y) if self.u.axes[k].size == self.v.axes[k].size)

    def axes(self, corners: bool) -> tuple[Axis, ...]:
        """Return the axes of the centres of the cells, or of their corners."""
        axes = list(self.u.axes)
        axes[self.x] = (self.u if corners else self.v).axes[self.x]
        axes[self.y] = (self.v if corners else self.u).axes[self.y]
        return tuple(axes)

    def whole(self, source: Source) -> CGrid:
        """Return the grid with all points of the components that the file holds."""
        return replace(self, u=source.fields[self.u.name], v=source.fields[self.v.name])

    def turned(self, place: int, first: int) -> CGrid:
        """Return the grid with a closed axis that begins at another index."""
        made = []
        for part in (self.u, self.v):
            rows = Arrangement(np.arange(part.axes[place].size), None, "")
            rows = rows.turned(first, part.axes[place].size)
            made.append(_with_axis(part, place, replace(part.axes[place], arrangement=rows)))
        return replace(self, u=made[0], v=made[1])

    def cut(self, corners: bool, parts: Mapping[int, slice]) -> CGrid:
        """Return the grid of a file that holds some centres, or corners, and nothing around them.

        It has as many faces more or less than cells as the whole grid.
        """
        grid = self
        for place, part in parts.items():
            face, other = (grid.u, grid.v) if place == self.x else (grid.v, grid.u)
            extra = face.axes[place].size - other.axes[place].size
            faces = part.stop if corners else part.stop + extra
            cells = part.stop - extra if corners else part.stop
            if faces <= part.start or cells <= part.start:
                raise UsageError(
                    f"--no-halo: no point is left beside {part.stop - part.start} point along "
                    f"{axis_label(face.axes, place)} of a C grid; select more, or leave it out"
                )
            face = _with_axis(face, place, face.axes[place].select(part.start, faces))
            other = _with_axis(other, place, other.axes[place].select(part.start, cells))
            u, v = (face, other) if place == self.x else (other, face)
            grid = replace(grid, u=u, v=v, closed=grid.closed - {place})
        return grid


def _with_axis(part: Field, place: int, axis: Axis) -> Field:
    return replace(part, axes=(*part.axes[:place], axis, *part.axes[place + 1 :]))


def recognise(source: Source, u: Field, v: Field) -> CGrid | None:
    """Return the C grid of two components, or None if they do not lie on one.

    Raises
    ------
    InputError
        They seem to lie on one, and nothing tells on which side of the cells.
    UsageError
        The component along y comes first.
    """
    if len(u.axes) != len(v.axes) or len(u.axes) < 2:
        return None
    apart = [k for k, (a, b) in enumerate(zip(u.axes, v.axes, strict=True)) if a.key != b.key]
    if not apart:
        return _on_same_axes(source, u, v)
    if any({role_of(part.axes[k]) for part in (u, v)} & {"z", "t"} for k in apart):
        return None
    if len(apart) != 2 or any(abs(u.axes[k].size - v.axes[k].size) > 1 for k in apart):
        return None
    y, x = apart
    roles = [{grid_role(part.axes[k]) for part in (u, v)} - {None} for k in (y, x)]
    if "x" in roles[0] or "y" in roles[1]:
        x, y = y, x
    _refuse_swapped(u, v)
    charts = find_chart(source, u, {}), find_chart(source, v, {})
    shifts = [
        _by_size(source, u.axes[x], v.axes[x]),
        _by_size(source, v.axes[y], u.axes[y]),
    ]
    if None in shifts and None not in charts:
        found = _by_places(source, (u, v), charts, x, y)
        shifts = [
            known if known is not None else new for known, new in zip(shifts, found, strict=True)
        ]
    for number, (part, along, other) in enumerate(((u, x, y), (v, y, x))):
        if shifts[number] is None:
            shifts[number] = side_of_faces(source, part, number, along, other)
    before_x, before_y = shifts
    if before_x is None or before_y is None:
        listed = "; ".join(f"{part.base} has {_sizes(part, (y, x))}" for part in (u, v))
        raise InputError(
            f"{u.base} and {v.base} seem to lie on the faces of a C grid ({listed}), and nothing "
            "tells on which side of the cells: sizes that differ by one, coordinates along these "
            f"dimensions, longitude and latitude of both that differ, masks of land, or the "
            f"attribute {SHIFT}"
        )
    told = "; ".join(f"{part.base} over {_sizes(part, (y, x))}" for part in (u, v))
    return CGrid(u, v, x, y, {x: before_x, y: before_y}, charts, told)


def _sizes(part: Field, places: tuple[int, ...]) -> str:
    return ", ".join(f"{axis_label(part.axes, k)} {part.axes[k].size}" for k in sorted(places))


def _refuse_swapped(u: Field, v: Field) -> None:
    """Raise UsageError if the names or standard names tell that v is given before u."""
    if _way(u) == "y" and _way(v) == "x":
        raise UsageError(
            f"{u.base} is the component along y, {v.base} that along x; on a C grid that along x "
            f"comes first (--var {v.base},{u.base})"
        )


def _way(part: Field) -> str | None:
    words = set(str(part.attributes.get("standard_name", "")).lower().split("_"))
    if words & {"eastward", "x"}:
        return "x"
    if words & {"northward", "y"}:
        return "y"
    name = part.base.lower()
    if name in NEMO:
        return "xy"[NEMO.index(name) % 2]
    return {"u": "x", "v": "y"}.get(name[:1])


def _by_size(source: Source, face: Axis, centre: Axis) -> int | None:
    """Return the index of the face before cell 0, by sizes, attributes or coordinates."""
    by_coordinates = _by_coordinates(face, centre)
    if face.size == centre.size:
        said = source.attributes.get(face.coordinate or "", {}).get(SHIFT)
        shift = np.asarray(0.0 if said is None else said)
        if shift.size == 1 and shift.dtype.kind in "iuf" and shift.reshape(-1)[0]:
            return 0 if shift.reshape(-1)[0] < 0 else -1
        return by_coordinates
    by_size = 0 if face.size > centre.size else -1
    if by_coordinates not in (None, by_size):
        raise InputError(
            f"{face.name} ({face.size} points) and {centre.name} ({centre.size}) seem to be faces "
            "and cells of a C grid, and their coordinates contradict it: the first face is "
            f"{face.values[0] if face.values is not None else None}, the first cell "
            f"{centre.values[0] if centre.values is not None else None}"
        )
    return by_size


def _by_coordinates(face: Axis, centre: Axis) -> int | None:
    if face.values is None or centre.values is None or min(face.size, centre.size) < 2:
        return None
    start, step = float(centre.values[0]), float(centre.values[1]) - float(centre.values[0])
    off = (float(face.values[0]) - start) / step if step else 0.0
    if abs(abs(off) - 0.5) > SLACK:
        return None
    return 0 if off < 0 else -1


def _on_same_axes(source: Source, u: Field, v: Field) -> CGrid | None:
    """Return the C grid of components over the same dimensions, if their positions tell of one."""
    y, x = len(u.axes) - 2, len(u.axes) - 1
    if grid_role(u.axes[y]) == "x" or grid_role(u.axes[x]) == "y":
        x, y = y, x
    charts = _own_chart(source, u, "u"), _own_chart(source, v, "v")
    if charts == (None, None) and (_way(u), _way(v)) == ("x", "y"):
        return _by_terms(source, u, v, x, y)
    if charts[0] is None or charts[1] is None or _names(charts[0]) == _names(charts[1]):
        return None
    shifts = _by_places(source, (u, v), charts, x, y)
    if shifts == [None, None]:
        return None
    _refuse_swapped(u, v)
    told = f"{u.base} at {' and '.join(_names(charts[0]))}, {v.base} at "
    told += " and ".join(_names(charts[1]))
    return CGrid(u, v, x, y, {x: shifts[0], y: shifts[1]}, charts, told)


def _by_terms(source: Source, u: Field, v: Field, x: int, y: int) -> CGrid | None:
    """Return the C grid of NEMO, whose faces lie behind the cells, where the file has its terms."""
    keys = [u.axes[k].key for k in sorted((x, y))]
    terms = [source.fields.get(u.group + name) for name in ("e1u", "e2u", "e1v", "e2v")]
    if any(term is None or [a.key for a in term.axes[-2:]] != keys for term in terms):
        return None
    told = f"{u.base} and {v.base} beside e1u, e2u, e1v and e2v of NEMO"
    return CGrid(u, v, x, y, {x: -1, y: -1}, (None, None), told)


def _names(chart: Chart) -> tuple[str, str]:
    return str(chart.x.axis.name), str(chart.y.axis.name)


def _own_chart(source: Source, part: Field, point: str) -> Chart | None:
    """Return the coordinates that a component names, or those of its points by their names."""
    found = find_chart(source, part, {})
    if found is not None and found.named:
        return found
    return chart_of_point(source, part, point)


def chart_of_point(source: Source, part: Field, point: str) -> Chart | None:
    """Return the chart of the points u, v, t or f over the axes of a field, by usual names."""
    for pair in _ON_FACES:
        for letter in (point, point.upper()):
            names = " ".join(name.format(letter) for name in pair)
            if all(part.group + name in source.fields for name in names.split()):
                named = replace(part, attributes={"coordinates": names})
                found = find_chart(source, named, {})
                if found is not None and found.named:
                    return found
    return None


def _by_places(
    source: Source, parts: tuple[Field, Field], charts: tuple[Any, Any], x: int, y: int
) -> list[Any]:
    """Return the shifts along x and y by the positions of u and v amid the grid; or None each.

    Raises InputError if they are apart, and not by half a step.
    """
    for share in (2, 3, 4, 5, 8):
        near = [
            _near(source, part, chart, share, x, y)
            for part, chart in zip(parts, charts, strict=True)
        ]
        if all(values is not None and np.isfinite(values).all() for values in near):
            break
    else:
        return [None, None]
    u, v = near
    assert u is not None
    assert v is not None
    steps = np.stack([(u[1, 2] - u[1, 0]) / 2, (u[2, 1] - u[0, 1]) / 2], -1)
    off, *_ = np.linalg.lstsq(steps, u[1, 1] - v[1, 1], rcond=None)
    if np.all(np.abs(off) < 0.05):
        return [None, None]
    # Both lie behind the centres (u to the right, v above), or both before them.
    if np.any(np.abs(np.abs(off) - 0.5) > SLACK) or off[0] * off[1] > 0:
        raise InputError(
            f"{parts[0].base} and {parts[1].base} lie at different points, {off[0]:.2f} and "
            f"{off[1]:.2f} steps apart, and not at the faces of a C grid; interpolate them to the "
            "same points"
        )
    return [-1 if off[0] > 0 else 0, -1 if off[1] < 0 else 0]


def _near(source: Source, part: Field, chart: Chart, share: int, x: int, y: int) -> Array | None:
    """Return the positions of three by three points amid a grid, y first."""
    axes = list(part.axes)
    for place in (x, y):
        if axes[place].size < 3 or place not in chart.over:
            return None
        first = min(axes[place].size // share, axes[place].size - 3)
        axes[place] = axes[place].select(first, first + 3)
    small = replace(part, axes=tuple(axes))
    values = Positions(chart, small).read(source, np.ones((3, 3), bool))[:2]
    found = unit_vectors(*values)[0] if chart.angles else np.stack(values, -1)
    return found if y < x else found.swapaxes(0, 1)
