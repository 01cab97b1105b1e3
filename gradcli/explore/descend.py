"""Paths of steepest descent, and stream lines."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from typing import NamedTuple

import numpy as np

from gradcli.cf.roles import are_degrees, is_latitude, is_longitude
from gradcli.cf.units import are_equal
from gradcli.errors import GradcliError, UsageError
from gradcli.explore.evaluate import TABLE, Evaluation, evaluation
from gradcli.explore.interpolate import Corners
from gradcli.explore.lattice import Lattice, Place
from gradcli.explore.lengths import Scales
from gradcli.explore.local import LocalValues, Nowhere, Wanted
from gradcli.explore.walk import Ground, Path, walk
from gradcli.model.axes import unknown_axis
from gradcli.model.fields import Result
from gradcli.model.sharing import Room
from gradcli.numerics.operators import DEFAULT, make_operator
from gradcli.numerics.weights import Floats
from gradcli.record import field, record, replace
from gradcli.settings import Request, Settings

TOLERANCE = 1e-5  # cells
ACCURACY = 4  # of derivatives, unless the user asks for another
DIAGONALS = 10.0  # of the grid, after which a path ends
HELD = 2**26  # bytes of decoded chunks that tiles share


@record
class Walked:
    """A path from one start.

    Attributes
    ----------
    ended : str
        ``stationary``, ``edge``, ``missing``, ``length``, or ``steps`` if there are too many.
    rows : list of tuple of float
        Coordinates, values and arc length of each place.
    """

    ended: str
    rows: list[tuple[float, ...]]


@record
class Descent:
    """Paths, and what their columns are.

    Attributes
    ----------
    columns : list of str
        The axes, the fields, and ``arc_length``.
    units : dict of str to str or None
    paths : list of Walked
    notes : list of str
    table_notes : list of str
        Notes for readers of the table, which shows no units.
    """

    columns: list[str] = field(default_factory=list)
    units: dict[str, str | None] = field(default_factory=dict)
    paths: list[Walked] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    table_notes: list[str] = field(default_factory=list)


class Manner(NamedTuple):
    """How paths are walked.

    Attributes
    ----------
    ascend : bool
        Up, not down.
    length : float or None
        After which a path ends; by default ten diagonals of the grid.
    tolerance : float
        Error of one step, in cells of the grid.
    accurate : bool
        Whether the user chose how derivatives are taken. If not, they are of order of accuracy 4.
    """

    ascend: bool = False
    length: float | None = None
    tolerance: float = TOLERANCE
    accurate: bool = False


def descend(request: Request, starts: Sequence[Mapping[str, str]], manner: Manner) -> Descent:
    """Return the paths of steepest descent from some places, or stream lines of a vector.

    A request for several variables asks for stream lines: these are the components, in the order
    of its axes. With a metric, directions and lengths along longitude and latitude are in metres.

    Raises
    ------
    UsageError
        There is no single field, a start is no place of the grid or has no derivatives, or the
        axes differ in units.

    Examples
    --------
    >>> from gradcli.api import request
    >>> asked = request("x**2 + y**2", grid={"x": slice(-1, 1, 21j), "y": slice(-1, 1, 21j)})
    >>> (path,) = descend(asked, [{"x": "0.5", "y": "0.25"}], Manner()).paths
    >>> path.ended, path.rows[0], max(map(abs, path.rows[-1][:2])) < 0.01
    ('stationary', (0.5, 0.25, 0.3125, 0.0), True)
    """
    made = Descent()
    with _opened(request, manner, made.notes) as found:
        course = _Course(found, request.settings, manner)
        made.columns = [*course.labels, *(each.name for each in course.fields), "arc_length"]
        made.units = course.units
        made.table_notes = found.untold(request.settings, TABLE, lengths=True)
        made.notes = [*dict.fromkeys((*found.plan.notes, *made.notes, *course.notes()))]
        for number, start in enumerate(starts, 1):
            made.paths.append(course.path(start, made.notes, number if len(starts) > 1 else None))
    return made


@contextmanager
def _opened(request: Request, manner: Manner, notes: list[str]) -> Iterator[Evaluation]:
    """Open the input; derivatives are more accurate than usual where axes are long enough."""
    settings = replace(request.settings, operators=(make_operator(DEFAULT),))
    plain = request._replace(settings=settings)
    better = replace(settings, scheme=replace(settings.scheme, accuracy=ACCURACY))
    with ExitStack() as stack:
        if manner.accurate:
            yield stack.enter_context(evaluation(plain))
            return
        try:
            found = stack.enter_context(evaluation(request._replace(settings=better)))
        except GradcliError:
            found = stack.enter_context(evaluation(plain))
            if len(found.tasks) == 1:
                notes.append("the accuracy is 2, because an axis is too short for 4")
        yield found


class _Course:
    """The grid, the vectors that paths follow, and the values that are told along them."""

    def __init__(self, found: Evaluation, settings: Settings, manner: Manner) -> None:
        self._found, self._settings, self._manner = found, settings, manner
        tasks = range(len(found.tasks))
        self._streams = bool(settings.var) and len(tasks) > 1
        if not self._streams and len(tasks) > 1:
            listed = ", ".join(found.results(task)[0].name for task in tasks)
            raise UsageError(
                f"a path follows one field, and there are several; choose one with --var: {listed}"
            )
        self.fields = [found.results(task)[0] for task in tasks]
        for each in self.fields:
            if each.dtype.kind == "c":
                raise UsageError(f"{each.name}: is complex, so it has no steepest descent")
        self._grids = [Lattice(found, task, settings) for task in tasks]
        self._grid = self._grids[0]
        self.axes = self._walked()
        self.labels = [self._grid.labels[axis] for axis in self.axes]
        self._wanted = [Wanted(task, found.results(task)[0].name) for task in tasks]
        self._sign = 1.0 if self._streams or manner.ascend else -1.0
        if self._streams:
            self._refuse_idle_options()
            self._refuse_other_grids()
        else:
            self._wanted += [Wanted(0, self._derivatives()[axis].name) for axis in self.axes]
        self._refuse_mixed_units()
        self._values: dict[tuple[Corners, ...], LocalValues] = {}
        for task in found.tasks:
            for name in dict.fromkeys(part.name for part in task.components):
                found.source.hold(name, Room(HELD // len(found.tasks)))

    @property
    def units(self) -> dict[str, str | None]:
        """The units of the columns."""
        lengths = {self._unit(axis) for axis in self.axes}
        return {
            **{self._grid.labels[axis]: self._grid.axes[axis].units for axis in self.axes},
            **{each.name: each.units for each in self.fields},
            "arc_length": lengths.pop() if len(lengths) == 1 else None,
        }

    def _derivatives(self) -> dict[int, Result]:
        """Return the first derivatives of the field by their axes."""
        task = self._found.tasks[0]
        return {
            task.partials[partials[0]].terms[0].steps[0][0]: result
            for product in task.products[1:]
            for result, partials in product.made_of()
        }

    def _walked(self) -> list[int]:
        """Return the axes that a path goes along: those of derivatives, in their order."""
        task = self._found.tasks[0]
        if task.grid is not None or any(s.kind == "curvilinear" for s in task.spacings.values()):
            raise UsageError(
                "the derivatives are along coordinates over two dimensions, which paths cannot "
                "follow; name the axes of the grid by index (--axis 0,1)"
            )
        axes = list(self._derivatives())
        if self._streams:
            if len(axes) != len(self.fields):
                labels = ", ".join(self._grid.labels[axis] for axis in axes)
                raise UsageError(
                    f"--var gives {len(self.fields)} components, and there are {len(axes)} axes "
                    f"({labels}); name one for each, in their order (--axis)"
                )
            if not self._settings.axis:
                return self._by_role(axes)
        return axes

    def _by_role(self, axes: list[int]) -> list[int]:
        """Return axes as x, y, z, for components that come in this order."""
        for tell in (lambda axis: axis.role, lambda axis: str(axis.name).lower()):
            names = {tell(self._grid.axes[axis]): axis for axis in axes}
            if set(names) == set("xyz"[: len(axes)]):
                return [names[name] for name in "xyz"[: len(axes)]]
        labels = ",".join(self._grid.labels[axis] for axis in axes)
        raise UsageError(
            f"it is not clear along which axis each component points; name the axes in the order "
            f"of --var (--axis {labels})"
        )

    def _refuse_idle_options(self) -> None:
        """Raise UsageError for options on derivatives, which a stream line does not take."""
        settings, scheme = self._settings, self._settings.scheme
        idle = {
            "--ascend": self._manner.ascend,
            "--accuracy, --scheme or --smooth": self._manner.accurate,
            "--edge-order": settings.edge_order is not None,
            "--edges": scheme.edges != "one-sided",
            "--missing": scheme.missing != "propagate",
            "--unwrap": settings.unwrap is not None,
        }
        for option, given in idle.items():
            if given:
                raise UsageError(
                    f"{option}: has no effect, because a stream line follows "
                    f"{' and '.join(self._names)} without derivatives; leave it out"
                )

    @property
    def _names(self) -> list[str]:
        return [each.name for each in self.fields]

    def _refuse_other_grids(self) -> None:
        keys = [[(axis.key, axis.size) for axis in grid.axes] for grid in self._grids]
        for each, key in zip(self.fields, keys, strict=True):
            if key != keys[0]:
                raise UsageError(
                    f"{self.fields[0].name} and {each.name} lie on different axes; a stream line "
                    "takes components at the same points"
                )

    def _unit(self, index: int) -> str | None:
        """Return the units of lengths along an axis."""
        axis = self._grid.axes[index]
        if self._settings.metric.on_earth and (is_longitude(axis) or is_latitude(axis)):
            return "m"
        return "degree" if axis.units and are_degrees(axis.units) else axis.units

    def _refuse_mixed_units(self) -> None:
        told = {unit: axis for axis in self.axes if (unit := self._unit(axis))}
        (one, first), *others = list(told.items()) or [("", 0)]
        for unit, axis in others:
            if not are_equal(one, unit):
                labels = self._grid.labels
                raise UsageError(
                    f"a path has one unit of length: {labels[first]} has {one} and {labels[axis]} "
                    f"has {unit}; choose axes of the same units (--axis), or a --metric"
                )

    def notes(self) -> Iterator[str]:
        """Yield what may surprise the user."""
        told = [axis for axis in self.axes if self._unit(axis) == "degree"]
        if len(self.axes) > 1 and told:
            labels = " and ".join(self._grid.labels[axis] for axis in told)
            yield f"{labels}: a degree counts as the same length everywhere (--metric sphere)"

    def path(self, start: Mapping[str, str], notes: list[str], number: int | None) -> Walked:
        """Return the path from a start, and add a note on why it ended."""
        for name in start:
            if not self._grid.knows(name):
                error = unknown_axis(self._grid.axes, name)
                raise error.reworded(f"--from: {error}")
        place = self._grid.find(start, notes, "--from")
        held = [each for each in place.corners if not set(each.axes) & set(self.axes)]
        if sum(len(each.axes) for each in held) + len(self.axes) != len(self._grid.axes):
            raise UsageError("--from: give places on the axes of the grid, by name or index")
        values = self._values_beside(tuple(held))
        origin = np.array([self._number(place, axis) for axis in self.axes])
        scales = self._scales_beside(held)
        count = len(self.fields)

        def vector(there: Floats) -> Floats | Nowhere:
            found = values.at(there)
            if isinstance(found, str):
                return found
            return self._sign * (found if self._streams else found[count:])

        said = "--from " + ",".join(f"{axis}={text}" for axis, text in start.items())
        if isinstance(vector(origin), str):
            raise UsageError(f"{said}: the value or a derivative is missing at this point")
        longest = self._manner.length or DIAGONALS * self._diagonal(scales(origin))
        ground = Ground(vector, scales, values.cell, values.inside)
        found = walk(ground, origin, longest, self._manner.tolerance)
        notes.append(self._say_end(found, number))
        rows = []
        for there, length in zip(found.places, found.lengths, strict=True):
            here = values.at(there)
            assert not isinstance(here, str)
            rows.append((*there.tolist(), *here[:count].tolist(), length))
        return Walked(found.ended, rows)

    def _values_beside(self, held: tuple[Corners, ...]) -> LocalValues:
        """Return the values at a place on the other axes; paths from the same share tiles."""
        if held not in self._values:
            rulers = [self._grid.ruler(axis) for axis in self.axes]
            self._values = {held: LocalValues(self._found, self._wanted, self.axes, rulers, held)}
        return self._values[held]

    def _number(self, place: Place, axis: int) -> float:
        """Return the coordinate of a start, or its index, as a number."""
        shown = place.shown.get(self._grid.labels[axis])
        if isinstance(shown, (int, float)):
            return float(shown)
        ruler = self._grid.ruler(axis)
        (corners,) = (each for each in place.corners if axis in each.axes)
        points = [point[corners.axes.index(axis)] for point in corners.points]
        if max(points) - min(points) > 1:
            raise UsageError(
                f"--from: lies between the ends of {self._grid.labels[axis]}; give the place on "
                "that axis as a number"
            )
        return sum(
            float(ruler.places[ruler.point(point)]) * weight
            for point, weight in zip(points, corners.weights, strict=True)
        )

    def _scales_beside(self, held: Sequence[Corners]) -> Scales:
        axes = self._grid.axes
        steps = self._found.tasks[0].spacings
        plain = np.array(
            [
                steps[axis].step if axes[axis].values is None and axis in steps else 1.0
                for axis in self.axes
            ]
        )
        if not self._settings.metric.on_earth:
            return Scales(plain)
        lat = next((axis for axis, each in enumerate(axes) if is_latitude(each)), None)
        if lat is None or not any(is_longitude(axes[i]) or i == lat for i in self.axes):
            raise UsageError(
                "paths in metres go along longitude and latitude; on a map, whose coordinates are "
                "lengths already, leave out --metric"
            )
        fixed = None
        for each in held:
            if each.axes == (lat,):
                places = self._grid.axes[lat].values
                assert places is not None
                points = zip(each.points, each.weights, strict=True)
                fixed = sum(float(places[point]) * weight for (point,), weight in points)
        return Scales(plain, self._settings, [axes[axis] for axis in self.axes], fixed, axes[lat])

    def _diagonal(self, scales: Floats) -> float:
        spans = [
            float(ruler.places[-1] - ruler.places[0])
            for ruler in (self._grid.ruler(axis) for axis in self.axes)
        ]
        return float(np.linalg.norm(scales * spans))

    def _say_end(self, found: Path, number: int | None) -> str:
        which = "the path" if number is None else f"path {number}"
        at = ", ".join(
            f"{label}={value:.6g}"
            for label, value in zip(self.labels, found.places[-1].tolist(), strict=True)
        )
        why = {
            "stationary": "at a stationary point",
            "edge": "at the edge of the grid",
            "missing": "before a missing value",
            "length": "after its length",
            "steps": f"after {len(found.places):,} steps",
        }[found.ended]
        return f"{which} ends {why}: {at}, {found.lengths[-1]:.6g} from its start"
