"""Exact derivatives: against finite differences of the formula itself, and never without an end."""

from __future__ import annotations

import numpy as np
import pytest

from gradcli.errors import UsageError
from gradcli.explore.symbolic import Derivatives
from gradcli.numerics.expressions import FUNCTIONS, parse_expression

X = np.array([0.15, 0.3, 0.55, 0.8])
TEXTS = [
    *(f"{n}(x)" for n, known in FUNCTIONS.items() if known.arguments == 1),
    *("x**3 - 2*x/y + 1", "e**x + pi*y", "atan2(x, y)", "minimum(x, y**2)", "maximum(x, 0.5)"),
    *("where(x < 0.5, x**2, 3*x)", "where(x, 2*x, 1)", "where(0.2 < x < 0.6, x, 0)*y"),
    *("(x > 0.5)*x", "x**2.5", "sqrt(x*y)", "-x**2", "abs(x - 0.5)**3", "2**x"),
]


@pytest.mark.parametrize("text", TEXTS)
def test_the_derivative_is_that_of_the_formula(text: str) -> None:
    formula = parse_expression(text)
    made = Derivatives(formula)
    values = {"x": X, "y": np.full(4, 0.7)}
    step = 1e-5
    ahead, behind = (formula.evaluate({**values, "x": X + sign * step}) for sign in (1, -1))
    given = {name: values[name] for name in made.names}
    found = made.exact({"x": 1})(given)
    np.testing.assert_allclose(found, (ahead - behind) / (2 * step), rtol=1e-7, atol=1e-8)
    np.testing.assert_allclose(made.exact({})(given), formula.evaluate(values), rtol=1e-13)


def test_orders_and_names() -> None:
    made = Derivatives(parse_expression("x**4*y**2"))
    assert made.text({"x": 2, "y": 1}) == "24*x**2*y"
    assert made.text({"z": 1}) == "0"
    found = made.exact({"z": 1})({"x": X, "y": X})
    assert found.tolist() == [0, 0, 0, 0]


@pytest.mark.parametrize(
    "text", ["9**9**9 + x", "x**(10**9)", "(2*x)**(10**9)", "x*2**9999", "1/0 + x", "log(0)*x"]
)
def test_huge_numbers_do_not_hang(text: str) -> None:
    Derivatives(parse_expression(text)).exact({"x": 1})({"x": X})


def test_a_derivative_without_an_end_is_refused() -> None:
    text = "sin(" * 12 + "x**2" + ")" * 12
    with pytest.raises(UsageError, match="too long to be worked out"):
        Derivatives(parse_expression(text)).exact({"x": 6})
