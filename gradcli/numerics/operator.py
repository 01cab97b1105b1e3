"""What an operator is: which partial derivatives it takes, and what it makes of them.

Nothing here imports numpy: the command line lists the operators for ``--help``.
"""

from __future__ import annotations

from itertools import combinations_with_replacement, product
from typing import TYPE_CHECKING, Literal

from gradcli.record import record

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from gradcli.numerics.dtypes import Array

    Wanting = Callable[[int, int], list["Wanted"]]
    Giving = Callable[[int, int], list["Outcome"]]
    Combining = Callable[[Iterator[Array]], Iterator[Array]]


@record(frozen=True)
class Wanted:
    """A partial derivative: the component, and the chosen axes to differentiate along in turn.

    If an axis occurs m times in a row, one stencil for the m-th derivative is used.
    """

    component: int
    along: tuple[int, ...]


@record(frozen=True)
class Outcome:
    """A result: the component that it belongs to (None: the whole vector), and its axes.

    Attributes
    ----------
    component : int or None
    along : tuple of int
        The axes of its derivative, from which its units are composed.
    units : str or None
        Its units, if they do not depend on those of the field.
    power : int
        The power of the derivative that its units are those of.
    named : tuple of int
        The axes in its name, if they are not those of ``along``.
    """

    component: int | None
    along: tuple[int, ...]
    units: str | None = None
    power: int = 1
    named: tuple[int, ...] = ()


@record(frozen=True)
class Manner:
    """How directions are expressed: as a bearing, down the slope, toward a vector.

    A single number in ``toward`` is a bearing in degrees clockwise from north.
    """

    bearing: bool = False
    downslope: bool = False
    toward: tuple[float, ...] = ()


@record(frozen=True)
class Operator:
    """One operator, with all that the rest of the program needs to know about it.

    Attributes
    ----------
    name : str
        Name of its command, also used in default file names.
    wanted : callable
        Returns the partials for a number of axes and an order, in the order that ``combine`` needs.
    outcomes : callable
        Returns the results for a number of axes and an order.
    combine : callable
        Turns an iterator of partials into an iterator of results. It must not modify partials.
    result : str
        Name of its results, with {} for the field: ``grad_{}``. Empty if its results are the
        partials themselves, which are named and described by their axes: ``dT_dx``.
    words : str
        Description of its results, with {} for the field.
    by_axis : bool
        Whether the name of each of several results ends with the labels of its axes (``curl_x``).
    vector : bool
        Whether it takes the components of a vector, one per axis.
    mixes : bool
        Whether it combines derivatives along different axes, which must then have the same units.
    order : int
        Order of its derivatives; 0 if ``--order`` decides.
    flux : bool
        Whether it differentiates components times lengths of the grid cells, as fluxes through
        their sides or circulations along them (divergence, curl). On curved surfaces, the lengths
        then stand inside the derivative.
    covariant : bool
        Whether its derivatives are covariant: since east and north turn from place to place, they
        have terms with derivatives of the basis vectors (Jacobian, second derivatives).
    trace : bool
        Whether it sums over all directions in space, whichever axes are chosen (Laplacian). Along a
        meridian alone, the convergence of the meridians then counts too.
    real : bool
        Whether its results are real where the field is complex (magnitude).
    axes : tuple of int
        The numbers of axes that it accepts; empty for any number.
    facing : str
        ``compass`` if its directions count from north, so that it takes x and then y; ``axes`` if
        they count from the first of its axes; empty if neither.
    mirrored : callable or None
        ``combine`` for left-handed axes, if it differs.
    options : tuple of str
        The fields of ``Manner`` that it uses.
    in_manner : callable or None
        Completes an operator with ``options``: takes the record and a manner, returns the operator.
    manner : str
        How it expresses directions, in words. {0}, {1} and {north} stand for its axes and north.
    """

    name: str
    wanted: Wanting
    outcomes: Giving
    combine: Combining
    result: str = ""
    words: str = ""
    by_axis: bool = False
    vector: bool = False
    mixes: bool = True
    order: int = 1
    flux: bool = False
    covariant: bool = False
    trace: bool = False
    real: bool = False
    axes: tuple[int, ...] = ()
    facing: Literal["", "axes", "compass"] = ""
    mirrored: Combining | None = None
    options: tuple[str, ...] = ()
    in_manner: Callable[[Operator, Manner], Operator] | None = None
    manner: str = ""

    @property
    def gives_partials(self) -> bool:
        """Whether its results are the partials themselves."""
        return not self.result

    @property
    def component(self) -> str:
        """Value of ``{component}`` in a template if there is one field.

        >>> from gradcli.numerics.operators import OPERATORS
        >>> OPERATORS["magnitude"].component, OPERATORS["directional"].component
        ('grad', 'd_ds')
        """
        return self.result.replace("{}", "").strip("_")

    @property
    def ending(self) -> str:
        """Suffix of the names of its results, or prefix if they end with the name of the field.

        >>> from gradcli.numerics.operators import OPERATORS
        >>> OPERATORS["magnitude"].ending, OPERATORS["directional"].ending
        ('grad', 'ds')
        """
        before, _, after = self.result.partition("{}")
        return (after or before).strip("_")


