"""A file that the library lays out without the bytes of chunks is the file that it writes."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from gradcli.formats.hdf5.filters import filters_of
from gradcli.formats.hdf5.layout import LayoutFile, LayoutWriter
from gradcli.formats.hdf5.packer import ChunkForm
from gradcli.formats.packets import Elsewhere

SHAPE, CHUNKS = (300, 400), (20, 100)
VALUES = np.random.default_rng(0).normal(size=SHAPE).round(1)
WINDOWS = [(slice(first, first + 60), slice(0, 400)) for first in range(0, 300, 60)]
FORGETFUL = 2**21


def make(path: Path, **more: Any) -> None:
    with h5py.File(path, "w") as file:
        for name in "ab":
            made = file.create_dataset(
                name, SHAPE, "f8", chunks=CHUNKS, compression="gzip", shuffle=True,
                fill_time="never", **more,
            )  # fmt: skip
            made.attrs["count"] = 0


class Copied(LayoutFile):
    """As if the library wrote from a buffer of its own."""

    def write(self, data: Any) -> int:
        return super().write(bytes(data))


def lay_out(path: Path, kind: type[LayoutFile]) -> list[tuple[int, bytes]]:
    """Lay out a file that was made; return the chunks, which are not in it, by their places."""
    made = []
    with kind(str(path)) as layout, h5py.File(layout, "r+") as file:
        before = os.stat(path).st_blocks
        forms = {name: form_of(file[name]) for name in "ab"}
        for window in WINDOWS:
            for name, form in forms.items():
                chunks = [data for _, data in form.pack(window, VALUES[window])]
                payload = Elsewhere(np.array([len(data) for data in chunks]))
                LayoutWriter(file[name], form, layout).put(window, payload)
                assert payload.places is not None
                made += zip(payload.places.tolist(), chunks, strict=True)
        file.flush()
        whole = sum(len(data) for _, data in made)
        assert kind is Copied or 512 * (os.stat(path).st_blocks - before) < whole / 4
        file["a"].attrs.modify("count", 7)
    return made


def form_of(dataset: Any) -> ChunkForm:
    filters = filters_of(dataset)
    assert filters is not None
    return ChunkForm(SHAPE, CHUNKS, filters, np.nan)


@pytest.mark.parametrize("more", [{}, {"maxshape": (None, None)}])
@pytest.mark.parametrize("kind", [LayoutFile, Copied])
def test_the_file_has_the_bytes_that_the_library_writes(
    tmp_path: Path, kind: type[LayoutFile], more: dict[str, Any]
) -> None:
    for name in ("whole.h5", "laid.h5"):
        make(tmp_path / name, **more)
    with h5py.File(tmp_path / "whole.h5", "r+") as file:
        for window in WINDOWS:
            for name in "ab":
                for offset, data in form_of(file[name]).pack(window, VALUES[window]):
                    file[name].id.write_direct_chunk(offset, data)
        file["a"].attrs.modify("count", 7)
    chunks = lay_out(tmp_path / "laid.h5", kind)
    with open(tmp_path / "laid.h5", "r+b") as file:
        for place, data in chunks:
            os.pwrite(file.fileno(), data, place)
    assert (tmp_path / "laid.h5").read_bytes() == (tmp_path / "whole.h5").read_bytes()
    with h5py.File(tmp_path / "laid.h5") as file:
        np.testing.assert_array_equal(file["b"][...], VALUES)


def test_bytes_that_only_look_like_those_of_the_buffer_are_written(tmp_path: Path) -> None:
    (tmp_path / "f").touch()
    with LayoutFile(str(tmp_path / "f")) as file:
        room = file.bytes_of(100)
        assert file.write(bytes(room)) == 100
        assert file.noted == []
        assert file.write(room[20:]) == 80
        assert file.noted == [(100, 80)]
        large = file.bytes_of(FORGETFUL)
        file.write(large)
        file.write(b"end")
        assert file.noted[1:] == [(180, FORGETFUL)]
        assert file.seek(-3, os.SEEK_END) == 180 + FORGETFUL
        tail = bytearray(5)
        assert file.readinto(tail) == 5  # zeros behind the end
        assert tail == b"end\0\0"
