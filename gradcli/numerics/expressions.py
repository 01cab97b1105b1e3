"""Formulas: parsed text that numpy evaluates on coordinates; nothing is executed as code."""

from __future__ import annotations

import ast
import warnings
from collections.abc import Callable, Collection, Iterator, Mapping
from functools import reduce
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

from gradcli.errors import UsageError, printable
from gradcli.errors.suggest import suggest

LONGEST = 10_000  # characters of an expression
DEEPEST = 100  # levels of an expression
SHOWN = 30  # characters of an expression on each side of a fault


class Function(NamedTuple):
    """A function of the table: how numpy computes it, its name in sympy, and its arguments."""

    compute: Callable[..., Any]
    symbol: str
    arguments: int = 1


FUNCTIONS = {
    "sin": Function(np.sin, "sin"),
    "cos": Function(np.cos, "cos"),
    "tan": Function(np.tan, "tan"),
    "asin": Function(np.arcsin, "asin"),
    "acos": Function(np.arccos, "acos"),
    "atan": Function(np.arctan, "atan"),
    "atan2": Function(np.arctan2, "atan2", 2),
    "sinh": Function(np.sinh, "sinh"),
    "cosh": Function(np.cosh, "cosh"),
    "tanh": Function(np.tanh, "tanh"),
    "exp": Function(np.exp, "exp"),
    "log": Function(np.log, "log"),
    "log10": Function(np.log10, "log10"),
    "sqrt": Function(np.sqrt, "sqrt"),
    "abs": Function(np.abs, "Abs"),
    "sign": Function(np.sign, "sign"),
    "minimum": Function(np.minimum, "Min", 2),
    "maximum": Function(np.maximum, "Max", 2),
    "where": Function(np.where, "Piecewise", 3),
}
CONSTANTS = {"pi": np.pi, "e": np.e}
ARITHMETIC: dict[type[ast.operator], Callable[..., Any]] = {
    ast.Add: np.add,
    ast.Sub: np.subtract,
    ast.Mult: np.multiply,
    ast.Div: np.true_divide,
    ast.Pow: np.power,
}
COMPARISONS: dict[type[ast.cmpop], Callable[..., Any]] = {
    ast.Lt: np.less,
    ast.LtE: np.less_equal,
    ast.Gt: np.greater,
    ast.GtE: np.greater_equal,
    ast.Eq: np.equal,
    ast.NotEq: np.not_equal,
}


class Expression(NamedTuple):
    """A formula that was parsed and holds only what the table of names allows.

    Attributes
    ----------
    text : str
        The formula as it was written.
    tree : ast.expr
        Its syntax tree.
    """

    text: str
    tree: ast.expr

    @property
    def names(self) -> tuple[str, ...]:
        """The variables, in the order of their first use; constants aside."""
        return self.names_beside(())

    def names_beside(self, variables: Collection[str]) -> tuple[str, ...]:
        """Return the variables, of which some may have the name of a constant."""
        used = [node for node in ast.walk(self.tree) if isinstance(node, ast.Name)]
        used.sort(key=lambda node: (node.lineno, node.col_offset))
        known = {*CONSTANTS, *FUNCTIONS} - ({*variables} - {*FUNCTIONS})
        return tuple(dict.fromkeys(node.id for node in used if node.id not in known))

    def evaluate(self, values: Mapping[str, Any]) -> Any:
        """Return the value of the formula, with the values of its variables.

        Parameters
        ----------
        values : mapping of str to float or ndarray of float64
            Arrays are broadcast against each other.

        Returns
        -------
        numpy.float64 or ndarray of float64
            Where the formula has no value (0/0, log(-1)), NaN or an infinity.
        """
        given = {name: np.asarray(value, np.float64) for name, value in values.items()}
        with np.errstate(all="ignore"):
            return np.asarray(_value(self.tree, given), np.float64)[()]


def parse_expression(text: str, known: tuple[str, ...] | None = None) -> Expression:
    """Parse a formula.

    Parameters
    ----------
    text : str
        Numbers, names, ``+ - * / ** ( )``, comparisons and the functions of `FUNCTIONS`.
    known : tuple of str, optional
        The variables that the formula may hold. Any, if not given.

    Returns
    -------
    Expression

    Raises
    ------
    UsageError
        The text is no formula, or holds a name, a call or a syntax that is not in the table.

    Examples
    --------
    >>> parse_expression("2*x**2 + 3*y").evaluate({"x": 1.0, "y": np.array([0.0, 1.0])})
    array([2., 5.])
    >>> parse_expression("x + q", ("x",))
    Traceback (most recent call last):
        ...
    gradcli.errors.UsageError: expression x + ^q: no name 'q'; there are: x, pi, e
    """
    if len(text) > LONGEST:
        raise UsageError(f"an expression of {len(text):,} characters; at most {LONGEST:,} are read")
    try:
        with warnings.catch_warnings(action="ignore"):  # of odd literals, which are refused below
            tree = ast.parse(text.strip(), mode="eval").body
    except SyntaxError as error:
        # Python counts characters from 1.
        fault = max((error.offset or 1) - 1, 0)
        raise _fault(text.strip(), fault, "cannot be read as a formula") from None
    except ValueError:  # half a character, which no file may hold
        raise UsageError("expression: cannot be read as a formula; it is not text") from None
    except (RecursionError, MemoryError):
        raise UsageError("expression: cannot be read as a formula; it is nested too deep") from None
    made = Expression(text.strip(), tree)
    _check(made, known)
    return made


def parse_constant(text: str) -> float:
    """Return the value of a formula without variables.

    >>> parse_constant("2*pi"), parse_constant("-1e3")
    (6.283185307179586, -1000.0)
    """
    return float(parse_expression(text, ()).evaluate({}))


