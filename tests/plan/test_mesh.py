"""Arrays of the shape of a field that hold the coordinates of one axis."""

from __future__ import annotations

from pathlib import Path

import h5py
import numpy as np
import pytest

import gradcli
from gradcli.errors import GradcliError

T, X = np.array([0.0, 1, 3, 4]), np.array([0.0, 2, 3, 7, 9])
FIELD = np.sin(T)[:, None] * X**2


@pytest.mark.parametrize("suffix", [".npz", ".h5"])
@pytest.mark.parametrize("dtype", ["f8", "f4", "i8"])
def test_meshgrid_arrays_are_the_coordinates_of_the_axis_they_change_along(
    tmp_path: Path, suffix: str, dtype: str
) -> None:
    mesh_t, mesh_x = np.meshgrid(T.astype(dtype), X.astype(dtype), indexing="ij")
    arrays = {"X": mesh_x, "Y": mesh_t, "F": FIELD}
    path, out = tmp_path / f"mesh{suffix}", tmp_path / "out.npz"
    if suffix == ".npz":
        np.savez(path, **arrays)
    else:
        with h5py.File(path, "w") as file:
            file.update(arrays)
    gradcli.differentiate(path, out, var="F", axis="X,Y")
    with np.load(out) as found:
        np.testing.assert_allclose(found["dF_dX"], np.gradient(FIELD, X, axis=1), rtol=1e-12)
        np.testing.assert_allclose(found["dF_dY"], np.gradient(FIELD, T, axis=0), rtol=1e-12)
        if suffix == ".npz":
            np.testing.assert_array_equal(found["X"], X)


def test_an_array_that_changes_along_two_axes_is_no_coordinate(tmp_path: Path) -> None:
    mesh = np.tile(X, (4, 1))
    mesh[3, 4] += 1e-9
    np.savez(tmp_path / "a.npz", X=mesh, F=FIELD)
    with pytest.raises(GradcliError, match="no axis 'X'"):
        gradcli.differentiate(tmp_path / "a.npz", var="F", axis="X")
