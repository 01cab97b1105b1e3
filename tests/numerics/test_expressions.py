"""Formulas: every function against numpy, every fault in one line, and nothing runs as code."""

from __future__ import annotations

import builtins
import os
import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gradcli.errors import UsageError
from gradcli.numerics.expressions import (
    ARITHMETIC,
    COMPARISONS,
    DEEPEST,
    FUNCTIONS,
    LONGEST,
    parse_constant,
    parse_expression,
)

X = np.array([-1.5, -0.25, 0.0, 0.5, 0.9])
Y = np.array([0.3, 0.7, 2.0, -1.0, 0.1])
AXES = ("x", "y")


@pytest.mark.parametrize("name", [n for n, known in FUNCTIONS.items() if known.arguments == 1])
def test_a_function_is_that_of_numpy(name: str) -> None:
    with np.errstate(all="ignore"):
        right = FUNCTIONS[name].compute(X)
    np.testing.assert_array_equal(parse_expression(f"{name}(x)").evaluate({"x": X}), right)


@pytest.mark.parametrize(
    ("text", "right"),
    [
        ("x + y * 2", X + Y * 2),
        ("(x + y) * 2", (X + Y) * 2),
        ("x - y - 1", X - Y - 1),
        ("x / 2 / y", X / 2 / Y),
        ("-x**2", -(X**2)),
        ("2**3**2", np.float64(512)),
        ("2**-1", np.float64(0.5)),
        ("+x", X),
        ("atan2(y, x)", np.arctan2(Y, X)),
        ("minimum(x, y)", np.minimum(X, Y)),
        ("maximum(x, 0)", np.maximum(X, 0)),
        ("where(x < 0, -x, y)", np.where(X < 0, -X, Y)),
        ("where(-1 < x < 0.6, 1, 0)", ((X > -1) & (X < 0.6)).astype(float)),
        ("(x >= 0) + (y != 2) - (x == 0.5)", (X >= 0) * 1.0 + (Y != 2) - (X == 0.5)),
        ("-(x > 0)", -1.0 * (X > 0)),
        ("sin(x > 0)", np.sin(1.0 * (X > 0))),
        ("e**x + pi", np.e**X + np.pi),
        ("+".join(["x"] * 500), X * 500),
        ("1_000 + 0x10 + 1e3", np.float64(2016)),
    ],
)
def test_a_formula_means_what_python_and_numpy_mean(text: str, right: np.ndarray) -> None:
    found = parse_expression(text, AXES).evaluate({"x": X, "y": Y})
    np.testing.assert_allclose(found, right, rtol=1e-13)
    assert found.dtype == np.float64


def test_points_without_a_value_give_no_warning() -> None:
    found = parse_expression("1/x + log(y)").evaluate({"x": 0.0, "y": -1.0})
    assert np.isnan(found)
    assert parse_constant("9**9**9") == np.inf


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "expression ^: cannot be read as a formula"),
        ("x +", "cannot be read as a formula"),
        ("x + q", "expression x + ^q: no name 'q'; there are: x, y, pi, e"),
        ("x + sinn(y)", "expression x + ^sinn(y): no function 'sinn'; did you mean 'sin'?"),
        ("sin(x, y)", "sin takes 1 argument, not 2"),
        ("atan2(x)", "atan2 takes 2 arguments, not 1"),
        ("sin", "sin is a function; write sin(…)"),
        ("x // 2", "this operator is none of + - * / **"),
        ("x % 2", "this operator is none of + - * / **"),
        ("x and y", "this cannot stand in a formula"),
        ("x if y else 0", "this cannot stand in a formula"),
        ("x in y", "comparisons are < <= > >= == !="),
        ("x.real", "expression ^x.real: this cannot stand in a formula"),
        ("x[0]", "this cannot stand in a formula"),
        ("'a'", "'a' is not a real number"),
        ("1j", "1j is not a real number"),
        ("True", "True is not a real number"),
        ("1e400", "this number is too large"),
        ("9" * 400, "this number is too large"),
        ("x" * (LONGEST + 1), "at most 10,000 are read"),
        ("sin(" * 101 + "x" + ")" * 101, f"nested deeper than {DEEPEST} levels"),
        ("-" * 9000 + "x", "nested too deep"),
        ("y**" * 150 + "x", f"nested deeper than {DEEPEST} levels"),
        ("é + qé", "no name 'é'"),
    ],
)
def test_a_fault_is_one_line(text: str, told: str) -> None:
    with pytest.raises(UsageError) as refused:
        parse_expression(text, AXES)
    assert told in str(refused.value)
    assert len(str(refused.value).splitlines()) == 1
    assert len(str(refused.value)) < 300


