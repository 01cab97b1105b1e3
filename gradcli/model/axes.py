"""Axes of a field, and how to find one by name."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

from gradcli.errors import AxisNumberError, UsageError
from gradcli.errors.suggest import suggest
from gradcli.record import record, replace

if TYPE_CHECKING:
    from gradcli.model.arrangement import Arrangement
    from gradcli.model.columns import Column
    from gradcli.numerics.dtypes import Array
    from gradcli.numerics.live import LiveAxis
    from gradcli.numerics.live_tracks import LiveTracks
    from gradcli.numerics.tracks import Tracks


OPEN = 2**62  # size of an axis whose end has not arrived
# The roles that people mean by names which a file may not have.
USUAL = {
    **dict.fromkeys(("lon", "longitude"), "x"),
    **dict.fromkeys(("lat", "latitude"), "y"),
    **dict.fromkeys(("depth", "height", "lev", "level"), "z"),
    **dict.fromkeys(("time", "date"), "t"),
}


def find_axis(axes: tuple[Axis, ...], wanted: str) -> int:
    """Return the index of the axis with a given name, index, CF role or standard name.

    Raises
    ------
    UsageError
        No axis, or more than one, matches the name.

    Examples
    --------
    >>> lon = Axis("lon", 4, role="x", standard_name="longitude")
    >>> find_axis((Axis("lat", 3), lon), "x")
    1
    """
    by_name = [
        [i for i, axis in enumerate(axes) if axis.name == wanted],
        [i for i, a in enumerate(axes) if wanted in (a.coordinate, _last(a.coordinate))],
        _indices(axes, wanted),
        [i for i, axis in enumerate(axes) if axis.role == wanted.lower()],
        [i for i, axis in enumerate(axes) if axis.standard_name == wanted],
        [i for i, axis in enumerate(axes) if axis.other(wanted) is not None],
    ]
    for found in by_name:
        if len(found) == 1:
            return found[0]
        if found:
            named = ", ".join(f"{axis_label(axes, i)} (index {i})" for i in found)
            raise UsageError(f"axis {wanted!r} may mean {named}; give the index")
    raise unknown_axis(axes, wanted)


def rejoined(names: tuple[str, ...], known: Iterable[str | None]) -> tuple[str, ...]:
    """Join names that were split at the comma of a known name; return others unchanged.

    Blanks behind the comma do not matter, because some options drop them.

    >>> rejoined(("a", "b"), ["t", "a,b"]), rejoined(("a", "b"), ["a", "b"])
    (('a,b',), ('a', 'b'))
    >>> rejoined(("y", "Time", "s"), ["Time, s", "y"])
    ('y', 'Time, s')
    """
    spelled = {_compact(name): name for name in known if name is not None and "," in name}
    found: list[str] = []
    rest = names
    while rest:
        sizes = range(len(rest), 1, -1) if spelled else ()
        size = next((n for n in sizes if _compact(",".join(rest[:n])) in spelled), 1)
        found.append(rest[0] if size == 1 else spelled[_compact(",".join(rest[:size]))])
        rest = rest[size:]
    return tuple(found)


def _compact(name: str) -> str:
    return "".join(name.split())


def _last(path: str | None) -> str | None:
    return None if path is None else path.rpartition("/")[2]


def _indices(axes: tuple[Axis, ...], wanted: str) -> list[int]:
    if not wanted.lstrip("-").isdigit():
        return []
    index = int(wanted)
    if not -len(axes) <= index < len(axes):
        raise AxisNumberError(
            f"axis {wanted} of a field with {len(axes)} axes; count from 0 or from -1"
        )
    return [index % len(axes)]


def unknown_axis(axes: tuple[Axis, ...], wanted: str) -> UsageError:
    """Return the error for a name that matches no axis."""
    if any(axis.name is not None for axis in axes):
        others = [str(other.name) for axis in axes for other in axis.others]
        labels = [axis_label(axes, i) for i in range(len(axes))]
        known = list(dict.fromkeys(labels + others))
        role = USUAL.get(wanted.lower())
        meant = [label for label, axis in zip(labels, axes, strict=True) if axis.role == role]
        if role and len(meant) == 1:
            listed = ", ".join(known[:20])
            return UsageError(
                f"no axis {wanted!r}; did you mean {meant[0]!r} ({role})? There are: {listed}"
            )
        every = [*known, *(axis.role for axis in axes if axis.role)]
        several = {*wanted.split()} <= {*every}  # separated by blanks
        return suggest("axis", wanted, every if several else known)
    names = ",".join("zyx"[-len(axes) :]) if len(axes) <= 3 else ",".join("abcdefgh"[: len(axes)])
    return UsageError(
        f"no axis {wanted!r}: the axes of this array have no names; "
        f"give an index (--axis {len(axes) - 1}) or name them, slowest first (--dims {names})"
    )


class Vector(NamedTuple):
    """Coordinates that are a variable of their own: values, relative rounding, units and name."""

    values: Array
    precision: float
    units: str | None
    name: str | None = None


class Turned(NamedTuple):
    """How an axis was turned, so that a part across its seam lies in one piece.

    Attributes
    ----------
    first : int
        The point of the axis that is now the first.
    added : ndarray of float64
        Full turns added to the coordinate of each point.
    rows : ndarray of float64
        What was added to the stored coordinate of each row of the file.
    before : Axis or None
        The axis as it was; None if it is only a part of a closed axis.
    """

    first: int
    added: Array
    rows: Array
    before: Axis | None

    def apply(self, values: Array) -> Array:
        """Return coordinates of the axis as it was in the new order, going on across the seam."""
        found: Array = self.added.copy()
        ahead = len(values) - self.first
        found[:ahead] += values[self.first :]
        found[ahead:] += values[: self.first]
        return found


@record(frozen=True)
class Axis:
    """One dimension of a field.

    Attributes
    ----------
    name : str or None
        Name of the dimension; None if the array has no names.
    size : int
        Number of points that stencils may use; ``OPEN`` if they are still arriving.
    values : ndarray of float64, or None
        The coordinate at each point; None if there are no coordinates. Integers that float64 would
        round are kept as int64 or uint64.
    units, role, standard_name, long_name : str or None
        Metadata of the coordinate. The role is the CF role ``x``, ``y``, ``z`` or ``t``.
    calendar : str or None
        Calendar of a time axis.
    coordinate : str or None
        Name of the coordinate variable, if there is one.
    key : str
        Identity of the dimension in its file, the same for every field that shares it.
    start : int
        First of these points, counted in the file or in the arranged axis.
    turned : Turned or None
        How the axis was turned, if a part of it crosses the seam of a longitude.
    part : slice or None
        The points that results have, counted from ``start``; None for all.
    precision : float
        Relative rounding of the stored coordinate (``eps`` of its type); 0 for integers.
    given : bool
        Whether the user gave the coordinates, in place of those in the file.
    arrangement : Arrangement or None
        Which rows of the file the points consist of, if they are not its rows in turn.
    down : bool
        Whether the coordinate grows downwards (``positive: down``).
    live : LiveAxis, LiveTracks or None
        The rows that have arrived so far, for an axis of a live source.
    others : tuple of Axis
        The same dimension by further coordinates, which the user may name.
    tracks : Tracks or None
        Which rows belong to which track, if no stencil may cross from one to the next.
    zoned : bool
        Whether the file has its dates with offsets, not all of which are zero; values are in UTC.
    column : Column or None
        Coordinates that differ by column, and take the place of ``values``.
    """

    name: str | None
    size: int
    values: Array | None = None
    units: str | None = None
    role: str | None = None
    standard_name: str | None = None
    long_name: str | None = None
    coordinate: str | None = None
    calendar: str | None = None
    key: str = ""
    start: int = 0
    precision: float = 2.0**-52
    given: bool = False
    arrangement: Arrangement | None = None
    down: bool = False
    live: LiveAxis | LiveTracks | None = None
    others: tuple[Axis, ...] = ()
    tracks: Tracks | None = None
    column: Column | None = None
    turned: Turned | None = None
    part: slice | None = None
    zoned: bool = False

    @property
    def goes_around(self) -> bool:
        """Whether the axis was turned, and so is known to close upon itself."""
        return self.turned is not None and self.turned.before is not None

    @property
    def file_window(self) -> slice:
        """The points of the axis, counted like ``start``."""
        return slice(self.start, self.start + self.size)

    @property
    def points(self) -> slice:
        """The points that results have, counted from the first of the axis."""
        return self.part or slice(0, self.size)

    def written(self) -> Axis:
        """Return the axis that results have: the selected part alone."""
        return self if self.part is None else self.select(self.part.start, self.part.stop)

    def other(self, name: str) -> Axis | None:
        """Return the same dimension by the further coordinate of this name, if there is one."""
        found = (o for o in self.others if name in (o.name, _last(o.coordinate), o.standard_name))
        return next(found, None)

    def labelled(self, name: str) -> str:
        """Return what results call the axis: of the path of its coordinate, the last part.

        >>> Axis("x", 3, coordinate="scan/x").labelled("scan/x"), Axis("m/s", 3).labelled("m/s")
        ('x', 'm/s')
        """
        return str(_last(name)) if name == self.coordinate != self.name else name

    def words(self) -> dict[str, str]:
        """Return the attributes of the coordinate under their CF names."""
        words = {
            "units": self.units,
            "standard_name": self.standard_name,
            "long_name": self.long_name,
            "calendar": self.calendar,
            "axis": self.role.upper() if self.role else None,
        }
        return {name: word for name, word in words.items() if word}

    def select(self, first: int, stop: int) -> Axis:
        """Return the part of this axis between two indices."""
        values = None if self.values is None else self.values[first:stop]
        others = tuple(other.select(first, stop) for other in self.others)
        tracks = None if self.tracks is None else self.tracks.select(first, stop)
        start, size = self.start + first, stop - first
        turned = None if self.turned is None else self.turned._replace(before=None)
        changed = replace(self, start=start, size=size, values=values, others=others)
        return replace(changed, turned=turned, part=None, tracks=tracks)


def axis_label(axes: tuple[Axis, ...], index: int) -> str:
    """Return the name of an axis, or its index if it has no name."""
    name = axes[index].name
    return str(index) if name is None else name