def terms(tree: ast.expr) -> tuple[ast.expr, list[tuple[ast.operator, ast.expr]]]:
    """Split a chain such as ``a - b + c`` into its first term and the others, each with its sign.

    Python parses a long sum as a deep tree, though nobody would call it nested.
    """
    rest: list[tuple[ast.operator, ast.expr]] = []
    while isinstance(tree, ast.BinOp) and not isinstance(tree.op, ast.Pow):
        rest.append((tree.op, tree.right))
        tree = tree.left
    return tree, rest[::-1]


def _check(made: Expression, known: tuple[str, ...] | None) -> None:
    """Raise UsageError for whatever the table does not allow, and for formulas nested too deep."""
    level = [made.tree]
    for _ in range(DEEPEST):
        level = [inner for node in level for inner in _parts(node, made, known)]
        if not level:
            return
    raise UsageError(f"expression: is nested deeper than {DEEPEST} levels; split it")


def _parts(node: ast.expr, made: Expression, known: tuple[str, ...] | None) -> Iterator[ast.expr]:
    """Yield the formulas that a node is made of, if the table allows the node itself."""
    first, rest = terms(node)
    if rest:
        for operator, _ in rest:
            if type(operator) not in ARITHMETIC:
                power = isinstance(operator, ast.BitXor)
                what = (
                    "a power is written **, as x**2"
                    if power
                    else "this operator is none of + - * / **"
                )
                raise _refused(made, node, what)
        yield first
        yield from (term for _, term in rest)
        return
    match node:
        case ast.Constant(value=bool() | complex()) | ast.Constant(value=str() | bytes()):
            raise _refused(made, node, f"{node.value!r:.20} is not a real number")
        case ast.Constant(value=int() | float()):
            _finite(made, node)
        case ast.Name(id=name):
            _refuse_unknown(made, node, name, known)
        case ast.UnaryOp(op=ast.UAdd() | ast.USub(), operand=operand):
            yield operand
        case ast.BinOp(op=ast.Pow(), left=left, right=right):
            yield from (left, right)
        case ast.Compare(left=left, ops=ops, comparators=others):
            if not all(type(each) in COMPARISONS for each in ops):
                raise _refused(made, node, "comparisons are < <= > >= == !=")
            yield from (left, *others)
        case ast.Call(func=ast.Name(id=name), args=given, keywords=[]):
            _refuse_call(made, node, name, len(given))
            yield from given
        case ast.Call():
            raise _refused(made, node, "this call is none of a function of the table")
        case _:
            raise _refused(made, node, "this cannot stand in a formula")


def _finite(made: Expression, node: ast.Constant) -> None:
    try:
        value = float(node.value)  # type: ignore[arg-type]
    except OverflowError:
        value = np.inf
    if not np.isfinite(value):
        raise _refused(made, node, "this number is too large")


def _refuse_unknown(
    made: Expression, node: ast.expr, name: str, known: tuple[str, ...] | None
) -> None:
    if name in FUNCTIONS:
        raise _refused(made, node, f"{name} is a function; write {name}(…)")
    if known is not None and name not in known and name not in CONSTANTS:
        raise _refused(made, node, str(suggest("name", name, [*known, *CONSTANTS])))


def _refuse_call(made: Expression, node: ast.expr, name: str, count: int) -> None:
    if name not in FUNCTIONS:
        raise _refused(made, node, str(suggest("function", name, list(FUNCTIONS))))
    wanted = FUNCTIONS[name].arguments
    if count != wanted:
        plural = "" if wanted == 1 else "s"
        raise _refused(made, node, f"{name} takes {wanted} argument{plural}, not {count}")


def _refused(made: Expression, node: ast.expr, what: str) -> UsageError:
    line = made.text.splitlines()[node.lineno - 1]
    before = line.encode()[: node.col_offset].decode()  # Python counts bytes
    return _fault(line, len(before), what)


def _fault(text: str, place: int, what: str) -> UsageError:
    """Return the error for a fault in a formula, which shows a caret before it."""
    start, stop = max(place - SHOWN, 0), place + SHOWN
    before = ("…" if start else "") + text[start:place]
    after = text[place:stop] + ("…" if stop < len(text) else "")
    return UsageError(f"expression {printable(before)}^{printable(after)}: {what}")


def _value(node: ast.expr, values: Mapping[str, Any]) -> Any:
    """Return the value of a formula that was checked."""
    first, rest = terms(node)
    if rest:
        total = _number(first, values)
        for operator, term in rest:
            total = ARITHMETIC[type(operator)](total, _number(term, values))
        return total
    match node:
        case ast.Constant(value=value):
            return np.float64(value)  # type: ignore[arg-type]
        case ast.Name(id=name):
            return values[name] if name in values else np.float64(CONSTANTS[name])
        case ast.UnaryOp(op=op, operand=operand):
            inner = _number(operand, values)
            return np.negative(inner) if isinstance(op, ast.USub) else inner
        case ast.BinOp(left=left, right=right):
            return np.power(_number(left, values), _number(right, values))
        case ast.Compare(left=left, ops=ops, comparators=others):
            sides = [_value(side, values) for side in (left, *others)]
            pairs = zip(ops, pairwise(sides), strict=True)
            return reduce(np.logical_and, (COMPARISONS[type(op)](*pair) for op, pair in pairs))
        case ast.Call(func=ast.Name(id=name), args=given):
            return FUNCTIONS[name].compute(*(_number(each, values) for each in given))
    raise AssertionError("the formula was checked")


def _number(node: ast.expr, values: Mapping[str, Any]) -> Any:
    """Return the value of a formula as numbers: 1 where a comparison is true."""
    found = _value(node, values)
    return np.multiply(found, 1.0) if found.dtype == bool else found
