"""How panels are put on a page: rows and columns, and the box of each, in inches."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from gradcli.cf.roles import is_latitude, is_longitude, role_of
from gradcli.explore.mesh import centres_of, on_a_disc
from gradcli.explore.panels import Panel
from gradcli.explore.picture import panel_inches
from gradcli.model.axes import Axis

WIDEST, HIGHEST = 18.0, 20.0  # inches, unless a size is asked for
UNEQUAL = 5.0  # times as wide as high, or as high as wide, that a panel with equal axes may be
LETTER = 0.6  # of the size of its font that a letter is wide
LINE = 1.35  # of the size of a font from one line of text to the next
POINT = 1 / 72  # inches
WIDE = 1.35  # times wider than high that other panels are
FORM = 1.7  # times wider than high that a page is, about
HOLES = 3.5  # what empty places cost, beside a page that is too wide or too high
SMALLEST, LARGEST = 0.35, 2.0  # times the usual size that text may have


class Rectangle(NamedTuple):
    """A part of a page: its left lower corner, its width and its height."""

    left: float
    low: float
    width: float
    height: float

    def fitted(self, ratio: float | None) -> Rectangle:
        """Return the largest part in the middle that is so many times wider than high.

        >>> Rectangle(0, 0, 4, 2).fitted(1.0)
        Rectangle(left=1.0, low=0.0, width=2.0, height=2)
        """
        if ratio is None:
            return self
        width, height = min(self.width, self.height * ratio), min(self.height, self.width / ratio)
        left, low = self.left + (self.width - width) / 2, self.low + (self.height - height) / 2
        return Rectangle(left, low, width, height)


class Margins(NamedTuple):
    """What is left free around a panel, in inches."""

    left: float
    right: float
    low: float
    top: float


class Sheet(NamedTuple):
    """A page.

    Attributes
    ----------
    rows, columns : int
    places : tuple of (int, int)
        The row and column of each panel.
    cell : (float, float)
        The usual size of a panel with what is around it, in inches.
    margins : Margins
        Around a panel, without the names of its axes.
    names : (float, float)
        What the names of the axes take, to the left and below.
    shared : (bool, bool)
        Whether panels beside each other share the axis upwards, and those above each other the
        axis to the right, so that each is named once.
    """

    rows: int
    columns: int
    places: tuple[tuple[int, int], ...]
    cell: tuple[float, float]
    margins: Margins
    names: tuple[float, float]
    shared: tuple[bool, bool]

    def is_named(self, number: int) -> tuple[bool, bool]:
        """Return whether the axis upwards and the one to the right of a panel are named."""
        row, column = self.places[number]
        lowest = max(r for r, c in self.places if c == column)
        return not self.shared[0] or column == 0, not self.shared[1] or row == lowest

    def size(self, more: float = 0.0) -> tuple[float, float]:
        """Return the usual size of the page in inches, with more above and below the panels."""
        width = self.columns * self.cell[0] + self.names[0] * self.shared[0]
        height = self.rows * self.cell[1] + self.names[1] * self.shared[1] + more
        return min(WIDEST, width), min(HIGHEST, height)

    def scale(self, size: tuple[float, float]) -> float:
        """Return how many times larger than usual text and margins are on a page of this size.

        >>> SURFACES.scale((8.4, 7.2)), SURFACES.scale((4.2, 7.2))
        (2.0, 1.0)
        """
        usual = self.size()
        share = min(size[0] / usual[0], size[1] / usual[1])
        return min(LARGEST, max(SMALLEST, share))

    def box(self, number: int, size: tuple[float, float], top: float, low: float) -> Rectangle:
        """Return the box of a panel between its margins, in inches.

        ``top`` and ``low`` are what the page needs above and below all panels.
        """
        scale = self.scale(size)
        free, names = (Margins(*(part * scale for part in self.margins)), self.names)
        beside, below = (
            part * scale * shared for part, shared in zip(names, self.shared, strict=True)
        )
        width = (size[0] - beside) / self.columns
        height = (size[1] - top - low - below) / self.rows
        row, column = self.places[number]
        own = [part * scale * (not s) for part, s in zip(names, self.shared, strict=True)]
        left = beside + column * width + free.left + own[0]
        bottom = low + below + (self.rows - 1 - row) * height + free.low + own[1]
        return Rectangle(
            left,
            bottom,
            max(0.05, width - free.left - free.right - own[0]),
            max(0.05, height - free.low - free.top - own[1]),
        )


SURFACES = Sheet(1, 1, ((0, 0),), (4.2, 3.6), Margins(0.05, 0.85, 0.24, 0.4), (0, 0), (False,) * 2)


def sheet_of(panels: Sequence[Panel], kind: str, lines: int = 1, form: float = FORM) -> Sheet:
    """Return how panels are put on a page.

    Fields stand below each other, each with its derivatives beside it, but lines side by side,
    each with its derivatives below.

    Parameters
    ----------
    panels : sequence of Panel
    kind : str
        As `draw` takes it.
    lines : int
        The most lines of text above a panel.
    form : float
        How many times wider than high the page is to be, about.
    """
    origins = [*dict.fromkeys(panel.origin for panel in panels)]
    groups = [[panel for panel in panels if panel.origin == origin] for origin in origins]
    most = max(map(len, groups))
    above = 0.12 + lines * 9 * LINE * POINT
    if kind == "line":
        rows = ((row, column) for column, group in enumerate(groups) for row in range(len(group)))
        cell, margins = (4.6 if len(groups) > 1 else 6.4, 1.9), Margins(0.1, 0.2, 0.06, above)
        return Sheet(most, len(groups), tuple(rows), cell, margins, (0.6, 0.42), (False, True))
    if kind == "surface":
        cell, margins, names = SURFACES.cell, SURFACES.margins, SURFACES.names
        shared = (False, False)
    else:
        ratio = float(np.median([_ratio(panel) for panel in panels]))
        width, height = panel_inches(len(panels), ratio)
        margins = Margins(0.1, 0.75, 0.08, above)
        names = (0.7, 0.45)
        same = all(_same_axes(panels[0], panel) for panel in panels)
        shared = (same, same)
        cell = (
            width + margins.left + margins.right + names[0] * (not same),
            height + margins.low + margins.top + names[1] * (not same),
        )
    if len(groups) == 1 or most == 1 or most > 5:
        count = len(panels)
        columns = min(range(1, count + 1), key=lambda n: _waste(n, count, cell, form))
        places = tuple(divmod(number, columns) for number in range(count))
        return Sheet(-(-count // columns), columns, places, cell, margins, names, shared)
    places = tuple((row, n) for row, group in enumerate(groups) for n in range(len(group)))
    return Sheet(len(groups), most, places, cell, margins, names, shared)


def _waste(columns: int, count: int, cell: tuple[float, float], wanted: float) -> float:
    """Return how far a page is from a good one: empty places, and its form."""
    rows = -(-count // columns)
    form = columns * cell[0] / (rows * cell[1])
    return HOLES * (rows * columns - count) / count + abs(math.log(form / wanted))


def _ratio(panel: Panel) -> float:
    """Return about how many times wider than high a panel is drawn."""
    if panel.positions is not None:
        if panel.place is not None and on_a_disc(*panel.positions) is not None:
            return 1.0
        x, y = (np.ptp(part[np.isfinite(part)]) for part in panel.positions)
        return float(np.clip(x / (y or 1), 0.5, 2.5))
    return ratio_of(panel.axes)


def ratio_of(axes: Sequence[Axis]) -> float:
    """Return about how many times wider than high the box of some axes is drawn.

    >>> ratio_of([Axis("y", 11), Axis("x", 21)])
    2.0
    """
    if len(axes) < 2:
        return WIDE
    up, right = axes
    if not are_alike(up, right):
        return WIDE
    spans = [
        axis.size - 1.0 if axis.values is None else abs(float(axis.values[-1] - axis.values[0]))
        for axis in (up, right)
    ]
    ratio = spans[1] / (spans[0] or 1.0)
    return ratio if 1 / UNEQUAL <= ratio <= UNEQUAL else WIDE


def are_alike(up: Axis, right: Axis) -> bool:
    """Return whether two axes are drawn at the same scale, if they are not too unequal.

    >>> are_alike(Axis("y", 3, units="m"), Axis("x", 3, units="km"))
    False
    """
    if is_latitude(up) and is_longitude(right):
        return True
    alike = up.units == right.units and (up.values is None) == (right.values is None)
    return alike and "t" not in (role_of(up), role_of(right))


def _same_axes(one: Panel, other: Panel) -> bool:
    """Return whether two panels have the same axes."""
    return len(one.axes) == len(other.axes) == 2 and all(
        (a.name, a.size) == (b.name, b.size)
        and (a.values is b.values or np.array_equal(centres_of(a), centres_of(b)))
        for a, b in zip(one.axes, other.axes, strict=True)
    )


def letters_in(inches: float, points: float) -> int:
    """Return how many letters of a size fit into a width.

    >>> letters_in(2.0, 9.0)
    26
    """
    return max(6, int(inches / (points * LETTER * POINT)))
