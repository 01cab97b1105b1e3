"""Few files are open at a time, whichever threads read, and those that are alike cost little."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import netCDF4
import numpy as np
import pytest

from gradcli.errors import InputError
from gradcli.formats.netcdf.twin import TwinSource
from gradcli.formats.series.source import SeriesSource, open_series
from gradcli.model.protocols import Hints, Join
from tests.series import times_of, values_at, write, write_series

TIMES = times_of(20, even=True)


def opened(paths: list[str], most: int | None = None) -> SeriesSource:
    source = open_series(Hints(join=Join("time", tuple(paths), most)))
    assert isinstance(source, SeriesSource)
    return source


def open_now(folder: Path) -> int:
    """Return how many files of a folder this process has open."""
    found = set()
    for name in os.listdir("/proc/self/fd"):
        try:
            found.add(os.readlink(f"/proc/self/fd/{name}"))
        except OSError:
            continue
    return sum(path.startswith(str(folder)) for path in found)


@pytest.mark.parametrize("most", [1, 3])
def test_no_more_are_open_than_allowed(tmp_path: Path, most: int) -> None:
    values = values_at(TIMES)
    paths = write_series(tmp_path, TIMES, values, range(2, 20, 2))
    with opened(paths, most) as source:

        def read(first: int) -> bool:
            window = (slice(first, first + 5), slice(0, 4), slice(0, 5))
            return bool((source.read("T", window) == values[window]).all())

        with ThreadPoolExecutor(4) as pool:
            assert all(pool.map(read, list(range(15)) * 3))
        for first in range(15):
            assert read(first)
            assert 0 < open_now(tmp_path) <= most
    assert open_now(tmp_path) == 0


def test_files_that_are_alike_are_read_by_one_pattern(tmp_path: Path) -> None:
    paths = write_series(tmp_path, TIMES, values_at(TIMES), (5, 10, 15), deflate=True)
    with netCDF4.Dataset(paths[2], "a") as file:
        file["T"].valid_max = np.float32(290)  # decoded otherwise, so it is no twin
    with opened(paths) as source:
        kinds = []
        for index in range(4):
            with source.members.using(index) as member:
                kinds.append(isinstance(member, TwinSource))
        assert kinds[1:] == [True, False, True]
        found = source.read("T", (slice(0, 20), slice(0, 4), slice(0, 5)))
        right = values_at(TIMES)
        right[10:15][right[10:15] > 290] = np.nan
        np.testing.assert_array_equal(found, right)


def test_headers_that_are_the_same_bytes_are_read_without_the_library(tmp_path: Path) -> None:
    values = values_at(TIMES)
    paths = []
    # The library compares the second with the first, as its longer history has moved its header.
    for index, history in enumerate(["made", "longer", "done", "larger"]):
        rows = slice(5 * index, 5 * index + 5)
        path = tmp_path / f"{index}.nc"
        paths.append(str(write(path, TIMES[rows], values[rows], history=history, deflate=True)))
    with opened(paths) as source:
        alone = []
        for index in range(4):
            with source.members.using(index) as member:
                alone.append(isinstance(member, TwinSource) and not member.needs_library)
        assert alone == [False, False, True, True]
        found = source.read("T", (slice(0, 20), slice(0, 4), slice(0, 5)))
        np.testing.assert_array_equal(found, values)


def test_a_file_that_changed_is_refused_by_name(tmp_path: Path) -> None:
    paths = write_series(tmp_path, TIMES, values_at(TIMES), (5, 10))
    with opened(paths, 1) as source:
        Path(paths[1]).write_bytes(Path(paths[1]).read_bytes() + b"more")
        with pytest.raises(InputError, match=f"^{paths[1]}: was changed since it was opened"):
            source.read("T", (slice(0, 20), slice(0, 4), slice(0, 5)))


def test_links_out_of_a_file_are_refused(tmp_path: Path) -> None:
    import h5py

    paths = write_series(tmp_path, TIMES, values_at(TIMES), (5, 10))
    with h5py.File(paths[1], "a") as file:
        file["else"] = h5py.ExternalLink("/etc/other.h5", "/T")
    with pytest.raises(InputError, match=f"^{paths[1]}: else: is a link out of the file"):
        opened(paths)
