"""The file of a part: what was packed comes back, and any damage is found."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gradcli.api import request
from gradcli.engine.block import BlockResult
from gradcli.engine.merging import merge_parts
from gradcli.engine.parts import Work, begun, write_blocks
from gradcli.engine.stored import blocks_of, head_of, is_whole
from gradcli.errors import OutputError
from gradcli.settings import Request
from tests.engine.test_block_elsewhere import hdf5, netcdf, npy, numbers, plain

STORES: dict[str, tuple[Callable[[Path], Path], str, dict[str, Any]]] = {
    "arrays": (npy(numbers(12, 9)), "made.npz", {"stats": True}),
    "text": (npy(numbers(12, 9)), "made.csv", {"axis": "0"}),
    "chunks": (hdf5(chunks=(6, 5), compression="gzip", shuffle=True), "made.h5", {}),
    "gaps": (netcdf("f", gaps=True, zlib=True, chunksizes=(1, 12, 9)), "made.nc",
             {"axis": "x,y", "missing": "adapt", "missing_value": 0.5}),
    "shards": (npy(numbers(12, 9)), "made.zarr", {"chunks": (4, 3), "shards": (8, 9)}),
}  # fmt: skip


def asked(folder: Path, name: str) -> Request:
    make, output, options = STORES[name]
    return request(make(folder), folder / output, history=None, jobs=1, **options)


@pytest.mark.parametrize("name", STORES)
def test_a_block_comes_back_as_it_was(tmp_path: Path, name: str) -> None:
    with begun(asked(tmp_path, name)) as work:
        place = str(tmp_path / "part")
        packer, count = work.packer, work.schedule.count
        with begun(pickle.loads(pickle.dumps(work.request))) as other:
            write_blocks(other, range(count), place)
        assert head_of(place) == {"plan": work.token}
        assert is_whole(place, work.token)
        assert not is_whole(place, "another")
        made = dict(work.results(range(count)))
        for stored in blocks_of(place):
            found = stored.result(packer, work.schedule.block(stored.number))
            assert all_of(found) == all_of(made.pop(stored.number))
        assert not made


def all_of(result: BlockResult) -> Any:
    return plain(result), result.given, result.found, result.stats, result.met


class Part(NamedTuple):
    """A part, and what it was made of."""

    work: Work
    place: str
    whole: bytes


@pytest.fixture(scope="module")
def part(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Part]:
    folder = tmp_path_factory.mktemp("part")
    place = str(folder / ".made.h5.part-1-of-1")
    with begun(asked(folder, "chunks")) as work:
        write_blocks(work, range(work.schedule.count), place)
        yield Part(work, place, Path(place).read_bytes())


def read(part: Part) -> None:
    for stored in blocks_of(part.place):
        stored.result(part.work.packer, part.work.schedule.block(stored.number))


def is_refused(part: Part, data: bytes) -> None:
    Path(part.place).write_bytes(data)
    assert not is_whole(part.place, part.work.token)
    with pytest.raises(OutputError) as caught:
        read(part)
    told = str(caught.value)
    assert told.startswith(part.place)
    assert "\n" not in told


def test_a_part_that_is_cut_anywhere_is_refused(part: Part) -> None:
    whole = part.whole
    for size in {*range(0, len(whole), 61), *range(60), len(whole) - 1, len(whole) - 20}:
        is_refused(part, whole[:size])
    is_refused(part, whole + b"\0")


@given(st.integers(0), st.integers(0, 7))
@settings(max_examples=40, deadline=None)
def test_a_bit_that_is_flipped_anywhere_is_found(part: Part, place: int, bit: int) -> None:
    whole = bytearray(part.whole)
    whole[place % len(whole)] ^= 1 << bit
    is_refused(part, bytes(whole))


def test_parts_of_which_two_have_a_block_are_refused(part: Part) -> None:
    given, place, whole = part.work.request, part.place, part.whole
    for path in (place, other := place.replace("1-of-1", "2-of-2")):
        Path(path).write_bytes(whole)
    with pytest.raises(OutputError, match=r"has a block that .* has too"):
        merge_parts(given, [place, other])
    assert not Path(str(given.destination.path)).exists()
