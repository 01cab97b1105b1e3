"""gradcli.gradient: numpy's calling convention, and the figures it must give."""

from __future__ import annotations

import numpy as np
import pytest

from gradcli import gradient
from gradcli.errors import InputError, UsageError
from gradcli.numerics import arrays


def test_figure_1_x_squared_on_uneven_points() -> None:
    x = np.array([0.0, 1.0, 3.0, 4.0, 6.0, 10.0])
    for edge_order, exact in ((1, [1, 2, 6, 8, 12, 16]), (2, [0, 2, 6, 8, 12, 20])):
        np.testing.assert_allclose(gradient(x**2, x, edge_order=edge_order), exact, rtol=1e-12)
        turned = gradient(x[::-1] ** 2, x[::-1], edge_order=edge_order)
        np.testing.assert_allclose(turned, exact[::-1], rtol=1e-12)


def test_figure_2_the_potential_on_a_cube() -> None:
    x, y, z = np.mgrid[-2:2:5j, -2:2:5j, -2:2:5j]
    found = gradient(x**2 + 2 * y**2 + 3 * z**2, edge_order=2)
    for part, exact in zip(found, (2 * x, 4 * y, 6 * z), strict=True):
        np.testing.assert_array_equal(part, exact)


@pytest.mark.parametrize(
    ("values", "along", "expected"),
    [
        ([[1, 1, 1], [2, 0, 1], [1, 1, 1]], 0, [[1, -1, 0], [0, 0, 0], [-1, 1, 0]]),
        ([[1, 1, 1], [2, 0, 1], [1, 1, 1]], 1, [[0, 0, 0], [-2, -0.5, 1], [0, 0, 0]]),
    ],
)
def test_figure_5_unsigned_bytes_do_not_wrap(values: list, along: int, expected: list) -> None:
    found = gradient(np.array(values, "u1"), axis=along)
    assert found.dtype == np.float64
    np.testing.assert_array_equal(found, expected)


def test_conventions_of_numpy() -> None:
    values = np.random.default_rng(0).normal(size=(5, 6, 7))
    x, y = np.cumsum(np.arange(1.0, 6.0)), np.linspace(0, 1, 6)
    for arguments, keywords in [
        ((), {}),
        ((2.0,), {}),
        ((1.0, 2.0, 3.0), {}),
        ((x, 2.0, np.arange(7)), {}),
        ((x,), {"axis": 0}),
        ((x, y), {"axis": (0, 1)}),
        ((y, x), {"axis": (1, 0)}),
        ((), {"axis": -1}),
        ((0.5,), {"axis": (0, 2)}),
    ]:
        ours = gradient(values, *arguments, **keywords)
        theirs = np.gradient(values, *arguments, **keywords)
        assert type(ours) is type(theirs)
        for one, other in zip(np.atleast_1d(ours), np.atleast_1d(theirs), strict=True):
            np.testing.assert_allclose(one, other, rtol=1e-12, atol=1e-12)


def test_lists_and_views_are_taken() -> None:
    assert gradient([1, 2, 4]).tolist() == [1, 1.5, 2]
    values = np.random.default_rng(1).normal(size=(8, 9))
    for view in (values.T, values[::2, ::-1], np.asfortranarray(values)):
        for one, other in zip(gradient(view), np.gradient(view), strict=True):
            np.testing.assert_allclose(one, other, rtol=1e-13, atol=1e-13)


def test_float16_is_worked_where_it_does_not_overflow() -> None:
    found = gradient(np.array([-60000, 0, 60000], "f2"))
    assert found.dtype == np.float32
    assert found.tolist() == [60000] * 3


def test_large_offsets_lose_nothing_in_float32() -> None:
    pressure = (101325 + np.arange(8)).astype("f4")
    assert gradient(pressure, accuracy=4).tolist() == pytest.approx([1] * 8, abs=1e-6)


@pytest.mark.parametrize(
    ("arguments", "keywords", "words"),
    [
        ((), {"axis": 3}, "axis 3"),
        ((), {"axis": (0, 0)}, "twice"),
        ((1.0, 2.0, 3.0), {}, "3 coordinates for 2 axes"),
        ((np.arange(3), np.arange(5)), {}, r"shape \(3,\) for 4 points"),
        ((0.0,), {}, "not zero"),
        ((), {"accuracy": 3}, "2, 4, 6 or 8"),
        ((), {"order": 7}, "1 to 6"),
        ((), {"edge_order": 0}, "1 to 8"),
    ],
)
def test_what_does_not_fit_is_refused(arguments: tuple, keywords: dict, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        gradient(np.zeros((4, 5)), *arguments, **keywords)


def test_text_and_short_arrays_are_refused() -> None:
    with pytest.raises(UsageError, match="are not numbers"):
        gradient(np.array(["a", "b"]))
    with pytest.raises(InputError, match=r"has \d points?, and .* needs? \d"):
        gradient(np.zeros(1))


@pytest.mark.parametrize("axis", [0, 1, 2])
@pytest.mark.parametrize("dtype", ["f4", "c16"])
def test_threads_give_the_bytes_of_one_piece(monkeypatch, axis: int, dtype: str) -> None:
    rng = np.random.default_rng(4)
    values = rng.normal(size=(70, 90, 50)).astype(dtype)
    x = np.cumsum(rng.uniform(0.5, 2, values.shape[axis]))
    threaded = gradient(values, x, axis=axis, accuracy=4)
    monkeypatch.setattr(arrays, "THREADED_CELLS", values.size * 4)
    assert gradient(values, x, axis=axis, accuracy=4).tobytes() == threaded.tobytes()
