"""The grid of a task's results: which names its axes have, and where places lie on it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any, NamedTuple

from gradcli.errors import UsageError
from gradcli.explore.curved import CurvedGrid, find_curved
from gradcli.explore.evaluate import Evaluation
from gradcli.explore.interpolate import Corners
from gradcli.explore.rulers import Ruler, Spot
from gradcli.model.axes import Axis, axis_label, find_axis
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
        self._rulers: dict[tuple[int, str], Ruler] = {}

    @cached_property
    def curved(self) -> CurvedGrid | None:
        """The two-dimensional coordinates of the grid, if there are any."""
        return find_curved(self._found.source, self.task.field, self._settings)

    @property
    def labels(self) -> list[str]:
        """The names of the axes."""
        return [axis_label(self.axes, index) for index in range(len(self.axes))]

    def knows(self, name: str) -> bool:
        """Return whether an axis, or a coordinate over two of them, has a name."""
        return self._sheet(name) is not None or self.index_of(name) is not None

    def index_of(self, name: str) -> int | None:
        """Return the index of the axis with a name, or None."""
        try:
            return find_axis(self.axes, name)
        except UsageError:
            return None

    def _sheet(self, name: str) -> int | None:
        return None if self.curved is None else self.curved.sheet_of(name)

    def ruler(self, index: int, name: str = "") -> Ruler:
        """Return the ruler of an axis, by the further coordinate of a name if it has that."""
        axis, label = self.axes[index], self.labels[index]
        other = None if name in ("", axis.name) else axis.other(name)
        key = (index, "" if other is None else name)
        if key not in self._rulers:
            made = Ruler(label if other is None else name, other or axis, self._period(index))
            self._rulers[key] = made
        return self._rulers[key]

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
            sheet = self._sheet(name)
            index = self.index_of(name) if sheet is None else None
            for key, known in ((sheet, sheets), (index, by_axis)):
                if key is None:
                    continue
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
                spot = self.ruler(index, name).find(text, notes, option)
                self._say_index(index, notes)
                shown[self.labels[index]] = spot.shown
            elif axis.size == 1:
                spot = Spot((0,), (1.0,), 0)
            else:
                raise self._unnamed(index, option)
            corners.append(Corners((index,), tuple((k,) for k in spot.points), spot.weights))
        return Place(corners, {label: shown[label] for label in self._ordered(shown)})

    def _say_index(self, index: int, notes: list[str]) -> None:
        spacing = self.task.spacings.get(index)
        if self.axes[index].values is None and spacing is not None and spacing.step != 1:
            label = self.labels[index]
            notes.append(f"{label}: counted in points, from 0, as --spacing gives no coordinates")

    def _ordered(self, shown: Mapping[str, Any]) -> list[str]:
        sheets = () if self.curved is None else self.curved.names[::-1]
        return [label for label in dict.fromkeys((*self.labels, *sheets)) if label in shown]

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
                    f"{option}: {names[1 - sheet]} needs {names[sheet]} beside it, as both are "
                    "coordinates over the same two dimensions"
                )
        for index in self.curved.chart.over:
            if index in by_axis:
                raise UsageError(
                    f"{option}: {by_axis[index][0]} is named, and {' and '.join(names)}, which lie "
                    "over it; give one or the other"
                )
        for sheet, (name, _) in sorted(sheets.items()):
            if name != names[sheet]:
                notes.append(f"{name} is taken as {names[sheet]}, over {' and '.join(self._below)}")
        numbers = [_number(*sheets[sheet], option) for sheet in (0, 1)]
        said = f"{option} {', '.join(f'{name}={text}' for name, text in (sheets[0], sheets[1]))}"
        corner = self.curved.find(numbers[0], numbers[1], said)
        return [corner], dict(zip(names, numbers, strict=True))

    def _unnamed(self, index: int, option: str) -> UsageError:
        wanted = [
            label for label, axis in zip(self.labels, self.axes, strict=True) if axis.size > 1
        ]
        label = self.labels[index]
        if self.curved is not None and index in self.curved.chart.over:
            over = [self.labels[axis] for axis in self.curved.chart.over]
            wanted = [other for other in wanted if other not in over] + [*self.curved.names]
            label = f"{label}, or {' and '.join(self.curved.names)}"
        named = ",".join(f"{label}=…" for label in wanted)
        form = "" if " " in option else f": write {option} {named}"
        return UsageError(
            f"{option}: no place on the axis {label}; the axes are {', '.join(wanted)}{form}"
        )

    @property
    def _below(self) -> list[str]:
        """The axes below two-dimensional coordinates, each as an index names it."""
        over = () if self.curved is None else self.curved.chart.over
        return [f"{self.labels[axis]} (index {axis})" for axis in over]

    def units_of(self, label: str) -> str | None:
        """Return the units of a coordinate."""
        if self.curved is not None and label in self.curved.names and label not in self.labels:
            return self.curved.units[self.curved.names.index(label)]
        return self.axes[self.labels.index(label)].units


def _number(name: str, text: str, option: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = float("nan")
    if number - number != 0:
        raise UsageError(f"{option} {name}={text}: {text!r} is no finite number")
    return number
