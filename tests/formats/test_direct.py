"""Other processes write the blocks of parts straight into an output; it is what one run makes."""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pytest

from gradcli.api import request, run
from gradcli.engine.block import BlockResult
from gradcli.engine.merging import merge_parts, place_blocks
from gradcli.engine.parts import begun, write_blocks
from gradcli.errors import OutputError
from gradcli.formats.direct import Direct
from gradcli.settings import Request
from tests.engine.test_block_elsewhere import netcdf, npy

VALUES = np.random.default_rng(0).normal(size=(60, 60, 70))
LIMITS = {"history": None, "jobs": 1, "memory": "18MiB"}
OUTPUTS = {
    "npy": (npy(VALUES), "made.npy", {"axis": "1"}),
    "stacked": (npy(np.asfortranarray(VALUES)), "made.npy", {"stack": True}),
    "one file each": (npy(VALUES), "made_{component}.npy", {"axis": "0,2"}),
    "netcdf": (npy(VALUES), "made.nc", {"axis": "0,1", "missing": "adapt"}),
    "classic": (netcdf("f", model="NETCDF3_CLASSIC"), "made.nc3", {"axis": "x,y"}),
    "hdf5": (npy(VALUES), "made.h5", {"also": "laplacian"}),
    "zarr": (npy(VALUES), "made.zarr", {"chunks": (5, 30, 35), "shards": (5, 60, 70)}),
}


@pytest.fixture(scope="module")
def elsewhere() -> Iterator[ProcessPoolExecutor]:
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        yield pool


def placed_there(data: bytes) -> list[BlockResult]:
    given, place, direct = pickle.loads(data)
    with begun(given) as work:
        return list(place_blocks(work, place, direct))


def content(folder: Path) -> dict[str, bytes]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def asked(folder: Path, name: str) -> tuple[Request, dict[str, bytes]]:
    """Return a request, and what one run makes of it."""
    make, output, options = OUTPUTS[name]
    source = make(folder)
    for made in ("made", "whole"):
        (folder / made).mkdir()
    run(source, folder / "whole" / output, **LIMITS, **options)
    return request(source, folder / "made" / output, **LIMITS, **options), content(folder / "whole")


def parts_of(given: Request, folder: Path) -> list[str]:
    """Make two parts of an output, whose blocks take turns."""
    (folder / "parts").mkdir()
    with begun(given) as work:
        count = work.schedule.count
        places = [str(folder / "parts" / str(first)) for first in (0, 1) if first < count]
        for first, place in enumerate(places):
            write_blocks(work, range(first, count, 2), place)
    return places


@pytest.mark.parametrize("name", OUTPUTS)
def test_the_output_is_that_of_one_run(
    elsewhere: ProcessPoolExecutor, tmp_path: Path, name: str
) -> None:
    given, expected = asked(tmp_path, name)
    places = parts_of(given, tmp_path)
    called = []

    def placer(direct: Direct) -> Iterator[BlockResult]:
        def there(place: str) -> list[BlockResult]:
            return elsewhere.submit(placed_there, pickle.dumps((given, place, direct))).result()

        there(places[0])  # what it tells is lost, so it is done again
        for place in reversed(places):
            called.append(place)
            yield from there(place)

    merge_parts(given, places, placer=placer)
    assert called == places[::-1]
    assert content(tmp_path / "made") == expected


@pytest.mark.parametrize("output", ["made.npz", "made.csv", "made.zarr.zip", "made.nc4"])
def test_other_outputs_are_put_together_by_their_owner(tmp_path: Path, output: str) -> None:
    chunks = {"chunks": (10, 60, 70)} if output.endswith(("nc4", "zip")) else {}
    source = npy(VALUES[0] if output.endswith("csv") else VALUES)(tmp_path)
    (tmp_path / "made").mkdir()
    given = request(source, tmp_path / "made" / output, axis="1", **LIMITS, **chunks)
    places = parts_of(given, tmp_path)
    assert content(tmp_path / "made") == {}

    def placer(_: Direct) -> Iterator[BlockResult]:
        raise AssertionError("nothing is placed")

    merge_parts(given, places, placer=placer)
    assert list(content(tmp_path / "made")) == [output]


def test_a_part_that_is_lost_elsewhere_leaves_no_output(tmp_path: Path) -> None:
    given, _ = asked(tmp_path, "npy")
    places = parts_of(given, tmp_path)

    def placer(direct: Direct) -> Iterator[BlockResult]:
        with begun(given) as work:
            yield from place_blocks(work, places[0], direct)
        raise OutputError("a worker was lost")

    with pytest.raises(OutputError, match="a worker was lost"):
        merge_parts(given, places, placer=placer)
    assert content(tmp_path / "made") == {}
