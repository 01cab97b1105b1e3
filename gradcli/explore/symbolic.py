"""Exact derivatives of formulas, by sympy."""

from __future__ import annotations

import ast
from collections.abc import Callable, Collection, Mapping
from functools import reduce
from itertools import pairwise
from typing import Any

import numpy as np

from gradcli.errors import UsageError, missing_package
from gradcli.numerics.dtypes import Array
from gradcli.numerics.expressions import CONSTANTS, FUNCTIONS, Expression, terms

MOST_OPERATIONS = 5_000  # of a derivative, which grows with every order
LARGE_EXPONENT = 64  # larger ones are not worked out exactly: 9**9**9 has 370 million digits

Exact = Callable[[Mapping[str, Array]], Array]


class Derivatives:
    """The exact derivatives of one formula; each is made once.

    Parameters
    ----------
    formula : Expression
        Any name that it holds is a real variable.
    axes : collection of str
        Names that are variables even if they are those of constants, ``e`` and ``pi``.

    Raises
    ------
    MissingPackageError
        sympy is not installed.

    Examples
    --------
    >>> from gradcli.numerics.expressions import parse_expression
    >>> made = Derivatives(parse_expression("x**3 * y"))
    >>> made.text({"x": 2}), made.exact({"x": 2})({"x": np.array([1.0, 2.0]), "y": 0.5})
    ('6*x*y', array([3., 6.]))
    """

    def __init__(self, formula: Expression, axes: Collection[str] = ()) -> None:
        self._sympy = _load()
        self._formula = formula
        names = formula.names_beside(axes)
        self._symbols = {name: self._sympy.Symbol(name, real=True) for name in names}
        self._known: dict[tuple[tuple[str, int], ...], Any] = {(): self._number(formula.tree)}

    @property
    def names(self) -> tuple[str, ...]:
        """The variables of the formula."""
        return tuple(self._symbols)

    def text(self, orders: Mapping[str, int]) -> str:
        """Return a derivative as text, from its order by each variable."""
        return str(self._derivative(orders))

    def exact(self, orders: Mapping[str, int]) -> Exact:
        """Return a function that computes a derivative from arrays that broadcast together.

        Raises
        ------
        UsageError
            The derivative is too long to be worked out.
        """
        symbols = list(self._symbols.values())
        made = self._derivative(orders)
        if any(each.has(self._sympy.zoo, self._sympy.nan) for each in (made, self._known[()])):
            made = self._sympy.nan  # as 1/0 is, whose derivative sympy calls 0
        compute = self._sympy.lambdify(symbols, made, "numpy", cse=True)

        def evaluate(values: Mapping[str, Array]) -> Array:
            given = [np.asarray(values[name], np.float64) for name in self._symbols]
            with np.errstate(all="ignore"):
                found = np.asarray(compute(*given), np.float64)
            return np.broadcast_to(found, np.broadcast_shapes(found.shape, *map(np.shape, given)))

        return evaluate

    def _derivative(self, orders: Mapping[str, int]) -> Any:
        key = tuple(sorted((name, order) for name, order in orders.items() if order))
        if key not in self._known:
            name, order = key[-1]
            before = self._derivative(dict(key) | {name: order - 1})
            symbol = self._symbols.get(name)
            made = before.diff(symbol) if symbol is not None else self._sympy.Integer(0)
            if self._sympy.count_ops(made) > MOST_OPERATIONS:
                raise UsageError(
                    f"expression {self._formula.text:.60}: its derivative by {name} is too long to "
                    "be worked out; write a shorter formula"
                )
            self._known[key] = made
        return self._known[key]

    def _number(self, node: ast.expr) -> Any:
        """Return a part of the formula as a number of sympy: 1 where a comparison is true."""
        found = self._part(node)
        if getattr(found, "is_Boolean", False) or getattr(found, "is_Relational", False):
            return self._either(1, found, 0)
        return found

    def _part(self, node: ast.expr) -> Any:
        first, rest = terms(node)
        if rest:
            return reduce(
                lambda total, term: self._combined(term[0], total, self._number(term[1])),
                rest,
                self._number(first),
            )
        match node:
            case ast.Constant(value=int(value)):
                return self._sympy.Integer(value)
            case ast.Constant(value=value):
                return self._sympy.Float(value)
            case ast.Name(id=name):
                return self._symbols[name] if name in self._symbols else self._constant(name)
            case ast.UnaryOp(op=op, operand=operand):
                inner = self._number(operand)
                return -inner if isinstance(op, ast.USub) else inner
            case ast.BinOp(left=left, right=right):
                return self._power(self._number(left), self._number(right))
            case ast.Compare(left=left, ops=ops, comparators=others):
                sides = [self._number(side) for side in (left, *others)]
                pairs = zip(ops, pairwise(sides), strict=True)
                return self._sympy.And(*(self._compared(op, *pair) for op, pair in pairs))
            case ast.Call(func=ast.Name(id=name), args=given):
                return self._called(name, given)
        raise AssertionError("the formula was checked")

    def _constant(self, name: str) -> Any:
        assert name in CONSTANTS
        return {"pi": self._sympy.pi, "e": self._sympy.E}[name]

    def _combined(self, operator: ast.operator, left: Any, right: Any) -> Any:
        match operator:
            case ast.Add():
                return left + right
            case ast.Sub():
                return left - right
            case ast.Mult():
                return left * right
        return left / right

    def _power(self, base: Any, exponent: Any) -> Any:
        if exponent.is_number and abs(exponent) > LARGE_EXPONENT:
            exponent = self._sympy.Float(exponent, 17)
            if base.is_number:
                with np.errstate(all="ignore"):
                    return self._sympy.Float(float(np.float64(base) ** np.float64(exponent)))
        return base**exponent

    def _compared(self, operator: ast.cmpop, left: Any, right: Any) -> Any:
        relations = {
            ast.Lt: self._sympy.Lt,
            ast.LtE: self._sympy.Le,
            ast.Gt: self._sympy.Gt,
            ast.GtE: self._sympy.Ge,
            ast.Eq: self._sympy.Eq,
            ast.NotEq: self._sympy.Ne,
        }
        return relations[type(operator)](left, right)

    def _called(self, name: str, given: list[ast.expr]) -> Any:
        """Return a call; those with a kink become pieces, whose derivatives have no impulses."""
        if name == "where":
            condition = self._part(given[0])
            if not (condition.is_Boolean or condition.is_Relational):
                condition = self._sympy.Ne(condition, 0)
            return self._either(self._number(given[1]), condition, self._number(given[2]))
        parts = [self._number(each) for each in given]
        first = parts[0]
        match name:
            case "abs":
                return self._either(first, self._sympy.Ge(first, 0), -first)
            case "sign":
                return self._either(
                    1, self._sympy.Gt(first, 0), self._either(-1, self._sympy.Lt(first, 0), 0)
                )
            case "minimum":
                return self._either(first, self._sympy.Le(*parts), parts[1])
            case "maximum":
                return self._either(first, self._sympy.Ge(*parts), parts[1])
            case "log10":
                return self._sympy.log(first) / self._sympy.log(10)
        return getattr(self._sympy, FUNCTIONS[name].symbol)(*parts)

    def _either(self, value: Any, condition: Any, other: Any) -> Any:
        return self._sympy.Piecewise((value, condition), (other, True))


def _load() -> Any:
    try:
        import sympy
    except ImportError:
        raise missing_package("sympy") from None
    return sympy
