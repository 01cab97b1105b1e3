"""Compare derivatives with those of a formula, point by point."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import reduce
from math import prod, sqrt

import numpy as np

from gradcli.errors import InputError, UsageError
from gradcli.explore.evaluate import Evaluation, evaluation
from gradcli.explore.sums import Sums, largest, sums_of
from gradcli.explore.symbolic import Derivatives, Exact
from gradcli.formats.formula import NAME, parse_formulas
from gradcli.model.axes import axis_label, find_axis
from gradcli.model.blocks import Block, Window
from gradcli.model.fields import Result
from gradcli.numerics.dtypes import Array
from gradcli.numerics.expressions import Expression
from gradcli.numerics.stencils import Piece, Stencil
from gradcli.numerics.value import VALUE
from gradcli.plan.tasks import AnyStencil
from gradcli.record import field, record
from gradcli.settings import Request
from gradcli.system.threads import Threads, in_order

_AS_THEY_STAND = (
    "verify compares derivatives along axes as they stand; leave out --metric, --per and "
    "--follow-positive"
)
TOLERANCE = 1e-2  # of the largest exact value, by default
ROUNDINGS = 1  # of the field, amplified by the weights, that no stencil can avoid


@record
class Verdict:
    """How far a derivative is from that of a formula.

    Attributes
    ----------
    name : str
        The result, such as ``df_dx``.
    exact : str
        The exact derivative as text.
    points, missing : int
        Points that were compared, and points where one of the two has no value.
    largest, mean, rms : float
        Of the absolute errors: the largest, their mean, and the root of the mean square.
    at : dict of str to float
        Where the largest error lies: the coordinate on each axis.
    inside : float
        The largest error over points whose stencils are centred; NaN if there are none.
    scale : float
        The largest exact value.
    rounding, rounding_inside : float
        The error that the rounding of the field may make, and where stencils are centred.
    """

    name: str
    exact: str
    points: int = 0
    missing: int = 0
    largest: float = 0.0
    mean: float = 0.0
    rms: float = 0.0
    at: dict[str, float] = field(default_factory=dict)
    inside: float = float("nan")
    scale: float = 0.0
    rounding: float = 0.0
    rounding_inside: float = 0.0

    def within(self, tolerance: float) -> bool:
        """Return whether the largest error is within a tolerance, relative to ``scale``.

        An error that rounding alone may make always is, as where the derivative is 0 everywhere.
        """
        return self.largest <= max(tolerance * self.scale, self.rounding)


def verify(request: Request, exact: str, notes: list[str] | None = None) -> list[Verdict]:
    """Compare every derivative of a request with the exact derivative of a formula.

    Parameters
    ----------
    request : Request
        Any operator without a metric. Names of axes in the formula stand for their coordinates,
        in the units of the file; an axis without coordinates has those of ``--spacing``, from 0.
    exact : str
        The formula of the field. For several fields, or the components of a vector, one for each:
        ``"u = x; v = x*y"``.
    notes : list of str, optional
        What may surprise the user, such as a step that was assumed, is added.

    Returns
    -------
    list of Verdict
        One for each derivative.

    Raises
    ------
    UsageError
        The formula is none, or holds a name that is no axis; the operator needs a metric.
    InputError
        There is no point where both have a value.
    MissingPackageError
        sympy is not installed.

    Examples
    --------
    >>> from gradcli.api import request
    >>> grid = {"x": slice(0, 1, 11j)}
    >>> made, = verify(request("x**2", grid=grid, edge_order=2), "x**2")
    >>> made.name, made.exact, made.points, made.largest < 1e-14
    ('df_dx', '2*x', 11, True)
    """
    if request.settings.per:
        raise UsageError(_AS_THEY_STAND)
    formulas = parse_formulas(exact)
    found: list[Verdict] = []
    with evaluation(request) as opened:
        if exact != request.path:  # otherwise --var chooses from the formulas themselves
            _refuse_idle(formulas, {p.base for task in opened.tasks for p in task.components})
        for task in range(len(opened.tasks)):
            found += _Comparison(opened, task, formulas).verdicts(request.run.limits.jobs)
        if notes is not None:
            untold = opened.untold(request.settings, "errors are told without units")
            notes += [note for note in (*opened.plan.notes, *untold) if note not in notes]
    return found


class _Comparison:
    """The results of one task beside their exact values."""

    def __init__(self, opened: Evaluation, task: int, formulas: Mapping[str, Expression]) -> None:
        self._opened = opened
        self._number = task
        self._task = opened.tasks[task]
        self._products = [made for made in self._task.products if made.operator is not VALUE]
        named = [str(axis.name) for axis in self._task.field.axes]
        self._formulas = [
            Derivatives(_formula_of(part.base, formulas), named) for part in self._task.components
        ]
        self._places = [self._places_in(formula) for formula in self._formulas]
        self._coordinates = [self._axis_coordinates(i) for i in range(len(self._task.field.axes))]
        self._exact: dict[int, Exact] = {}
        self._text: dict[int, str] = {}
        for product in self._products:
            for number in product.partials:
                self._prepare(number)

    def _places_in(self, formula: Derivatives) -> dict[str, int]:
        """Return the axis that each name of a formula means."""
        axes = self._task.field.axes
        try:
            places = {name: find_axis(axes, name) for name in formula.names}
        except UsageError as error:
            raise error.reworded(f"--exact: {error}") from None
        for name, place in places.items():
            if list(places.values()).count(place) > 1:
                raise UsageError(
                    f"expression: {name} and another name mean the axis {axis_label(axes, place)}; "
                    "use one of them"
                )
        return places

    def _axis_coordinates(self, index: int) -> Array:
        axis = self._task.field.axes[index].written()
        if axis.values is not None:
            return axis.values.astype(np.float64)
        spacing = self._task.spacings.get(index)
        step = 1.0 if spacing is None else spacing.step
        return step * np.arange(axis.start, axis.start + axis.size, dtype=np.float64)

    def _prepare(self, number: int) -> None:
        """Make the exact counterpart of a partial, and its text."""
        terms = self._task.partials[number].terms
        if len(terms) != 1 or terms[0].before is not None or terms[0].after is not None:
            raise UsageError(_AS_THEY_STAND)
        term = terms[0]
        names = {place: name for name, place in self._places[term.component].items()}
        orders: dict[str, int] = {}
        for axis, stencil in term.steps:
            if not isinstance(stencil, Stencil):
                raise UsageError("verify needs axes whose coordinates are the same everywhere")
            name = names.get(axis, f"axis {axis}")
            orders[name] = orders.get(name, 0) + _order_of(stencil)
        self._exact[number] = self._formulas[term.component].exact(orders)
        self._text[number] = self._formulas[term.component].text(orders)

    def verdicts(self, jobs: int) -> list[Verdict]:
        """Compare block by block, and return what all blocks give together."""
        blocks = (b for b in self._opened.plan.schedule.blocks() if b.task == self._number)
        with Threads(jobs) as pool:
            parts = list(in_order(pool, self._compare, blocks, jobs))
        return [
            self._verdict(result, numbers, [part[place] for part in parts])
            for place, (result, numbers) in enumerate(self._made_of())
        ]

    def _made_of(self) -> Iterator[tuple[Result, tuple[int, ...]]]:
        for product in self._products:
            yield from product.made_of()

    def _compare(self, block: Block) -> list[Sums]:
        """Return the sums over a block, for each result."""
        values = self._opened.values(self._number, block.window)
        found: list[Sums] = []
        field = max(largest(values[name]) for name in self._field_names())
        for product in self._products:
            exact = product.operator.combine(
                self._exact_values(number, block.window) for number in product.partials
            )
            for (result, numbers), right in zip(product.made_of(), exact, strict=True):
                inside = self._inside(numbers, block.window)
                found.append(sums_of(values[result.name], right, inside, block.window, field))
        return found

    def _field_names(self) -> list[str]:
        return [r.name for p in self._task.products if p.operator is VALUE for r in p.results]

    def _exact_values(self, number: int, window: Window) -> Array:
        given = {}
        component = self._task.partials[number].terms[0].component
        for name, place in self._places[component].items():
            shape = [1] * len(window)
            shape[place] = -1
            given[name] = self._coordinates[place][window[place]].reshape(shape)
        shape = [part.stop - part.start for part in window]
        return np.array(np.broadcast_to(self._exact[number](given), shape))

    def _inside(self, numbers: tuple[int, ...], window: Window) -> Array:
        """Return which points of a window have centred stencils alone."""
        inside = np.ones([part.stop - part.start for part in window], bool)
        rows = self._task.inside(window)
        for number in numbers:
            for axis, stencil in self._task.partials[number].terms[0].steps:
                assert isinstance(stencil, Stencil)
                shape = [1] * len(window)
                shape[axis] = -1
                inside &= centred_rows(stencil, rows[axis]).reshape(shape)
        return inside

    def _verdict(self, result: Result, numbers: tuple[int, ...], parts: list[Sums]) -> Verdict:
        total = reduce(Sums.plus, parts)
        if not total.points:
            raise InputError(f"{result.name}: no point has both a derivative and an exact value")
        steps = [self._task.partials[number].terms[0].steps for number in numbers]
        gains = sum(prod(gain(stencil) for _, stencil in each) for each in steps)
        inner = sum(prod(gain(stencil, inside=True) for _, stencil in each) for each in steps)
        eps = max(float(np.finfo(self._task.dtype).eps), self._task.field.precision)
        names = {place: name for places in self._places for name, place in places.items()}
        at = {
            names.get(place, axis_label(result.axes, place)): float(self._coordinates[place][index])
            for place, index in enumerate(total.at)
        }
        return Verdict(
            name=result.name,
            exact=", ".join(self._text[number] for number in numbers),
            points=total.points,
            missing=total.missing,
            largest=total.largest,
            mean=total.errors / total.points,
            rms=sqrt(total.squares / total.points),
            at=at,
            inside=total.inside,
            scale=total.scale,
            rounding=ROUNDINGS * eps * total.field * gains,
            rounding_inside=ROUNDINGS * eps * total.field * inner,
        )


def centred_pieces(stencil: Stencil) -> list[Piece]:
    """Return the pieces with as many neighbours on the left as on the right.

    One-sided schemes have none; for these it returns those of their usual stencil.
    """
    both = [p for p in stencil.pieces if min(p.offsets) == -max(p.offsets)]
    if both or not stencil.pieces:
        return both
    longest = max(stencil.pieces, key=lambda piece: piece.stop - piece.start)
    return [p for p in stencil.pieces if p.offsets == longest.offsets]


def gain(stencil: AnyStencil, inside: bool = False) -> float:
    """Return how much a stencil amplifies an error of the values, at most.

    That is the largest sum of absolute weights of a row, of those with centred stencils alone if
    asked for; one row of each piece is looked at.
    """
    assert isinstance(stencil, Stencil)
    pieces = centred_pieces(stencil) if inside else stencil.pieces
    rows = ((piece, (piece.start + piece.stop) // 2) for piece in pieces)
    weights = (piece.weights_of(row, row + 1) for piece, row in rows)
    return max((float(np.abs(each).sum() + abs(each.sum())) for each in weights), default=0.0)


def centred_rows(stencil: Stencil, rows: slice) -> Array:
    """Return which rows of an axis have as many neighbours on their left as on their right.

    >>> from gradcli.numerics.stencils import Piece
    >>> ends = Piece(0, 1, (1,), 1, np.ones((1, 1))), Piece(4, 5, (-1,), 1, -np.ones((1, 1)))
    >>> middle = Piece(1, 4, (-1, 1), 1, np.array([[-0.5, 0.5]]))
    >>> centred_rows(Stencil(5, (*ends, middle)), slice(0, 5))
    array([False,  True,  True,  True, False])
    """
    found = np.zeros(rows.stop - rows.start, bool)
    for piece in centred_pieces(stencil):
        start, stop = piece.within(rows)
        found[max(start - rows.start, 0) : max(stop - rows.start, 0)] = True
    return found


def _order_of(stencil: Stencil) -> int:
    return stencil.pieces[0].order if stencil.pieces else 1


def _refuse_idle(formulas: Mapping[str, Expression], fields: set[str]) -> None:
    """Raise UsageError for formulas that no field is compared with."""
    idle = [name for name in formulas if name not in fields]
    if idle and len(idle) < len(formulas):
        raise UsageError(
            f"--exact: no field {idle[0]} is differentiated; there are: {', '.join(sorted(fields))}"
        )


def _formula_of(name: str, formulas: Mapping[str, Expression]) -> Expression:
    """Return the formula of a field; a single one without a name is that of any field."""
    if name in formulas:
        return formulas[name]
    if list(formulas) == [NAME]:
        return formulas[NAME]
    raise UsageError(
        f"--exact has no formula for {name}; write {name} = FORMULA; …, or choose --var"
    )
