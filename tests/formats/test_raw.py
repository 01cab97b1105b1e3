"""Numbers that lie in a file as in memory: any window, read and written, is numpy's slice."""

from __future__ import annotations

import ctypes
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gradcli.errors import InputError
from gradcli.formats.raw import RawArray
from gradcli.model.blocks import Window
from tests.contract import tiles

# The last has bytes that mean nothing.
DTYPES = ["u1", "<i2", ">f4", "<f8", ">c16", "g"]


@st.composite
def shapes_and_windows(draw: st.DrawFn) -> tuple[tuple[int, ...], Window]:
    shape = tuple(draw(st.lists(st.integers(0, 6), min_size=0, max_size=4)))
    pairs = [sorted((draw(st.integers(0, n)), draw(st.integers(0, n)))) for n in shape]
    return shape, tuple(slice(*pair) for pair in pairs)


def numbers(shape: tuple[int, ...], dtype: str) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 200, shape).astype(dtype)


@settings(max_examples=200, deadline=None)
@given(
    case=shapes_and_windows(),
    dtype=st.sampled_from(DTYPES),
    fortran=st.booleans(),
    offset=st.integers(0, 70),
)
def test_a_window_that_is_read_is_the_slice(
    tmp_path_factory: pytest.TempPathFactory,
    case: tuple[tuple[int, ...], Window],
    dtype: str,
    fortran: bool,
    offset: int,
) -> None:
    shape, window = case
    values = numbers(shape, dtype)
    path = tmp_path_factory.getbasetemp() / "raw"
    path.write_bytes(b"\xff" * offset + values.tobytes("F" if fortran else "C") + b"\xff" * 9)
    with path.open("rb") as file:
        raw = RawArray(file.fileno(), offset, values.dtype, shape, fortran)
        found = raw.read(window)
    np.testing.assert_array_equal(found, values[window])
    assert found.dtype == values.dtype
    assert found.flags.writeable


@settings(max_examples=200, deadline=None)
@given(
    case=shapes_and_windows(),
    dtype=st.sampled_from(DTYPES[:-1]),
    fortran=st.booleans(),
    order=st.sampled_from("CF"),
)
def test_a_window_that_is_written_changes_the_slice_and_nothing_else(
    tmp_path_factory: pytest.TempPathFactory,
    case: tuple[tuple[int, ...], Window],
    dtype: str,
    fortran: bool,
    order: str,
) -> None:
    shape, window = case
    before, layout = numbers(shape, dtype), "F" if fortran else "C"
    path = tmp_path_factory.getbasetemp() / "raw"
    path.write_bytes(b"head" + before.tobytes(layout) + b"tail")
    with path.open("r+b") as file:
        raw = RawArray(file.fileno(), 4, before.dtype, shape, fortran)
        # Whatever order the values come in, they are stored in the array's own.
        raw.write(window, np.asarray(before[window] + 1, order=order))
    expected = before.copy()
    expected[window] += 1
    assert path.read_bytes() == b"head" + expected.tobytes(layout) + b"tail"


@pytest.mark.parametrize("fortran", [False, True])
def test_threads_share_a_file(tmp_path: Path, fortran: bool) -> None:
    values = np.random.default_rng(1).normal(size=(40, 30, 20))
    with (tmp_path / "raw").open("w+b") as file:
        raw = RawArray(file.fileno(), 0, values.dtype, values.shape, fortran)
        windows = tiles(values.shape, (7, 11, 6))
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(lambda w: raw.write(w, values[w]), windows))
            found = list(pool.map(raw.read, windows))
    for window, array in zip(windows, found, strict=True):
        np.testing.assert_array_equal(array, values[window])
    stored = np.fromfile(tmp_path / "raw").reshape(values.shape, order="F" if fortran else "C")
    np.testing.assert_array_equal(stored, values)


def test_data_that_end_too_early_are_refused_and_those_before_are_read(tmp_path: Path) -> None:
    (tmp_path / "raw").write_bytes(np.arange(10.0).tobytes()[:-3])
    with (tmp_path / "raw").open("rb") as file:
        raw = RawArray(file.fileno(), 0, np.dtype("f8"), (10,))
        np.testing.assert_array_equal(raw.read((slice(0, 9),)), np.arange(9.0))
        with pytest.raises(InputError, match="truncated or being written"):
            raw.read((slice(3, 10),))


def test_a_window_far_into_a_file_is_read_without_what_lies_before(tmp_path: Path) -> None:
    far = 5 * 2**30
    with (tmp_path / "raw").open("w+b") as file:
        raw = RawArray(file.fileno(), 0, np.dtype("f8"), (far // 8 + 4, 2))
        window = (slice(far // 8, far // 8 + 4), slice(0, 2))
        raw.write(window, np.arange(8.0).reshape(4, 2))
        np.testing.assert_array_equal(raw.read(window), np.arange(8.0).reshape(4, 2))
        assert os.fstat(file.fileno()).st_blocks < 100


def test_an_array_has_its_room_before_a_number_is_written(tmp_path: Path) -> None:
    with (tmp_path / "raw").open("w+b") as file:
        file.write(b"header")
        file.flush()
        RawArray(file.fileno(), 64, np.dtype("f8"), (1000, 1000)).reserve()
        found = os.fstat(file.fileno())
        assert found.st_size == 64 + 8_000_000
        assert os.pread(file.fileno(), 100, 0) == b"header" + bytes(94)
        if not hasattr(ctypes.CDLL(None), "fallocate"):
            pytest.skip("this system makes no room")
        assert found.st_blocks * 512 >= 8_000_000


def test_an_array_of_nothing_needs_no_room(tmp_path: Path) -> None:
    with (tmp_path / "raw").open("w+b") as file:
        RawArray(file.fileno(), 64, np.dtype("f8"), (0, 1000)).reserve()
        assert os.fstat(file.fileno()).st_size == 0


@pytest.mark.parametrize("kernel", [True, False])
def test_a_copy_holds_the_same_bytes(
    tmp_path: Path, kernel: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not kernel:  # other systems
        monkeypatch.delattr(os, "copy_file_range", raising=False)
    values = numbers((70_001, 3), ">f8")
    (tmp_path / "a").write_bytes(b"\xff" * 5 + values.tobytes())
    (tmp_path / "b").write_bytes(b"\xfe" * 9)
    with (tmp_path / "a").open("rb") as source, (tmp_path / "b").open("r+b") as target:
        one = RawArray(source.fileno(), 5, values.dtype, values.shape)
        place = target.fileno(), 7
        assert not one.copy_to(RawArray(*place, np.dtype("<f8"), values.shape))
        assert not one.copy_to(RawArray(*place, values.dtype, values.shape, fortran=True))
        assert one.copy_to(RawArray(*place, values.dtype, values.shape))
        assert (tmp_path / "b").read_bytes() == b"\xfe" * 7 + values.tobytes()
        longer = RawArray(source.fileno(), 5, values.dtype, (70_002, 3))
        with pytest.raises(InputError, match="truncated"):
            longer.copy_to(RawArray(*place, values.dtype, (70_002, 3)))
