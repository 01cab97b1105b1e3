"""Links in HDF5 files: followed inside a file, never out of it."""

from __future__ import annotations

import shutil
from pathlib import Path

import h5py
import numpy as np
import pytest

import gradcli
from gradcli.errors import GradcliError
from gradcli.formats.opening import open_source
from tests.contract import one_line, read_all, refusal
from tests.formats.hdf5.test_source import SHAPE, VALUES, results_of


def test_groups_of_any_depth_are_walked(tmp_path: Path) -> None:
    deep = "/".join(f"g{i}" for i in range(40))
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file[f"{deep}/f"] = VALUES
        file["a/b/odd name é"] = VALUES[0]
    assert sorted(read_all(tmp_path / "a.h5")) == ["a/b/odd name é", f"{deep}/f"]
    found = results_of(tmp_path / "a.h5", var=f"/{deep}/f", axis="1")
    np.testing.assert_allclose(found[f"{deep}/df_d1"], np.gradient(VALUES, axis=1), rtol=1e-12)


def test_hard_links_and_cycles_are_met_once(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["g/f"] = VALUES
        file["again"] = file["g/f"]
        file["g/loop"] = file["g"]
        file["g/root"] = file["/"]
    assert len(read_all(tmp_path / "a.h5")) == 1


def test_soft_links_are_met_at_their_target_and_dangling_ones_do_no_harm(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["f"] = VALUES
        file["soft"] = h5py.SoftLink("/f")
        file["nowhere"] = h5py.SoftLink("/none")
        file["self"] = h5py.SoftLink("/self")
    assert list(read_all(tmp_path / "a.h5")) == ["f"]


def test_external_links_are_never_followed(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "other.h5", "w") as file:
        file["secret"] = VALUES
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["f"] = VALUES
        file["g/out"] = h5py.ExternalLink("other.h5", "/secret")
        file["passwords"] = h5py.ExternalLink("/etc/passwd", "/")
    with open_source(str(tmp_path / "a.h5")) as source:
        assert list(source.fields) == ["f"]
        assert any("never followed" in note for note in source.notes)
    shutil.copy(tmp_path / "a.h5", tmp_path / "a.nc")
    refused_or_without(tmp_path / "a.nc")
    with pytest.raises(GradcliError):
        gradcli.differentiate(tmp_path / "a.h5", var="g/out")


def refused_or_without(path: Path) -> None:
    try:
        assert list(read_all(path)) == ["f"]
    except GradcliError as error:
        one_line(error)


@pytest.mark.parametrize("suffix", [".h5", ".nc"])
def test_external_storage_is_refused(tmp_path: Path, suffix: str) -> None:
    (tmp_path / "raw.bin").write_bytes(VALUES.tobytes())
    path = tmp_path / f"a{suffix}"
    with h5py.File(path, "w") as file:
        outside = [(str(tmp_path / "raw.bin"), 0, VALUES.nbytes)]
        file.create_dataset("f", SHAPE, "f8", external=outside)
    assert "never followed" in refusal(path)


@pytest.mark.parametrize("suffix", [".h5", ".nc"])
@pytest.mark.parametrize("there", [True, False])
def test_views_of_other_files_are_refused_and_their_neighbours_read(
    tmp_path: Path, suffix: str, there: bool
) -> None:
    if there:
        with h5py.File(tmp_path / "other.h5", "w") as file:
            file["f"] = VALUES
    layout = h5py.VirtualLayout(SHAPE, "f8")
    layout[:] = h5py.VirtualSource(str(tmp_path / "other.h5"), "f", SHAPE)
    path = tmp_path / f"a{suffix}"
    with h5py.File(path, "w") as file:
        file.create_virtual_dataset("view", layout, fillvalue=7)
    assert "never followed" in refusal(path)
    with h5py.File(path, "r+") as file:
        file["f"] = VALUES
    if suffix == ".h5":
        found = results_of(path, var="f")
        np.testing.assert_allclose(found["df_d0"], np.gradient(VALUES, axis=0), rtol=1e-12)


def test_a_view_of_the_same_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.h5"
    with h5py.File(path, "w") as file:
        file["part"] = VALUES
        layout = h5py.VirtualLayout((2, *SHAPE), "f8")
        layout[0] = layout[1] = h5py.VirtualSource(".", "part", SHAPE)
        file.create_virtual_dataset("view", layout)
    np.testing.assert_array_equal(read_all(path)["view"], [VALUES, VALUES])
