"""Damaged and hostile stores: one line, no wrong number, nothing half-done."""

from __future__ import annotations

import json
import os
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import zarr

import gradcli
from gradcli.errors import GradcliError
from gradcli.formats.zarr.stores import FolderStore, document, plain_name
from tests.contract import one_line, read_all, refusal
from tests.formats.zarr.stores import VALUES, make_store, zipped


def edit(path: Path, **changes: Any) -> None:
    """Change a document of metadata."""
    found = json.loads(path.read_text())
    path.write_text(json.dumps(found | changes))


def refused(path: Path, **options: Any) -> str:
    """Return why a store is refused; nothing is left of an output."""
    before = sorted(os.listdir(path.parent))
    with pytest.raises(GradcliError) as caught:
        gradcli.differentiate(path, path.with_name("out.zarr"), axis=0, **options)
    assert sorted(os.listdir(path.parent)) == before
    return one_line(caught.value)


BYTES = {"name": "bytes", "configuration": {"endian": "little"}}
WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "wrong codec": ({"codecs": [BYTES, {"name": "gzip"}]}, "bad deflate stream"),
    "wrong blosc": ({"codecs": [BYTES, {"name": "blosc"}]}, "its blosc stream has"),
    "no codec": ({"codecs": [BYTES]}, "bytes; expected 160"),
    "unknown codec": ({"codecs": [BYTES, {"name": "evil"}]}, "'evil' is not known"),
    "pickle": ({"codecs": [BYTES, {"name": "numcodecs.pickle"}]}, "'pickle' is not known"),
    "shape": ({"shape": [17, -1]}, "its shape is [17, -1]; expected a list of sizes"),
    "fill": ({"fill_value": "much"}, "its fill_value is 'much'; expected a float64"),
    "grid": ({"chunk_grid": {"name": "odd"}}, "its chunk_grid is 'odd'; expected 'regular'"),
    "keys": ({"chunk_key_encoding": {"name": "odd"}}, "its chunk_key_encoding is"),
    "names": ({"dimension_names": ["x"]}, "its dimension_names are ['x']; expected 2 names"),
    "version": ({"zarr_format": 4}, "its zarr_format is 4; expected 3"),
    "node": ({"node_type": "tree"}, "its node_type is 'tree'"),
    "attributes": ({"attributes": [1]}, "its attributes are [1]"),
}


@pytest.mark.parametrize("name", WRONG)
def test_wrong_metadata_are_refused_by_name(tmp_path: Path, name: str) -> None:
    path = make_store(tmp_path / "a.zarr")
    changes, words = WRONG[name]
    edit(path / "f" / "zarr.json", **changes)
    assert words in refused(path, var="f")


HOSTILE: dict[str, tuple[Callable[[Path], None], str]] = {
    "no metadata": (lambda p: (p / "zarr.json").unlink(), "without Zarr metadata"),
    "no JSON": (lambda p: (p / "zarr.json").write_text("{"), "zarr.json is no JSON"),
    "deep": (lambda p: (p / "zarr.json").write_text("[" * 100_000), "zarr.json is no JSON"),
    "number": (lambda p: (p / "zarr.json").write_text("3"), "is no JSON object"),
    "pipe": (lambda p: pipe(p / "f/c/0/0"), "f/c/0/0 is not a regular file"),
    "link": (lambda p: link(p / "f/c/0/0"), "f/c/0/0 is a link"),
    "linked folder": (lambda p: link(p / "f/c/0"), "f/c/0 lies behind a link"),
    "up": (lambda p: up(p / "zarr.json"), "names '../a/f', which lies out of the store"),
    "cut": (lambda p: cut(p / "f/c/0/0"), "the chunk [0, 0]: it cannot be decoded by zstd"),
}


def pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def link(path: Path) -> None:
    """Put a link in the place of a file or folder, which now lies out of the store."""
    away = path.parents[len(path.parts) - path.parts.index("a.zarr") - 2].with_name("away")
    path.rename(away)
    path.symlink_to(away)


def up(path: Path) -> None:
    array = json.loads((path.parent / "f" / "zarr.json").read_text())
    edit(path, consolidated_metadata={"metadata": {"../a/f": array}})


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:20])


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_stores_are_refused(tmp_path: Path, name: str) -> None:
    path = make_store(tmp_path / "a.zarr")
    harm, words = HOSTILE[name]
    harm(path)
    assert words in refused(path)


