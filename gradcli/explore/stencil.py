"""The weights of each kind of row of a stencil, in exact numbers, with the order of accuracy."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from math import factorial, fsum

import numpy as np

from gradcli.errors import UsageError
from gradcli.numerics.assemble import make_stencil, reach_beyond
from gradcli.numerics.coordinates import Spacing, fit_spacing, index_spacing
from gradcli.numerics.schemes import Scheme
from gradcli.numerics.stencils import Piece
from gradcli.record import record, replace

MOST_ROWS = 10_000  # in a table
MOST_POINTS = 101  # of a fitted window, whose weights are found in exact numbers
MOST_DEGREE = 12
AGREES = 2.0**-40  # relative difference of an exact weight from that of the engine
LONGEST = 10**9  # the largest numerator or denominator of a fraction that people read
RAISED = str.maketrans("0123456789()", "⁰¹²³⁴⁵⁶⁷⁸⁹⁽⁾")


@record(frozen=True)
class Grid:
    """The points of an axis.

    Attributes
    ----------
    points : int or None
        How many there are; None for enough to show each kind of row.
    step : Fraction or None
        Of equal steps; None for one that stays a letter, ``h``.
    coordinates : tuple of Fraction
        Of each point, in place of both; empty for an equal grid.
    periodic : bool
    period : Fraction or None
    """

    points: int | None = None
    step: Fraction | None = None
    coordinates: tuple[Fraction, ...] = ()
    periodic: bool = False
    period: Fraction | None = None


@record(frozen=True)
class Leading:
    """The leading term of an error: a number times a power of the step times a derivative.

    Attributes
    ----------
    coefficient : Fraction
    power : int
        The power of the step ``h``; 0 where the coefficient holds the steps themselves.
    derivative : int
    """

    coefficient: Fraction
    power: int
    derivative: int

    def text(self, plain: bool = False) -> str:
        """Return the term as text; ``plain`` is without raised characters.

        >>> Leading(Fraction(-1, 30), 4, 5).text(), Leading(Fraction(-1, 30), 4, 5).text(True)
        ('-h⁴/30 f⁽⁵⁾', '-h^4/30 f^(5)')
        """
        number = self.coefficient
        top, below = abs(number.numerator), number.denominator
        if max(top, below) > LONGEST:
            factor, divisor = f"{abs(float(number)):.6g}", ""
        else:
            factor, divisor = str(top), "" if below == 1 else f"/{below}"
        if factor == "1" and (self.power or not divisor):
            factor = ""
        if self.power:
            factor += "h" + (_raised(f"{self.power}", plain) if self.power > 1 else "")
        order = _raised(f"({self.derivative})", plain)
        return ("-" if number < 0 else "") + f"{factor}{divisor} f{order}".lstrip()


@record(frozen=True)
class Row:
    """The weights of one kind of row.

    Attributes
    ----------
    first, last : int
        The rows that have them; negative ones count from the end of the axis.
    offsets : tuple of int
        The neighbours and the point itself, counted from it; empty where rows are missing.
    weights : tuple of float
        As the engine applies them.
    fractions : tuple of Fraction or None
        The same numbers, exactly; None if no fraction of a readable length is meant.
    accuracy : int or None
        The order of accuracy; None where rows are missing.
    leading : Leading or None
        What the row gives less the derivative, to the first power of the step that is there.
    """

    first: int
    last: int
    offsets: tuple[int, ...] = ()
    weights: tuple[float, ...] = ()
    fractions: tuple[Fraction, ...] | None = None
    accuracy: int | None = None
    leading: Leading | None = None


def stencil_rows(scheme: Scheme, grid: Grid) -> list[Row]:
    """Return the weights of each kind of row of an axis, from its first row to its last.

    The weights are those of the stencil that differentiates files. They are solved for once more
    in exact numbers, on the same neighbours, for the fractions and the error.

    Parameters
    ----------
    scheme : Scheme
        The order of the derivative, its accuracy, side and edges.
    grid : Grid
        The points of the axis.

    Returns
    -------
    list of Row
        One for all rows with the same weights; on uneven coordinates each row has its own.

    Raises
    ------
    UsageError
        The coordinates do not rise or fall, or there is more than fits into a table.
    InputError
        The axis is shorter than the stencil.

    Examples
    --------
    >>> first, inside, last = stencil_rows(Scheme(), Grid())
    >>> inside.offsets, inside.weights
    ((-1, 0, 1), (-0.5, 0.0, 0.5))
    >>> [str(weight) for weight in last.fractions], last.accuracy, last.leading.text()
    (['-1', '1'], 1, '-h/2 f⁽²⁾')
    """
    _refuse_large(scheme, grid)
    spacing = _spacing(scheme, grid)
    period = None if grid.period is None else float(grid.period)
    stencil = make_stencil("x", spacing, scheme, grid.periodic, period)
    size = spacing.size
    exact = _Exact(scheme, grid, size)
    open_ended = grid.points is None and not grid.coordinates
    rows: list[Row] = []
    done = 0
    for piece in stencil.pieces:
        rows += _missing(done, piece.start)
        rows += [exact.row(*found) for found in _kinds(piece)]
        done = piece.stop
    rows += _missing(done, size)
    return [_from_the_end(row, size) for row in rows] if open_ended else rows


def _refuse_large(scheme: Scheme, grid: Grid) -> None:
    fit = scheme.smooth
    if fit is not None and (fit.window > MOST_POINTS or fit.degree > MOST_DEGREE):
        raise UsageError(
            f"--smooth: a table holds windows of at most {MOST_POINTS} points and a degree of at "
            f"most {MOST_DEGREE}"
        )
    own = len(grid.coordinates) or (grid.points or 0 if grid.period is not None else 0)
    if own > MOST_ROWS:
        raise UsageError(
            f"{own} points may have as many kinds of rows; a table holds at most {MOST_ROWS}"
        )


def _spacing(scheme: Scheme, grid: Grid) -> Spacing:
    """Return the spacing of the points as the engine sees it."""
    if not grid.coordinates:
        # Enough points that no row sees both ends.
        size = 2 * reach_beyond(scheme) + 3 if grid.points is None else grid.points
        return index_spacing(size, 1.0 if grid.step is None else float(grid.step))
    pairs = list(zip(grid.coordinates, grid.coordinates[1:], strict=False))
    rises = grid.coordinates[-1] > grid.coordinates[0]
    for index, (one, two) in enumerate(pairs, 1):
        if one == two or (two > one) != rises:
            raise UsageError(
                f"--coords: {float(two):.10g} at index {index} comes after {float(one):.10g}; "
                "coordinates rise, or fall, and differ"
            )
    return fit_spacing("x", np.array([float(each) for each in grid.coordinates]))


def _kinds(piece: Piece) -> Iterator[tuple[int, int, tuple[int, ...], Sequence[float]]]:
    """Yield the rows of a piece with the same weights: first, last, offsets, weights."""
    weights = piece.weights_of(piece.start, piece.stop)
    same = len(weights) == 1
    for number, row in enumerate(weights.tolist()):
        first = piece.start + number
        yield first, piece.stop - 1 if same else first, piece.offsets, row


def _missing(start: int, stop: int) -> list[Row]:
    return [Row(start, stop - 1)] if start < stop else []


def _from_the_end(row: Row, size: int) -> Row:
    """Return a row of an axis of any length, whose last rows count from its end."""

    def moved(place: int) -> int:
        return place if 2 * place < size else place - size

    return replace(row, first=moved(row.first), last=moved(row.last))


class _Exact:
    """Rows in exact numbers."""

    def __init__(self, scheme: Scheme, grid: Grid, size: int) -> None:
        self._order, self._degree = scheme.order, scheme.degree
        self._grid = grid
        self._size = size
        self._step = self._equal_step()

    def _equal_step(self) -> Fraction | None:
        """Return the step of equal coordinates, 1 for a letter; None if rows differ."""
        grid = self._grid
        step = grid.step or Fraction(1)
        if grid.coordinates:
            if not _spacing(Scheme(), grid).is_equal:
                return None
            span = grid.coordinates[-1] - grid.coordinates[0]
            step = span / max(1, self._size - 1) or Fraction(1)
        closes = grid.period is None or abs(grid.period) == abs(step) * self._size
        return step if closes else None

    def row(self, first: int, last: int, near: tuple[int, ...], weights: Sequence[float]) -> Row:
        """Return a row with weights of the engine for its neighbours."""
        by_offset = {0: -fsum(weights), **dict(zip(near, weights, strict=True))}
        offsets = tuple(sorted(by_offset))
        found = tuple(by_offset[k] + 0.0 for k in offsets)
        distances = self._distances(first, offsets)
        exact = exact_weights(distances, self._order, self._degree)
        power, moment = self._first_moment(distances, exact)
        steps = 0
        scale = Fraction(1)
        if self._step is not None:  # the distances are whole numbers of steps
            steps, scale = power - self._order, self._step**self._order
        exact = tuple(weight / scale for weight in exact)
        return Row(
            first,
            last,
            offsets,
            found,
            exact if _are_told(exact, found) else None,
            power - self._order,
            Leading(moment, steps, power),
        )

    def _distances(self, row: int, offsets: tuple[int, ...]) -> list[Fraction]:
        if self._step is not None:
            return [Fraction(k) for k in offsets]
        return [self._place(row + k) - self._place(row) for k in offsets]

    def _place(self, row: int) -> Fraction:
        """Return the coordinate of a row, which may lie beyond the ends of a periodic axis."""
        grid, size = self._grid, self._size
        turns, inside = divmod(row, size)
        if not grid.coordinates:
            step = grid.step or Fraction(1)
            place, rises = inside * step, step > 0
        else:
            place = grid.coordinates[inside]
            rises = grid.coordinates[-1] > grid.coordinates[0]
        period = abs(grid.period or Fraction(0))
        return place + turns * (period if rises else -period)

    def _first_moment(
        self, distances: list[Fraction], weights: tuple[Fraction, ...]
    ) -> tuple[int, Fraction]:
        """Return which power above the order is not differentiated exactly, and its moment."""
        power = self._order
        terms = [w * d**power for w, d in zip(weights, distances, strict=True)]
        while True:
            power += 1
            terms = [term * d for term, d in zip(terms, distances, strict=True)]
            moment = sum(terms, Fraction(0))
            if moment:
                return power, moment / factorial(power)


def exact_weights(
    distances: Sequence[Fraction], order: int, degree: int | None = None
) -> tuple[Fraction, ...]:
    """Return the weights of a derivative, as the solution of the equations of their moments.

    Parameters
    ----------
    distances : sequence of Fraction
        Distances of the nodes from the point, all different.
    order : int
        Order of the derivative.
    degree : int, optional
        Degree of the polynomial that is fitted by least squares. By default it passes through
        every node.

    Returns
    -------
    tuple of Fraction
        One for each node.

    Examples
    --------
    >>> [str(weight) for weight in exact_weights([Fraction(k) for k in (-2, 0, 1)], 1)]
    ['-1/6', '-1/2', '2/3']
    """
    count = len(distances) if degree is None else degree + 1
    powers = [[d**k for d in distances] for k in range(count)]
    wanted = [Fraction(factorial(order) if k == order else 0) for k in range(count)]
    if degree is None:
        return tuple(_solved(powers, wanted))
    gram = [[_dot(one, two) for two in powers] for one in powers]
    shares = _solved(gram, wanted)
    return tuple(_dot(shares, column) for column in zip(*powers, strict=True))


def _solved(matrix: list[list[Fraction]], right: list[Fraction]) -> list[Fraction]:
    """Return the solution of linear equations, by Gauss and Jordan."""
    rows = [[*row, value] for row, value in zip(matrix, right, strict=True)]
    for place in range(len(rows)):
        pivot = next(i for i in range(place, len(rows)) if rows[i][place])
        rows[place], rows[pivot] = rows[pivot], rows[place]
        divisor = rows[place][place]
        rows[place] = [value / divisor for value in rows[place]]
        for i, row in enumerate(rows):
            if i != place and row[place]:
                factor = row[place]
                rows[i] = [a - factor * b for a, b in zip(row, rows[place], strict=True)]
    return [row[-1] for row in rows]


def _dot(one: Sequence[Fraction], two: Sequence[Fraction]) -> Fraction:
    return sum((a * b for a, b in zip(one, two, strict=True)), Fraction(0))


def _are_told(exact: tuple[Fraction, ...], found: tuple[float, ...]) -> bool:
    """Return whether fractions are what the engine rounds, and short enough to be read."""
    largest = max(map(abs, exact))
    agree = all(
        abs(Fraction(weight) - other) <= AGREES * largest
        for weight, other in zip(found, exact, strict=True)
    )
    return agree and all(max(abs(w.numerator), w.denominator) <= LONGEST for w in exact)


def _raised(text: str, plain: bool) -> str:
    return f"^{text}" if plain else text.translate(RAISED)
