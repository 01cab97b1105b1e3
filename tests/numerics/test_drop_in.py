"""gradcli.gradient beside numpy.gradient, for the calls of numpy's documentation and tests.

``python -m tests.numerics.test_drop_in`` prints the table, with the reason of each departure.
"""

from __future__ import annotations

import warnings
from typing import Any, NamedTuple

import numpy as np
import pytest

import gradcli

F = np.array([1, 2, 4, 7, 11, 16])
ROWS, SHEET = np.array([[1, 2, 6], [3, 4, 5]]), np.arange(25).reshape(5, 5)
SQUARE, LINE = np.array([[1, 1], [3, 4]]), np.cumsum(np.ones(5))
UNEVEN = [1.0, 2.0, 5.0, 9.0, 11.0]
X6, STEPS6 = np.array([0, 0.5, 1, 3, 5, 7]), np.arange(6.0)
TILED = np.add.outer([0, 2.0, 3, 4, 5, 5], [0, 2.0, 3, 4, 5, 5])
CUBIC, TENTHS = 2 * np.linspace(0, 1, 10) ** 3, np.linspace(0, 1, 10)
RANDOM = np.sort(np.random.default_rng(0).random(10))
ZS = np.add.outer(2 * np.arange(0, 9, 3), np.arange(0, 6, 2))
HOLE = np.ma.array(np.arange(5), mask=[0, 0, 1, 0, 0])
DATES = np.array(
    ["1910-08-16", "1910-08-11", "1910-08-10", "1910-08-12", "1910-10-12", "1912-12-12"], "M8[D]"
)
SPANS = np.array([-5, -3, 10, 12, 61, 321, 300], "m8[D]")

MASK = "a missing point stays missing, as in files; numpy gives it a number from its neighbours"
HALF = "float16 is worked in float32: its differences overflow from 65504 and keep three digits"
ORDER = "gradcli has one-sided differences of orders 1 to 8"
MEANT = "numpy takes any edge order below 1 for 2; gradcli refuses what nobody can have meant"


class Row(NamedTuple):
    """A call, and why the results differ if they do."""

    source: str  # doc: numpy's documentation; the name of a test; or own, for what is near
    f: Any
    steps: tuple[Any, ...] = ()
    keywords: dict[str, Any] = {}
    reason: str = ""


