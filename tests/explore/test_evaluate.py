"""Values and derivatives in any window are those of a run."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import gradcli
from gradcli.api import request
from gradcli.errors import InputError, UsageError
from gradcli.explore.evaluate import evaluation
from tests.grids import WRITERS, uneven, write_grid


@pytest.mark.parametrize("kind", WRITERS)
def test_a_window_is_the_whole_cut(tmp_path: Path, kind: str) -> None:
    x, y = uneven(9), uneven(7)
    path = write_grid(kind, tmp_path, np.sin(np.add.outer(y, x)), {"y": y, "x": x})
    dims = "y,x" if kind == "long" else None
    made = gradcli.differentiate(path, tmp_path / "made.npz", dims=dims)
    whole = np.load(made.outputs[0])
    with evaluation(request(str(path), dims=dims)) as opened:
        (field, *others) = opened.results(0)
        shape = field.shape
        window = tuple(slice(n // 3, n // 3 + 2) for n in shape)
        found = opened.values(0, window)
        every = opened.values(0, tuple(slice(0, n) for n in shape))
    assert list(found) == [field.name, *(other.name for other in others)]
    for other in others:
        np.testing.assert_array_equal(found[other.name], whole[other.name][window])
    np.testing.assert_array_equal(found[field.name], every[field.name][window])


def test_a_part_is_counted_from_its_first_point() -> None:
    grid = {"x": slice(0, 10, 1)}
    with evaluation(request("x**2", grid=grid, isel={"x": (4, 8)})) as opened:
        found = opened.values(0, (slice(0, 2),))
    assert found["f"].tolist() == [16, 25]
    assert found["df_dx"].tolist() == [8, 10]


def test_vectors_give_each_component() -> None:
    grid = {"y": slice(0, 3, 1), "x": slice(0, 4, 1)}
    asked = request("u=-y; v=x", grid=grid, operator="curl", var=["u", "v"], axis="x,y")
    with evaluation(asked) as opened:
        found = opened.values(0, (slice(1, 2), slice(2, 3)))
    assert {name: each.item() for name, each in found.items()} == {"u": -1, "v": 2, "curl": 2}


def test_derivatives_alone() -> None:
    with evaluation(request("x", grid={"x": slice(0, 3, 1)}), values=False) as opened:
        assert [result.name for result in opened.results(0)] == ["df_dx"]


def test_errors_name_the_input(tmp_path: Path) -> None:
    path = tmp_path / "a.npy"
    np.save(path, np.zeros(3))
    with pytest.raises(UsageError, match=r"a\.npy: "), evaluation(request(str(path), axis="q")):
        pass
    with (
        pytest.raises(InputError, match=r"none\.npy: "),
        evaluation(request(str(tmp_path / "none.npy"))),
    ):
        pass
