"""Walk along a field of directions: a path, and why it ends."""

from __future__ import annotations

from collections.abc import Callable
from math import inf
from typing import Literal, NamedTuple, TypeAlias

import numpy as np

from gradcli.explore.local import Nowhere
from gradcli.numerics.runge_kutta import factor_of, try_step
from gradcli.numerics.weights import Floats
from gradcli.record import field, record

Ended: TypeAlias = Literal["stationary", "edge", "missing", "length", "steps"]

FIRST = 0.1  # cells of the first step
LONGEST = 1.0  # cell that a step crosses at most
SHORTEST = 1e-4  # cells of a step, below which an end is reached
NEAR = 2e-2  # cells from a stationary point, at which a path ends
STILL = 1e-9  # of the largest vector seen, which counts as none
RARELY = 10  # steps after which a stationary point is looked for in any case
MANY, STUCK = 1000, 1e-2  # steps, and the cells by which so many lead on at least
MOST_STEPS = 100_000
APART = 0.25  # cells between places whose vectors are compared

Vectors: TypeAlias = Callable[[Floats], "Floats | Nowhere"]


class Ground(NamedTuple):
    """What a path walks on.

    Attributes
    ----------
    vector : callable
        Gives the vector that a path follows at a place, in lengths, or why there is none.
    scales : callable
        Gives the length of one unit of each coordinate at a place.
    cell : callable
        Gives the size of the cell of the grid around a place, in coordinates.
    inside : callable
        Gives the nearest place within the ends of the grid.
    """

    vector: Vectors
    scales: Callable[[Floats], Floats]
    cell: Callable[[Floats], Floats]
    inside: Callable[[Floats], Floats]


@record
class Path:
    """A path.

    Attributes
    ----------
    places : list of ndarray
    lengths : list of float
        How far along the path each place lies.
    ended : str
        ``stationary``, ``edge``, ``missing`` or ``length``; ``steps`` if there are too many.
    """

    places: list[Floats] = field(default_factory=list)
    lengths: list[float] = field(default_factory=list)
    ended: Ended = "length"


def walk(ground: Ground, start: Floats, longest: float, tolerance: float) -> Path:
    """Return the path from a place along the vectors of a field, of length 1 each.

    The method of Dormand and Prince chooses its steps so that the error of each is below the
    tolerance, in cells of the grid. No step is longer than a cell. A path ends at the edge, before
    a missing value, after a length, or within a fiftieth of a cell of a stationary point.

    Parameters
    ----------
    ground : Ground
    start : ndarray
        A place that has a vector.
    longest : float
        The length after which a path ends.
    tolerance : float
        Error of one step, in cells.
    """
    return _Walker(ground, longest, tolerance).walk(start)


class _Walker:
    def __init__(self, ground: Ground, longest: float, tolerance: float) -> None:
        self._ground, self._longest, self._tolerance = ground, longest, tolerance
        self._why: Nowhere = "edge"
        self._largest = self._size = 0.0  # of the vectors so far, and of the last one

    def walk(self, start: Floats) -> Path:
        """Return the path from a place."""
        path = Path([start], [0.0])
        slope = self._slope(start)
        if slope is None or self._is_still(start):
            path.ended = "stationary"
            return path
        step = FIRST * self._crossing(start, slope)
        size = inf
        for count in range(MOST_STEPS):
            place = path.places[-1]
            crossing = self._crossing(place, slope)
            rest = self._longest - path.lengths[-1]
            taken = min(step, LONGEST * crossing, rest)
            made = try_step(self._slope, place, slope, taken)
            if made is None:
                step = taken / 2
                if step < SHORTEST * crossing:
                    return self._stop(path, slope)
                continue
            error = self._share(made.error, place) / self._tolerance
            step = taken * factor_of(error)
            if error > 1:
                if step < SHORTEST**2 * crossing:  # the path goes to and fro across a kink
                    path.ended = "stationary"
                    return path
                continue
            slope = made.slope
            path.places.append(made.place)
            path.lengths.append(path.lengths[-1] + taken)
            if taken == rest:
                path.ended = "length"
                return path
            if self._is_stuck(path, crossing):
                path.ended = "stationary"
                return path
            before, size = size, self._size
            # Where the vector goes down to 0, if it goes on as between the last two places.
            ahead = size / max(before - size, 1e-300) * taken / crossing
            if (ahead < 10 * NEAR or count % RARELY == 0) and self._is_still(made.place):
                path.ended = "stationary"
                return path
        path.ended = "steps"
        return path

    def _is_stuck(self, path: Path, crossing: float) -> bool:
        """Return whether many steps led nowhere, as they go to and fro across a valley."""
        count = len(path.lengths)
        if count <= MANY or count % MANY:
            return False
        moved = self._share(path.places[-1] - path.places[-MANY], path.places[-1])
        return moved < STUCK and path.lengths[-1] - path.lengths[-MANY] < crossing

    def _slope(self, place: Floats) -> Floats | None:
        """Return the change of the coordinates with length; None where there is none."""
        vector = self._ground.vector(place)
        if isinstance(vector, str):
            self._why = vector
            return None
        self._size = float(np.sqrt(vector @ vector))
        self._largest = max(self._largest, self._size)
        if not self._size > 0:
            return np.zeros_like(vector)
        found: Floats = vector / self._size / self._ground.scales(place)
        return found

    def _crossing(self, place: Floats, slope: Floats) -> float:
        """Return the length of the way across a cell."""
        share = self._share(slope, place)
        return 1 / share if share else inf

    def _share(self, change: Floats, place: Floats) -> float:
        """Return the size of a change of the coordinates in cells."""
        return float(np.abs(change / self._ground.cell(place)).max())

    def _is_still(self, place: Floats) -> bool:
        """Return whether a place is stationary, or a path that goes there is close to one.

        Close to one, the vectors change linearly with the place, which shows where they are 0. It
        counts if the path goes there, not past it.
        """
        vector = self._ground.vector(place)
        if isinstance(vector, str):
            return False
        if np.sqrt(vector @ vector) <= STILL * self._largest:
            return True
        change = self._jacobian(place)
        if change is None:
            return False
        try:
            way = np.linalg.solve(change, -vector)
        except np.linalg.LinAlgError:
            return False
        cell = self._ground.cell(place)
        toward = vector @ (way * self._ground.scales(place)) > 0
        return bool(toward and np.abs(way / cell).max() <= NEAR)

    def _jacobian(self, place: Floats) -> Floats | None:
        """Return the change of the vectors with each coordinate, or None beside an end."""
        columns = []
        for axis, size in enumerate(self._ground.cell(place)):
            shift = np.zeros_like(place)
            shift[axis] = APART * size
            ends = [self._ground.vector(place + sign * shift) for sign in (1, -1)]
            if any(isinstance(end, str) for end in ends):
                return None
            columns.append((ends[0] - ends[1]) / (2 * shift[axis]))  # type: ignore[operator]
        return np.stack(columns, -1)

    def _stop(self, path: Path, slope: Floats) -> Path:
        """End a path at the edge, to which it goes straight on, or before a missing value."""
        path.ended = self._why
        place = path.places[-1]
        if self._why == "edge":
            beyond = place + slope * (2 * SHORTEST * self._crossing(place, slope))
            way = self._ground.inside(beyond) - place
            with np.errstate(divide="ignore", invalid="ignore"):
                share = np.nanmin(np.where(slope != 0, way / slope, np.nan))
            if share > 0:
                path.places.append(self._ground.inside(place + share * slope))
                path.lengths.append(path.lengths[-1] + float(share))
        return path