TABLE = [
    Row("doc", F),
    Row("doc", F, (2,)),
    Row("doc", F, (np.arange(6),)),
    Row("doc", F, (np.array([0.0, 1.0, 1.5, 3.5, 4.0, 6.0]),)),
    Row("doc", ROWS),
    Row("doc", ROWS, (2.0, [1.0, 1.5, 3.5])),
    Row("doc", np.arange(5) ** 2, (), {"edge_order": 1}),
    Row("doc", np.arange(5) ** 2, (), {"edge_order": 2}),
    Row("doc", ROWS, (), {"axis": 0}),
    Row("doc", np.array([0, 4, 9, 36, 64.0]), ([0.0, 2, 3, 6, 8],), {"edge_order": 2}),
    Row("doc", np.arange(0, 10, 2.0) ** 2, (2,), {"edge_order": 2}),
    Row("doc", ZS, (3, 2)),
    Row("doc", ZS, (np.arange(0, 9, 3), 2)),
    Row("basic", SQUARE),
    Row("basic", [[1, 1], [3, 4]]),
    Row("args", np.arange(5), (3.0,)),
    Row("args", np.arange(5), (np.array(3.0),)),
    Row("args", np.arange(5), (LINE,)),
    Row("args", SHEET, (1.5,)),
    Row("args", SHEET, (np.array(1.5),)),
    Row("args", SHEET, (UNEVEN, UNEVEN)),
    Row("args", SHEET, (LINE, 2)),
    Row("args", SHEET, (LINE,), {"axis": 1}),
    Row("args", SHEET, (np.stack([LINE] * 2, axis=-1), 1)),
    Row("badargs", SHEET, (LINE, np.ones(2))),
    Row("badargs", SHEET, (1, np.ones(2))),
    Row("badargs", SHEET, (np.ones(2), np.ones(2))),
    Row("badargs", SHEET, (LINE,)),
    Row("badargs", SHEET, (LINE,), {"axis": (0, 1)}),
    Row("badargs", SHEET, (LINE, LINE, LINE)),
    Row("badargs", SHEET, (1, 1, 1)),
    Row("badargs", SHEET, (LINE, LINE), {"axis": 1}),
    Row("badargs", SHEET, (1, 1), {"axis": 1}),
    Row("datetime64", DATES),
    Row("masked", np.ma.array([[1, 1], [3, 4]], mask=[[False, False], [False, False]])),
    Row("masked", HOLE, (), {"edge_order": 2}, MASK),
    Row("second_order_accurate", CUBIC, (TENTHS[1] - TENTHS[0],), {"edge_order": 2}),
    Row("second_order_accurate", 2 * RANDOM**3, (RANDOM,), {"edge_order": 2}),
    *(
        Row("spacing", TILED, steps, {"axis": axis, "edge_order": edge_order})
        for edge_order in (1, 2)
        for steps, axis in [
            ((1.0,), (0, 1)),
            ((STEPS6, STEPS6), (0, 1)),
            ((STEPS6, STEPS6), None),
            ((1.0,), 0),
            ((STEPS6,), 0),
            ((1.0,), 1),
            ((STEPS6,), 1),
            ((X6, X6), (0, 1)),
            ((X6, X6), None),
            ((X6,), 0),
            ((X6,), 1),
            ((STEPS6, X6), (0, 1)),
            ((X6, STEPS6), (1, 0)),
        ]
    ),
    *(Row("specific_axes", SQUARE, (), {"axis": axis}) for axis in (0, 1, -1, (1, 0), None)),
    Row("specific_axes", SQUARE, (2, 3), {"axis": (1, 0)}),
    Row("specific_axes", SQUARE, (1, 2), {"axis": 1}),
    Row("specific_axes", SQUARE, (), {"axis": 3}),
    Row("specific_axes", SQUARE, (), {"axis": -3}),
    Row("specific_axes", SQUARE, (), {"axis": [1]}),
    Row("timedelta64", SPANS),
    Row("inexact_dtypes", np.array([1, 2, 3], "f2"), (), {}, HALF),
    Row("inexact_dtypes", np.array([1, 2, 3], "f4")),
    Row("inexact_dtypes", np.array([1, 2, 3], "f8")),
    Row("values", np.arange(2), (), {"edge_order": 1}),
    Row("values", np.arange(3), (), {"edge_order": 2}),
    *(Row("values", np.arange(n), (), {"edge_order": e}) for n, e in [(0, 1), (0, 2), (1, 1)]),
    *(Row("values", np.arange(n), (), {"edge_order": 2}) for n in (1, 2)),
    *(
        Row("f_decreasing_unsigned_int", np.array([5, 4, 3, 2, 1], f"u{size}"))
        for size in (1, 2, 4, 8)
    ),
    *(
        Row("f_signed_int_big_jump", np.array([-1, 2 ** (8 * size - 1) - 1], f"i{size}"), ([1, 3],))
        for size in (1, 2, 4, 8)
    ),
    *(
        Row("x_decreasing_unsigned", np.array([0, 2, 4]), (np.array([3, 2, 1], f"u{size}"),))
        for size in (1, 2, 4, 8)
    ),
    *(
        Row(
            "x_signed_int_big_jump",
            np.array([-(2 ** (8 * size - 2)), 0]),
            (np.array([-1, 2 ** (8 * size - 1) - 1], f"i{size}"),),
        )
        for size in (1, 2, 4, 8)
    ),
    Row("return_type", ([1, 2], [2, 3])),
    Row("own", 3.0),
    Row("own", 3.0, (1.0,)),
    Row("own", 3.0, (1.0, 2.0)),
    Row("own", 3.0, (), {"axis": 0}),
    Row("own", SQUARE, (), {"axis": ()}),
    Row("own", SQUARE, (), {"axis": np.int64(1)}),
    Row("own", SQUARE, (), {"axis": np.array(1)}),
    Row("own", SQUARE, (), {"axis": (0, 0)}),
    Row("own", F, (), {"edge_order": 2.0}),
    Row("own", F, (), {"edge_order": "2"}),
    Row("own", F, (), {"edge_order": 3}, ORDER),
    Row("own", F, (), {"edge_order": 0}, MEANT),
    Row("own", F * 1j),
    Row("own", np.array([1, 2, 4], object)),
    Row("own", np.array([1, None, 4], object)),
    Row("own", np.zeros((5, 0)), (), {"axis": 0}),
    Row("own", np.zeros((5, 0))),
    Row("own", [True, False], (), {}, "True is 1 and False is 0, as in files"),
    Row("own", F, (0,), {}, "a step of 0 is refused instead of infinite derivatives"),
    Row("own", [0.0, 1, 4], ([0, 2, 1],), {}, "coordinates that turn around are refused"),
    Row("own", [0.0, 1, 4], (np.array(["2000", "2001", "2002"], "M8[D]"),), {}, "per second"),
    Row("own", [0.0, 1, 4], (np.timedelta64(1, "s"),), {}, "a step in time is in seconds"),
]
KINDS = (ValueError, TypeError, IndexError)