def test_a_shard_that_is_torn_is_refused(tmp_path: Path) -> None:
    path = make_store(tmp_path / "a.zarr", "shards")
    shard = path / "f/c/0/0"
    whole = shard.read_bytes()
    for torn in (whole[:10], whole[:50] + whole[-150:], b"", whole[:-8] + bytes(8)):
        shard.write_bytes(torn)
        assert "f: the chunk [0, " in refused(path)
    shard.write_bytes(bytes(4) + whole[4:])
    assert "cannot be decoded by zstd" in refused(path)


def test_a_billion_declared_chunks_are_refused_before_any_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.zarr"
    made = zarr.create_array(path, shape=(10**9,), chunks=(1,), dtype="f4")
    made[3] = 1
    assert "declares 3.7 GiB in chunks of [1], the store has 2 files" in refused(path)
    report = gradcli.differentiate(path, tmp_path / "b.zarr", axis=0, isel={0: slice(2, 6)})
    assert read_all(report.outputs[0])["da_d0"].tolist() == [0.5, 0.0, -0.5, 0.0]
    shutil.rmtree(tmp_path / "b.zarr")
    zarr.create_array(path, shape=(10**7,) * 3, chunks=(10**3,) * 3, dtype="f4", overwrite=True)
    assert "declares 3,6" not in refused(path)


def test_coordinates_that_do_not_fit_are_refused(tmp_path: Path) -> None:
    group = zarr.open_group(tmp_path / "a.zarr")
    group.create_array("x", shape=(10**9,), chunks=(10**6,), dtype="f8", dimension_names=["x"])
    group.create_array("f", shape=(10**9,), chunks=(10**6,), dtype="f4", dimension_names=["x"])
    assert "of coordinates are more than the memory limit" in refusal(tmp_path / "a.zarr")


def test_a_stream_that_unpacks_to_much_more_is_refused(tmp_path: Path) -> None:
    import numcodecs

    path = tmp_path / "a.zarr"
    for codec in (numcodecs.Zlib(1), numcodecs.Blosc("zstd"), numcodecs.Zstd(), numcodecs.GZip()):
        made = zarr.create_array(
            path, shape=(4,), dtype="f4", compressors=codec, zarr_format=2, overwrite=True
        )
        made[...] = 1
        (path / "0").write_bytes(codec.encode(np.zeros(2**24, "u1")))
        text = refusal(path)
        assert (
            "declares 16777216 bytes" in text or "more bytes" in text or "bytes; expected" in text
        )


def test_archives_that_are_cut_or_no_archives_are_refused(tmp_path: Path) -> None:
    path = zipped(make_store(tmp_path / "a.zarr"))
    whole = path.read_bytes()
    for length in range(0, len(whole), len(whole) // 12):
        path.write_bytes(whole[:length])
        refusal(path)
    damaged = bytearray(whole)
    damaged[whole.index(b"f/c/0/0") + 20] ^= 255
    path.write_bytes(damaged)
    assert "f/c/0/0 cannot be read" in refusal(path)


def test_a_store_gives_values_within_it_alone(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "long").write_bytes(b"12345")
    store = FolderStore(str(tmp_path / "a"))
    assert store.read("none", 9) is None
    assert store.read("long", 5) == b"12345"
    assert store.read_range("long", -2, 2) == b"45"
    for wrong in (lambda: store.read("long", 4), lambda: store.read_range("long", 4, 2)):
        with pytest.raises(GradcliError):
            wrong()
    assert list(store.lengths()) == [5]
    assert document(store, "none") is None
    assert not plain_name("a/../b")


def test_of_two_entries_of_a_name_the_last_counts(tmp_path: Path) -> None:
    path = zipped(make_store(tmp_path / "a.zarr"))
    other = zipped(make_store(tmp_path / "b.zarr", values=-VALUES))
    with zipfile.ZipFile(path, "a") as archive, zipfile.ZipFile(other) as new:
        archive.NameToInfo.clear()  # which it would warn about
        for name in [name for name in new.namelist() if name.startswith("f/c/")]:
            archive.writestr(name, new.read(name))
    np.testing.assert_array_equal(read_all(path)["f"], -VALUES)
