"""Parts are merged with their pieces copied by any process, and the file is what one run makes."""

from __future__ import annotations

import pickle
import zipfile
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import h5py
import netCDF4
import numpy as np
import pytest

from gradcli.api import request, run
from gradcli.engine.merging import Copies, merge_parts
from gradcli.engine.parts import begun, write_blocks
from gradcli.errors import OutputError
from gradcli.settings import Request
from tests.long import long

LIMITS = {"history": None, "jobs": 1, "memory": "20MiB"}


def make(folder: Path) -> Path:
    """Write one variable in chunks and one in one piece."""
    values = np.random.default_rng(0).normal(size=(40, 120, 150)).astype("f4")
    path = folder / "f.nc"
    with netCDF4.Dataset(path, "w") as file:
        for name, size in zip("tyx", values.shape, strict=True):
            file.createDimension(name, size)
        for name, options in {"f": {"zlib": True, "chunksizes": (1, 40, 50)}, "g": {}}.items():
            file.createVariable(name, "f4", ("t", "y", "x"), **options)[...] = values
    return path


def parts_of(given: Request, folder: Path, count: int = 3) -> list[str]:
    places = [str(folder / f"part-{number}") for number in range(count)]
    with begun(given) as work:
        total = work.schedule.count
        assert total >= count
        for number, place in enumerate(places):
            write_blocks(work, range(number, total, count), place)  # in no order of the file
    return places


@pytest.mark.parametrize(
    ("name", "var"),
    [
        ("made.nc", "f"),
        long("made.h5", "f"),
        long("made.nc", "f,g"),
        ("made.h5", "g"),
        ("made.zarr.zip", "f"),
    ],
)
def test_any_blocks_may_be_in_any_part(tmp_path: Path, name: str, var: str) -> None:
    source = make(tmp_path)
    given = request(source, tmp_path / name, var=tuple(var.split(",")), axis="x,t", **LIMITS)
    merge_parts(given, parts_of(given, tmp_path))
    whole = tmp_path / f"whole{name}"
    run(source, whole, var=tuple(var.split(",")), axis="x,t", **LIMITS)
    assert content(tmp_path / name) == content(whole)


def content(path: Path) -> Any:
    if path.suffix != ".zip":
        return path.read_bytes()
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_other_processes_copy_the_chunks(tmp_path: Path) -> None:
    source = make(tmp_path)
    given = request(source, tmp_path / "made.nc", var="f", axis="x,y", **LIMITS)
    places = parts_of(given, tmp_path)
    seen = []

    def elsewhere(copies: Iterable[Copies]) -> Iterator[int]:
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
            for each in copies:
                seen.append(each.part)
                yield pool.submit(Copies.carry_out, pickle.loads(pickle.dumps(each))).result()

    merge_parts(given, places, elsewhere)
    assert sorted(seen) == places
    run(source, tmp_path / "whole.nc", var="f", axis="x,y", **LIMITS)
    assert (tmp_path / "made.nc").read_bytes() == (tmp_path / "whole.nc").read_bytes()
    with h5py.File(tmp_path / "made.nc") as one, netCDF4.Dataset(tmp_path / "made.nc") as other:
        np.testing.assert_array_equal(one["df_dx"][...], other["df_dx"][...].filled(np.nan))


def test_what_fails_while_chunks_are_copied_leaves_no_output(tmp_path: Path) -> None:
    given = request(make(tmp_path), tmp_path / "made.nc", var="f", axis="x", **LIMITS)
    places = parts_of(given, tmp_path)
    data = bytearray(Path(places[1]).read_bytes())
    data[-1000] ^= 1  # in the bytes of a chunk, which are looked at when they are copied
    Path(places[1]).write_bytes(data)
    before = sorted(tmp_path.iterdir())
    with pytest.raises(OutputError, match="part-1: is damaged"):
        merge_parts(given, places)
    assert sorted(tmp_path.iterdir()) == before
    with begun(given) as work:
        write_blocks(work, range(1, work.schedule.count, 3), places[1])
    merge_parts(given, places)


def test_a_block_that_is_in_no_part_is_told(tmp_path: Path) -> None:
    given = request(make(tmp_path), tmp_path / "made.h5", var="f", axis="x", **LIMITS)
    places = parts_of(given, tmp_path)
    with pytest.raises(OutputError, match=r"made.h5: \d+ of \d+ blocks are in no part"):
        merge_parts(given, places[:2])
