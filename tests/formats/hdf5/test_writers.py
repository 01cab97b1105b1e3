"""Writers of datasets: chunks, bytes, or the library; each gives what h5py reads."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from gradcli.formats.hdf5.writers import ChunkWriter, LibraryWriter, RawWriter, writer_of

VALUES = np.arange(30.0).reshape(5, 6)


@pytest.mark.parametrize(
    ("options", "kind"),
    [
        ({}, RawWriter),
        ({"chunks": (2, 6)}, ChunkWriter),
        ({"chunks": (2, 6), "compression": "gzip", "shuffle": True}, ChunkWriter),
        ({"chunks": (5, 6), "fletcher32": True}, ChunkWriter),
        ({"chunks": (2, 6), "compression": "lzf"}, LibraryWriter),
    ],
)
def test_a_writer_goes_below_the_library_where_it_can(
    tmp_path: Path, options: dict[str, Any], kind: type
) -> None:
    with h5py.File(tmp_path / "f.h5", "w") as file:
        dataset = file.create_dataset("f", VALUES.shape, "f8", **options)
        writer = writer_of(dataset, np.float64("nan"))
        assert type(writer) is kind
        for first in range(0, 5, 2):
            window = (slice(first, min(first + 2, 5)), slice(0, 6))
            if options.get("chunks") == (5, 6):
                window = (slice(0, 5), slice(0, 6))
            writer.put(window, writer.form.pack(window, VALUES[window]))
    with h5py.File(tmp_path / "f.h5") as file:
        np.testing.assert_array_equal(file["f"][...], VALUES)


@pytest.mark.parametrize("shape", [(), (0, 3)])
def test_what_has_no_room_of_its_own_is_left_to_the_library(
    tmp_path: Path, shape: tuple[int, ...]
) -> None:
    with h5py.File(tmp_path / "f.h5", "w") as file:
        assert type(writer_of(file.create_dataset("f", shape, "f8"), 0.0)) is LibraryWriter


@pytest.mark.parametrize(
    ("fill", "when", "count"), [(9.5, "ifset", 1), (9.5, "never", 3), (0.0, "ifset", 3)]
)
def test_chunks_of_nothing_are_left_out_where_they_read_as_such(
    tmp_path: Path, fill: float, when: str, count: int
) -> None:
    with h5py.File(tmp_path / "f.h5", "w") as file:
        options = {"chunks": (2, 6), "compression": "gzip", "fillvalue": fill, "fill_time": when}
        dataset = file.create_dataset("f", VALUES.shape, ">f4", **options)
        writer = writer_of(dataset, np.float32(9.5))
        assert isinstance(writer, ChunkWriter)
        nothing = np.broadcast_to(np.array(9.5, ">f4"), (4, 6))
        writer.put(
            (slice(0, 4), slice(0, 6)), writer.form.pack((slice(0, 4), slice(0, 6)), nothing)
        )
        last = (slice(4, 5), slice(0, 6))
        writer.put(last, writer.form.pack(last, VALUES[last].astype(">f4")))
    with h5py.File(tmp_path / "f.h5") as file:
        assert file["f"].id.get_num_chunks() == count
        np.testing.assert_array_equal(file["f"][:4], 9.5)
        np.testing.assert_array_equal(file["f"][4:], VALUES[4:])
