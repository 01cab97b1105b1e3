"""The walk through an HDF5 file, and the readers of its bytes."""

from __future__ import annotations

from pathlib import Path

import h5py
import numpy as np
import pytest

from gradcli.errors import InputError
from gradcli.formats.hdf5.below import open_below, refuse_long

VALUES = np.arange(12.0).reshape(3, 4)


def test_datasets_of_all_groups_are_read_below_the_library(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "f.h5", "w") as file:
        file["whole"] = VALUES
        file.create_dataset("group/chunked", data=VALUES, chunks=(2, 3), compression="gzip")
    below = open_below(str(tmp_path / "f.h5"))
    for name in ("whole", "group/chunked"):
        reader = below.reader(name, (3, 4))
        assert reader is not None
        assert below.reader(name, (3, 4)) is reader
        found = reader.read((slice(1, 3), slice(1, 4)))
        np.testing.assert_array_equal(found, VALUES[1:3, 1:4])
    assert below.reader("gone", (3, 4)) is None
    below.close()


def test_a_variable_longer_than_its_dataset_is_left_to_the_library(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "f.h5", "w") as file:
        file["f"] = VALUES
    below = open_below(str(tmp_path / "f.h5"))
    assert below.reader("f", (5, 4)) is None
    below.close()


@pytest.mark.parametrize("where", ["external", "cycle"])
def test_a_file_that_leads_out_or_around_is_refused(tmp_path: Path, where: str) -> None:
    with h5py.File(tmp_path / "f.h5", "w") as file:
        file["group/f"] = VALUES
        if where == "external":
            file["away"] = h5py.ExternalLink("other.h5", "/f")
        else:
            file["group/again"] = file["group"]
    with pytest.raises(InputError, match="never followed" if where == "external" else "tree"):
        open_below(str(tmp_path / "f.h5"))


def test_what_is_no_hdf5_is_refused(tmp_path: Path) -> None:
    (tmp_path / "f.h5").write_bytes(b"no such thing")
    with pytest.raises(InputError, match="cannot be read as HDF5"):
        open_below(str(tmp_path / "f.h5"))


def test_a_coordinate_larger_than_the_memory_is_refused_by_what_it_declares() -> None:
    refuse_long("x", (1000,), 8000)
    with pytest.raises(InputError, match=r"x: a coordinate of 1001 points takes 7\.8 KiB"):
        refuse_long("x", (1001,), 8000)
