"""Put axes in order before fields are differentiated along them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from gradcli.model.arrangement import Arrangement
from gradcli.model.axes import Axis, axis_label
from gradcli.model.fields import Field
from gradcli.numerics.coordinates import check_monotonic, directions
from gradcli.record import replace


def arranged(label: str, axis: Axis, sort: bool, duplicates: str | None, tracks: str = "") -> Axis:
    """Return an axis in rising order, and with one point per coordinate, as far as asked for.

    An axis that only rises or only falls is already in order. An axis with missing coordinates
    cannot be put in order; it is returned unchanged, and refused later.

    Raises
    ------
    InputError
        ``duplicates`` is given without ``sort``, and the axis is not in order.

    Examples
    --------
    >>> axis = Axis("x", 4, np.array([2.0, 0.0, 1.0, 1.0]))
    >>> arranged("x", axis, True, "first").values
    array([0., 1., 2.])
    """
    values = axis.values
    if values is None or len(values) < 2 or not np.isfinite(values).all():
        return axis
    steps, rows, words = directions(values)[0], np.arange(len(values)), []
    if not ((steps >= 0).all() or (steps <= 0).all()):
        if not sort:
            if duplicates:
                check_monotonic(label, values, repeats=True, tracks=tracks)
            return axis
        rows = np.argsort(values, kind="stable")
        values = values[rows]
        steps, words = directions(values)[0], ["put in rising order"]
    starts = None
    if duplicates and not steps.all():
        starts = np.concatenate([[0], np.flatnonzero(steps) + 1, [len(values)]])
        repeats = len(values) - len(starts) + 1
        values = values[starts[:-1]]
        done = "averaged" if duplicates == "mean" else "left out"
        words.append(f"{repeats} of {axis.size} points repeat a coordinate: {done}")
        if duplicates == "first":
            rows, starts = rows[starts[:-1]], None
    if not words:
        return axis
    made = Arrangement(rows, starts, ", ".join(words))
    return replace(axis, values=values, size=len(values), arrangement=made)


class Arranger:
    """Puts axes of fields in order; fields that share an axis share its arrangement."""

    def __init__(
        self,
        sort: bool,
        duplicates: str | None,
        notes: list[str],
        advise: Callable[[Field, Axis], str],
    ) -> None:
        self._advise = advise
        self._sort, self._duplicates, self._notes = sort, duplicates, notes
        self._done: dict[object, Axis] = {}

    def arrange(self, field: Field, indices: list[int]) -> Field:
        """Return a field with some axes in order, as if they were in order in the file."""
        axes = list(field.axes)
        for index in indices:
            axis, label = axes[index], axis_label(field.axes, index)
            if axis.tracks is not None:
                continue  # each is in order by itself, and results stay row for row
            key = (axis.key, id(axis.values))
            if key not in self._done:
                self._done[key] = arranged(
                    label, axis, self._sort, self._duplicates, self._advise(field, axis)
                )
            axes[index] = self._done[key]
            made = axes[index].arrangement
            if made is not None:
                self._notes.append(f"{label}: {made.words}")
        return replace(field, axes=tuple(axes))