def outcome(function: Any, row: Row) -> Any:
    """Return the result of a call, or the error."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # numpy's, on a step of 0
        try:
            return function(row.f, *row.steps, **row.keywords)
        except KINDS as error:
            return error


def same(ours: Any, theirs: Any) -> bool:
    """Return whether results have the same types and values, or errors the same kin."""
    if isinstance(theirs, Exception):
        return all(isinstance(ours, kind) for kind in KINDS if isinstance(theirs, kind))
    if type(ours) is not type(theirs):
        return False
    if isinstance(theirs, tuple):
        return len(ours) == len(theirs) and all(map(same, ours, theirs))
    if ours.dtype != theirs.dtype or ours.shape != theirs.shape:
        return False
    if (np.ma.getmaskarray(ours) != np.ma.getmaskarray(theirs)).any():
        return False
    if ours.dtype.kind == "m":
        return bool((ours == theirs).all())
    return bool(np.ma.allclose(ours, theirs, rtol=1e-13, atol=1e-13))


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.source)
def test_a_call_gives_what_numpy_gives_or_a_reason_says_why_not(row: Row) -> None:
    ours, theirs = outcome(gradcli.gradient, row), outcome(np.gradient, row)
    assert same(ours, theirs) == (not row.reason), (ours, theirs)


def test_the_keyword_of_the_array_is_numpys() -> None:
    assert gradcli.gradient(f=F).tolist() == np.gradient(f=F).tolist()


def shown(value: Any) -> str:
    if isinstance(value, Exception):
        return f"{type(value).__name__}: {value}".splitlines()[0][:60]
    return " ".join(repr(value).split())[:60]


def main() -> None:
    """Print the table."""
    for row in TABLE:
        ours, theirs = outcome(gradcli.gradient, row), outcome(np.gradient, row)
        keywords = ", ".join(f"{name}={value!r}" for name, value in row.keywords.items())
        call = ", ".join(filter(None, [shown(row.f), *map(shown, row.steps), keywords]))
        print(f"{row.source}: gradient({call})")
        if same(ours, theirs):
            print(f"    both:    {shown(ours)}")
        else:
            print(f"    numpy:   {shown(theirs)}\n    gradcli: {shown(ours)}\n    {row.reason}")


if __name__ == "__main__":
    main()