PIECES = (
    *("x", "y", "q", "pi", "e", "1", "0.5", "9", "1e300", "1e999", "1j", "'a'", "b''", "None"),
    *("+", "-", "*", "/", "**", "//", "%", "@", "<", "<=", "==", "!=", "is", "in", "and", "not"),
    *("(", ")", "[", "]", "{", "}", ",", ".", ":", ";", ":=", "=", "->", "\\", "\n", "\0", " "),
    *("__class__", "__import__", "().__class__", "lambda", "if", "else", "for", "await", "yield"),
    *("open", "exec", "eval", "os", "system", "f'{x}'", "globals()", "ｓｉｎ", "𝒙", "\u202e", "²"),
    *FUNCTIONS,
)


def judged(text: str) -> None:
    """Check that a string is a formula with a value, or is refused in one line."""
    told = ""
    try:
        value = parse_expression(text, AXES).evaluate({"x": X, "y": Y})
    except UsageError as refused:
        value, told = 0.0, str(refused)
    assert len(told.splitlines()) <= 1
    assert np.shape(value) in ((), X.shape)


@pytest.fixture
def guarded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make whatever runs code fail the test."""

    def caught(*_: object, **__: object) -> None:
        pytest.fail("a formula ran code")

    for name in ("eval", "exec", "globals"):
        monkeypatch.setattr(builtins, name, caught)
    monkeypatch.setattr(os, "system", caught)


def strings(count: int, seed: int) -> list[str]:
    choice = random.Random(seed)
    return ["".join(choice.choices(PIECES, k=choice.randint(1, 14))) for _ in range(count)]


def test_odd_strings_are_refused_or_have_a_value(guarded: None) -> None:
    for text in strings(1_000, 1):
        judged(text)


@pytest.mark.long
def test_ten_thousand_odd_strings(guarded: None) -> None:
    for text in strings(10_000, 2):
        judged(text)


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=40))
def test_any_text_is_refused_or_has_a_value(text: str) -> None:
    judged(text)


TREES = st.recursive(
    st.sampled_from(["x", "y", "1", "2.5", "pi"]),
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from(["+", "-", "*"]), inner).map(lambda t: f"({' '.join(t)})"),
        inner.map(lambda text: f"sin({text})"),
        inner.map(lambda text: f"(-{text})"),
    ),
    max_leaves=8,
)


@settings(max_examples=60, deadline=None)
@given(TREES)
def test_a_formula_has_the_value_that_python_gives(text: str) -> None:
    known = {"x": X, "y": Y, "pi": np.pi, "sin": np.sin}
    right = eval(text, {"__builtins__": {}}, known)
    found = parse_expression(text, AXES).evaluate({"x": X, "y": Y})
    np.testing.assert_array_equal(np.broadcast_to(found, X.shape), np.broadcast_to(right, X.shape))


def test_names_come_in_the_order_of_their_use() -> None:
    assert parse_expression("sin(z) + x*y + x").names == ("z", "x", "y")


def test_the_table_is_what_the_contract_names() -> None:
    listed = "sin cos tan asin acos atan atan2 sinh cosh tanh exp log log10 sqrt abs sign"
    assert [*FUNCTIONS] == [*listed.split(), "minimum", "maximum", "where"]
    assert len(ARITHMETIC) == 5
    assert len(COMPARISONS) == 6
