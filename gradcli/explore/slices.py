"""Which slice of a field a picture shows: the axes that are shown, and where others are held."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from gradcli.cf.dates import counts_from_date, date_text
from gradcli.cf.roles import role_of
from gradcli.errors import GradcliError, UsageError
from gradcli.model.axes import Axis, axis_label, find_axis
from gradcli.plan.select import value_range


class Slice(NamedTuple):
    """A slice of a grid.

    Attributes
    ----------
    shown : tuple of int
        The axes that are shown, the slower (or upward) one first.
    held : tuple of int or None
        For each axis the index of its only point, or None for one that is shown.
    words : str
        Where axes of several points are held, for titles.
    guessed : tuple of str
        Labels of those axes that are held at their first point because nothing else was asked for.
    """

    shown: tuple[int, ...]
    held: tuple[int | None, ...]
    words: str
    guessed: tuple[str, ...]


def slice_of(
    axes: tuple[Axis, ...],
    at: Mapping[str, str],
    dimensions: int,
    notes: list[str],
    over: Sequence[int] = (),
) -> Slice:
    """Return the slice of a grid that a picture shows.

    Parameters
    ----------
    axes : tuple of Axis
    at : mapping of str to str
        For some axes the coordinate, date or index to hold them at; names that no axis has are
        not looked at.
    dimensions : int
        How many axes are shown, if there are so many.
    notes : list of str
        Notes are added.
    over : sequence of int
        The axes below two-dimensional coordinates, which are shown if x and y have no axes.

    Examples
    --------
    >>> grid = Axis("t", 9), Axis("y", 3, role="y"), Axis("x", 4, role="x")
    >>> slice_of(grid, {"t": "2"}, 2, [])
    Slice(shown=(1, 2), held=(2, None, None), words='t = index 2', guessed=())
    """
    fixed = dict(_fixed(axes, at, notes))
    free = [i for i, axis in enumerate(axes) if i not in fixed and axis.size > 1]
    shown = _shown(axes, free, dimensions, over)
    held = tuple(None if i in shown else fixed.get(i, 0) for i in range(len(axes)))
    told = [(i, place) for i, place in enumerate(held) if place is not None and axes[i].size > 1]
    words = ", ".join(f"{axis_label(axes, i)} = {place_text(axes[i], at)}" for i, at in told)
    guessed = tuple(axis_label(axes, i) for i, _ in told if i not in fixed)
    return Slice(shown, held, words, guessed)


def _fixed(
    axes: tuple[Axis, ...], at: Mapping[str, str], notes: list[str]
) -> list[tuple[int, int]]:
    found: dict[int, int] = {}
    for name, value in at.items():
        try:
            index = find_axis(axes, name)
        except UsageError:
            continue
        if index in found:
            raise UsageError(f"--at {name}: the axis is named twice")
        found[index] = point_at(axis_label(axes, index), axes[index], value, notes)
    return [*found.items()]


def point_at(label: str, axis: Axis, value: str, notes: list[str]) -> int:
    """Return the index of the point at a coordinate or date, or of an index without coordinates.

    >>> import numpy as np
    >>> point_at("z", Axis("z", 3, np.array([0.0, 10.0, 30.0])), "10", [])
    1
    """
    if axis.values is None:
        try:
            index = int(value)
        except ValueError:
            raise UsageError(
                f"--at {label}={value}: the axis has no coordinates; give an index"
            ) from None
        if not -axis.size <= index < axis.size:
            raise UsageError(
                f"--at {label}={value}: the axis has {axis.size} points; count from 0, or from -1"
            )
        return index % axis.size
    try:
        return value_range(label, axis, (value, None), notes)[0]
    except GradcliError as error:
        raise error.reworded(str(error).replace("--sel", "--at")) from error


def _shown(
    axes: tuple[Axis, ...], free: list[int], dimensions: int, over: Sequence[int]
) -> tuple[int, ...]:
    """Return the axes that are shown: x and y by their roles, or else the last ones."""
    if dimensions >= 2:
        by_role = [next((i for i in free if role_of(axes[i]) == role), None) for role in ("y", "x")]
        if by_role[0] is not None and by_role[1] is not None:
            return by_role[0], by_role[1]
        if over and set(over) <= set(free):
            return tuple(over)
    last = free[-dimensions:]
    # Depths and heights stand upwards, and time goes to the right, unless against a distance.
    roles = [role_of(axes[i]) for i in last]
    if len(last) == 2 and (roles[1] == "z" or (roles[0] == "t" and roles[1] != "x")):
        last = last[::-1]
    return tuple(last)


def place_text(axis: Axis, index: int) -> str:
    """Return where a point of an axis lies, for titles.

    >>> import numpy as np
    >>> place_text(Axis("z", 2, np.array([0.5, 1.5]), "m"), 1), place_text(Axis("z", 2), 1)
    ('1.5 m', 'index 1')
    >>> place_text(Axis("t", 2, np.array([0.0, 1.5]), "days since 2000-01-01"), 1)
    '2000-01-02 12:00'
    """
    if axis.values is None:
        return f"index {index}"
    value = axis.values[index].item()
    if counts_from_date(axis):
        return brief(date_text(axis, value))
    return f"{value:.6g} {axis.units}" if axis.units and axis.units != "1" else f"{value:.6g}"


def brief(date: str) -> str:
    """Return a date without a time of midnight, and without seconds of 0.

    >>> brief("2000-01-02T00:00:00"), brief("2000-01-02T06:30:00")
    ('2000-01-02', '2000-01-02 06:30')
    """
    day, _, time = date.partition("T")
    time = time.removesuffix(":00") if len(time) == 8 else time
    return day if time in ("", "00:00") else f"{day} {time}"