def each(count: int, order: int = 1) -> list[Wanted]:
    """Return the derivative of a field along every axis.

    >>> each(2)
    [Wanted(component=0, along=(0,)), Wanted(component=0, along=(1,))]
    """
    return [Wanted(0, (axis,) * order) for axis in range(count)]


def twice(count: int, _: int = 2) -> list[Wanted]:
    """Return the second derivative of a field along every axis."""
    return each(count, 2)


def own(count: int, _: int = 1) -> list[Wanted]:
    """Return the derivative of every component along its own axis."""
    return [Wanted(axis, (axis,)) for axis in range(count)]


def pairs(count: int, _: int = 2) -> list[Wanted]:
    """Return all second derivatives of a field."""
    return [Wanted(0, pair) for pair in combinations_with_replacement(range(count), 2)]


def matrix(count: int, _: int = 1) -> list[Wanted]:
    """Return the derivative of every component along every axis, row by row."""
    return [Wanted(row, (axis,)) for row, axis in product(range(count), repeat=2)]


def couples(count: int, _: int = 1) -> list[Wanted]:
    """Return the entries of the Jacobian on and above its diagonal, each before its mirror image.

    >>> [(part.component, part.along[0]) for part in couples(2)]
    [(0, 0), (0, 0), (0, 1), (1, 0), (1, 1), (1, 1)]
    """
    return [part for row, column in _upper(count) for part in _couple(row, column)]


def all_couples(count: int, _: int = 1) -> list[Wanted]:
    """Return every entry of the Jacobian before its mirror image; equal couples come in a row.

    >>> [(part.component, part.along[0]) for part in all_couples(2)]
    [(0, 0), (0, 0), (0, 1), (1, 0), (0, 1), (1, 0), (1, 1), (1, 1)]
    """
    found = ((1 if row == column else 2) * _couple(row, column) for row, column in _upper(count))
    return [part for both in found for part in both]


def _upper(count: int) -> list[tuple[int, int]]:
    return list(combinations_with_replacement(range(count), 2))


def _couple(row: int, column: int) -> list[Wanted]:
    return [Wanted(row, (column,)), Wanted(column, (row,))]


def upper_outcomes(count: int, _: int = 1) -> list[Outcome]:
    """Return an outcome for each entry of a symmetric matrix on and above its diagonal."""
    return [Outcome(None, (row,), named=(row, column)) for row, column in _upper(count)]


def curls(count: int, _: int = 1) -> list[Wanted]:
    """Return the two derivatives of each component of a curl."""
    if count == 2:
        return [Wanted(1, (0,)), Wanted(0, (1,))]
    found = []
    for axis in range(3):
        second, third = (axis + 1) % 3, (axis + 2) % 3
        found += [Wanted(third, (second,)), Wanted(second, (third,))]
    return found


def curl_outcomes(count: int, _: int = 1) -> list[Outcome]:
    """Return the components of a curl; that of two components has one."""
    return [Outcome(None, (axis,)) for axis in range(1 if count == 2 else 3)]


def outcome_each(wanted: Wanting, count: int, order: int) -> list[Outcome]:
    """Return the outcomes of an operator whose results are its partials."""
    return [Outcome(part.component, part.along) for part in wanted(count, order)]


def one(outcome: Outcome, count: int, order: int) -> list[Outcome]:
    """Return the outcome of an operator with a single result for any number of axes."""
    return [outcome]
