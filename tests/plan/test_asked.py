"""Options, resolved onto the axes of a field."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from gradcli import differentiate
from gradcli.errors import GradcliError, UsageError
from gradcli.formats.opening import open_source
from gradcli.model.protocols import Source
from gradcli.plan.choose import choose
from gradcli.settings import Settings
from tests.plan.test_choose import VECTORS, chosen


def test_coordinates_from_a_file_take_their_place(grid: Source) -> None:
    choices, _ = choose(
        grid, Settings(var=("profile",), coords={"y": "good.npy"}), VECTORS.__getitem__
    )
    axis = choices[0].field.axes[0]
    assert axis.values is not None
    assert axis.values.tolist() == [0, 1, 4]
    assert axis.units == "m"


def test_dims_name_axes_that_have_none(tmp_path: Path) -> None:
    np.save(tmp_path / "f.npy", np.zeros((3, 4)))
    with open_source(str(tmp_path / "f.npy")) as source:
        assert chosen(source) == {"f": ["0", "1"]}
        assert chosen(source, dims=("y", "x"), axis=("x",)) == {"f": ["x"]}
        with pytest.raises(UsageError, match="--dims y,x"):
            chosen(source, axis=("x",))
        with pytest.raises(UsageError, match="leave --var out"):
            chosen(source, var=("f",))


def test_selection_moves_the_start_of_an_axis(grid: Source) -> None:
    choices, _ = choose(
        grid, Settings(var=("T",), isel={"lon": (1, 3)}, halo=False), VECTORS.__getitem__
    )
    axis = choices[0].field.axes[2]
    assert (axis.start, axis.size, axis.file_window) == (1, 2, slice(1, 3))
    assert axis.values is not None
    assert axis.values.tolist() == [1, 2]


@pytest.mark.parametrize(
    ("edges", "centres"),
    [([0, 1, 3, 7], [0.5, 2, 5]), ([7, 3, 1, 0], [5, 2, 0.5]), ([0, 3, 2, 5], None)],
)
def test_edges_of_bins_give_their_centres(
    tmp_path: Path, edges: list[float], centres: list[float] | None
) -> None:
    np.save(tmp_path / "f.npy", values := np.array([1.0, 4, 2]))
    np.save(tmp_path / "edges.npy", np.array(edges, float))
    given = {"coords": {0: str(tmp_path / "edges.npy")}, "dst": tmp_path / "out.npy"}
    if centres is None:
        with pytest.raises(GradcliError, match=r"4 coordinates for 3 points.*edges of bins"):
            differentiate(tmp_path / "f.npy", **given)
        return
    report = differentiate(tmp_path / "f.npy", **given)
    np.testing.assert_allclose(np.load(tmp_path / "out.npy"), np.gradient(values, centres))
    assert [note for note in report.notes if "edges of bins; the centres are used" in note]


def test_steps_are_one_for_each_axis(tmp_path: Path) -> None:
    np.save(tmp_path / "f.npy", values := np.random.default_rng(2).random((4, 5)))
    differentiate(tmp_path / "f.npy", tmp_path / "o.npz", axis=(1, 0), spacing=(4, 2))
    with np.load(tmp_path / "o.npz") as found:
        np.testing.assert_allclose(found["df_d0"], np.gradient(values, 2.0, axis=0))
        np.testing.assert_allclose(found["df_d1"], np.gradient(values, 4.0, axis=1))
    with pytest.raises(GradcliError, match="3 steps, and f has 2 axes"):
        differentiate(tmp_path / "f.npy", tmp_path / "p.npz", spacing=(1, 2, 3))
