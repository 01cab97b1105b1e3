"""The grid of a task's results: which names its axes have, and where places lie on it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Any, NamedTuple

from gradcli.errors import UsageError
from gradcli.explore.curved import CurvedGrid, find_curved
from gradcli.explore.evaluate import Evaluation
from gradcli.explore.interpolate import Corners
from gradcli.explore.rulers import Ruler, Spot
from gradcli.model.axes import Axis, axis_label, find_axis
from gradcli.plan.auxiliary import with_auxiliary, with_named_roles
from gradcli.settings import Settings


class Place(NamedTuple):
    """A place on a grid.

    Attributes
    ----------
    corners : list of Corners
        The points around it, for every axis.
    shown : dict of str to float, int or str
        Its coordinates, by the names of the axes.
    """

    corners: list[Corners]
    shown: dict[str, Any]


class _Meant(NamedTuple):
    """What a name means: an axis, a further coordinate of it, or one of two over two axes."""

    axis: int = -1
    other: Axis | None = None
    sheet: int | None = None


class Lattice:
    """The grid of the results of a task.

    Parameters
    ----------
    found : Evaluation
    task : int
    settings : Settings
    """

    def __init__(self, found: Evaluation, task: int, settings: Settings) -> None:
        self._found, self._settings = found, settings
        self.task = found.tasks[task]
        self.axes: tuple[Axis, ...] = found.results(task)[0].axes
        self._rulers: dict[str, Ruler] = {}
        self._names: dict[str, _Meant | None] = {}

    @cached_property
    def curved(self) -> CurvedGrid | None:
        """The two-dimensional coordinates of the grid, if there are any."""
        return find_curved(self._found.source, self.task.field, self._settings)

    @property
    def labels(self) -> list[str]:
        """The names of the axes: those of their coordinates, or of the dimensions."""
        return [
            (axis.coordinate or axis_label(self.axes, index)).rpartition("/")[2]
            for index, axis in enumerate(self.axes)
        ]

    def knows(self, name: str) -> bool:
        """Return whether an axis, or a coordinate over two of them, has a name."""
        return self._meant(name) is not None

    def covers(self, names: Iterable[str]) -> bool:
        """Return whether every axis of several points has one of some names."""
        meant = list(filter(None, map(self._meant, names)))
        named = {each.axis for each in meant if each.sheet is None}
        if self.curved is not None and any(each.sheet is not None for each in meant):
            named |= set(self.curved.chart.over)
        return all(axis.size == 1 or index in named for index, axis in enumerate(self.axes))

    def index_of(self, name: str) -> int | None:
        """Return the index of the axis with a name, or None."""
        meant = self._meant(name)
        return None if meant is None or meant.sheet is not None else meant.axis

    def _meant(self, name: str) -> _Meant | None:
        if name not in self._names:
            self._names[name] = self._find(name)
        return self._names[name]

    def _find(self, name: str) -> _Meant | None:
        """Return what a name means, by the rules for the names of axes in options."""
        sheet = None if self.curved is None else self.curved.sheet_of(name)
        if sheet is not None:
            return _Meant(sheet=sheet)
        try:
            index = find_axis(self.axes, name)
        except UsageError:
            return self._beside(name)
        return _Meant(
            index, None if name == self.axes[index].name else self.axes[index].other(name)
        )

    def _beside(self, name: str) -> _Meant | None:
        """Return a variable of one dimension that stands along an axis, or a role by its name."""
        source, field = self._found.source, self.task.field
        if self.task.grid is not None:
            return None
        made = with_auxiliary(source, field, [name], [], len(self._found.tasks) == 1)
        made = with_named_roles(source, made, [name], [])
        for index, (axis, known) in enumerate(zip(made.axes, field.axes, strict=True)):
            if axis is not known and known.arrangement is None:
                part = axis.select(known.points.start, known.points.stop)
                return _Meant(index, None if axis.values is known.values else part)
        return None

    def ruler(self, index: int, name: str = "") -> Ruler:
        """Return the ruler of an axis, by the further coordinate of a name if it has that."""
        meant = self._meant(name) if name else None
        axis, label = self.axes[index], self.labels[index]
        if meant is not None and meant.other is not None:
            axis = meant.other
            label = (axis.coordinate or label).rpartition("/")[2]
        if label not in self._rulers:
            self._rulers[label] = Ruler(label, axis, self._period(index))
        return self._rulers[label]

    def _period(self, index: int) -> float | None:
        """Return the period of an axis that the user says is periodic."""
        axis = self.axes[index]
        for name, period in self._settings.periodic.items():
            if self.index_of(name) == index and self.task.field.axes[index].part is None:
                spacing = self.task.spacings.get(index)
                if axis.values is None:
                    return float(axis.size)
                step = abs(float(axis.values[-1] - axis.values[0])) / max(axis.size - 1, 1)
                even = spacing is not None and spacing.is_equal
                return period or (step * axis.size if even else None)
        return None

    def find(self, said: Mapping[str, str], notes: list[str], option: str) -> Place:
        """Return where a place lies.

        Parameters
        ----------
        said : mapping of str to str
            Coordinates, dates or indices by names of axes; other names are not looked at.
        notes : list of str
            Notes for the user are added.
        option : str
            What to call the place in errors.

        Raises
        ------
        UsageError
            The place lies outside of the grid, or an axis of several points is not named.
        """
        by_axis: dict[int, tuple[str, str]] = {}
        sheets: dict[int, tuple[str, str]] = {}
        for name, text in said.items():
            meant = self._meant(name)
            if meant is None:
                continue
            known, key = (by_axis, meant.axis) if meant.sheet is None else (sheets, meant.sheet)
            if key in known:
                raise UsageError(
                    f"{option}: {known[key][0]} and {name} are the same axis; name it once"
                )
            known[key] = (name, text)
        corners, shown = self._on_sheets(sheets, by_axis, notes, option)
        for index, axis in enumerate(self.axes):
            if any(index in each.axes for each in corners):
                continue
            if index in by_axis:
                name, text = by_axis[index]
                ruler = self.ruler(index, name)
                spot = ruler.find(text, notes, option)
                self._say_index(index, notes)
                shown[ruler.label] = spot.shown
            elif axis.size == 1:
                spot = Spot((0,), (1.0,), 0)
            else:
                raise self._unnamed(index, option)
            corners.append(Corners((index,), tuple((k,) for k in spot.points), spot.weights))
        return Place(corners, shown)

    def _say_index(self, index: int, notes: list[str]) -> None:
        spacing = self.task.spacings.get(index)
        if self.axes[index].values is None and spacing is not None and spacing.step != 1:
            label = self.labels[index]
            notes.append(
                f"{label}: counted in points from 0, because --spacing gives no coordinates"
            )

    def _on_sheets(
        self,
        sheets: Mapping[int, tuple[str, str]],
        by_axis: Mapping[int, tuple[str, str]],
        notes: list[str],
        option: str,
    ) -> tuple[list[Corners], dict[str, Any]]:
        """Return the corners along the two axes below two-dimensional coordinates, if named."""
        if not sheets or self.curved is None:
            return [], {}
        names = self.curved.names
        for sheet in (0, 1):
            if sheet not in sheets:
                raise UsageError(
                    f"{option}: {names[1 - sheet]} needs {names[sheet]} too, because both are "
                    "coordinates over the same two dimensions"
                )
        for index in self.curved.chart.over:
            if index in by_axis:
                raise UsageError(
                    f"{option}: {by_axis[index][0]} and {' and '.join(names)} say the same twice; "
                    "give one or the other"
                )
        for sheet, (name, _) in sorted(sheets.items()):
            if name != names[sheet]:
                notes.append(f"{name} is taken as {names[sheet]}, over {' and '.join(self._below)}")
        numbers = [_number(*sheets[sheet], option) for sheet in (0, 1)]
        said = f"{option} {', '.join(f'{name}={text}' for name, text in (sheets[0], sheets[1]))}"
        corner = self.curved.find(numbers[0], numbers[1], said)
        return [corner], dict(zip(names[::-1], numbers[::-1], strict=True))

    def _unnamed(self, index: int, option: str) -> UsageError:
        wanted = {i: self.labels[i] for i, axis in enumerate(self.axes) if axis.size > 1}
        label = self.labels[index]
        if self.curved is not None:
            slow, fast = self.curved.chart.over
            if index in (slow, fast):
                label = f"{label}, or {' and '.join(self.curved.names)}"
            wanted |= {slow: self.curved.names[1], fast: self.curved.names[0]}
        listed = list(wanted.values())
        form = (
            "" if " " in option else f": write {option} {','.join(f'{each}=…' for each in listed)}"
        )
        of = f" of {self.task.field.name}" if len(self._found.tasks) > 1 else ""
        return UsageError(
            f"{option}: no value for the axis {label}; the axes{of} are {', '.join(listed)}{form}"
        )

    @property
    def _below(self) -> list[str]:
        """The axes below two-dimensional coordinates, each as an index names it."""
        over = () if self.curved is None else self.curved.chart.over
        return [f"{self.labels[axis]} (index {axis})" for axis in over]

    def units_of(self, label: str) -> str | None:
        """Return the units of a coordinate that a place was found by."""
        if self.curved is not None and label in self.curved.names:
            return self.curved.units[self.curved.names.index(label)]
        return self._rulers[label].axis.units


def _number(name: str, text: str, option: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = float("nan")
    if number - number != 0:
        raise UsageError(f"{option} {name}={text}: {text!r} is not a finite number")
    return number
