"""Attributes of HDF5 objects."""

from __future__ import annotations

from pathlib import Path

import h5py
import numpy as np

from gradcli.formats.hdf5.attributes import attributes_of


def test_numbers_and_text_are_read_and_plumbing_is_not(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["x"] = np.arange(3.0)
        file["x"].make_scale("x")
        given = {"a": 1.5, "b": b"text", "c": [2], "d": [1, 2], "e": ["p", "q"], "f": ["one"]}
        file["x"].attrs.update(given)
        file["x"].attrs["g"] = file["x"].ref
        found = attributes_of(file["x"])
    assert found.pop("d").tolist() == [1, 2]
    assert found == {"a": 1.5, "b": "text", "c": 2, "e": ["p", "q"], "f": "one"}
