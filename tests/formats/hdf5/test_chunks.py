"""Chunks of HDF5 datasets: any window, damage."""

from __future__ import annotations

from pathlib import Path

import h5py
import numpy as np
import pytest

from gradcli.errors import GradcliError
from gradcli.formats.opening import open_source
from tests.contract import one_line, random_windows, whole
from tests.formats.hdf5.test_source import FILTERS, SHAPE, VALUES, write_field


def test_damaged_chunks_are_refused_and_others_read(tmp_path: Path) -> None:
    path = write_field(tmp_path / "a.h5", **FILTERS["gzip+shuffle+fletcher32"])
    with h5py.File(path) as file:
        chunk = file["f"].id.get_chunk_info(0)
    with path.open("r+b") as raw:
        raw.seek(chunk.byte_offset + 3)
        raw.write(b"\xff\xff\xff")
    with open_source(str(path)) as source:
        with pytest.raises(GradcliError) as caught:
            source.read("f", whole(source.fields["f"]))
        assert "f: the chunk at [0, 0]: its checksum is" in one_line(caught.value)
        window = (slice(6, 12), slice(4, 10))
        np.testing.assert_array_equal(source.read("f", window), VALUES[window])


def test_windows_of_any_chunking_are_what_h5py_reads(tmp_path: Path) -> None:
    for options in FILTERS.values():
        path = write_field(tmp_path / "a.h5", **options)
        with open_source(str(path)) as source:
            for window in random_windows(SHAPE, 20, seed=9):
                np.testing.assert_array_equal(source.read("f", window), VALUES[window])
