"""Chunks and filters of results: those of their source, or those asked for."""

from __future__ import annotations

from math import ceil, prod
from pathlib import Path

import netCDF4  # first: its wheel brings the zstd and blosc filters
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

# isort: split
import h5py

import gradcli
from gradcli.errors import UsageError
from gradcli.formats.opening import open_source
from gradcli.model.protocols import Destination
from gradcli.plan.plan import make_plan
from gradcli.plan.schedule import RESERVE
from gradcli.plan.storage import CHUNK_BYTES, even_chunks
from gradcli.settings import Run, Settings
from tests.long import long

SHAPE = (12, 9, 14)
VALUES = np.random.default_rng(5).normal(size=SHAPE).cumsum(axis=0).round().astype("f4")
DIMS = ("t", "y", "x")


def write_netcdf(path: Path, kind: str = "NETCDF4", **storage: object) -> Path:
    with netCDF4.Dataset(path, "w", format=kind) as file:
        for name, size in zip(DIMS, (None, *SHAPE[1:]), strict=True):
            file.createDimension(name, size)
        file.createVariable("t", "f8", ("t",))[:] = np.arange(SHAPE[0]) / 2
        file.createVariable("f", "f4", DIMS, **storage)[:] = VALUES
    return path


def write_hdf5(path: Path, **storage: object) -> Path:
    with h5py.File(path, "w") as file:
        file.create_dataset("f", data=VALUES, **storage)
    return path


def write_npy(path: Path, **_: object) -> Path:
    np.save(path, VALUES)
    return path


def stored(path: Path | str) -> dict[str, tuple]:
    """Return chunks, level, shuffle and checksum of each result."""
    with h5py.File(path) as file:
        return {
            name: (data.chunks, data.compression_opts, data.shuffle, data.fletcher32)
            for name, data in file.items()
            if data.ndim == 3
        }


def numbers(path: Path | str) -> list[bytes]:
    """Return the results in a file, in order of their names."""
    with h5py.File(path) as file:
        return [data[...].tobytes() for name, data in sorted(file.items()) if data.ndim == 3]


def only(found: dict[str, tuple]) -> tuple:
    """Return what all results have."""
    (same,) = set(found.values())
    return same


# --- what is asked for -------------------------------------------------------------------------

SOURCES = {
    "npy": (write_npy, "a.npy", {}),
    "contiguous": (write_hdf5, "a.h5", {}),
    "chunked": (write_hdf5, "a.h5", {"chunks": (4, 9, 5)}),
    "deflated": (write_hdf5, "a.h5", {"chunks": (4, 9, 5), "compression": 7, "shuffle": True}),
    "netcdf": (write_netcdf, "a.nc", {"chunksizes": (1, 9, 14), "zlib": True, "complevel": 7}),
}
WHOLE, OLD, MAPS = SHAPE, (4, 9, 5), (1, 9, 14)
# Source, what is asked, and the chunks, level, shuffle of the results.
ASKED = [
    ("npy", {}, (None, None, False)),
    ("npy", {"deflate": 0}, (None, None, False)),
    ("npy", {"deflate": 3}, (WHOLE, 3, True)),
    ("npy", {"chunks": (5, 0, 99)}, ((5, 9, 14), None, False)),
    ("npy", {"chunks": {"x": 3}, "deflate": 1}, ((12, 9, 3), 1, True)),
    ("contiguous", {"deflate": 9}, (WHOLE, 9, True)),
    ("chunked", {"deflate": 0}, (OLD, None, False)),
    ("chunked", {"deflate": 2}, (OLD, 2, True)),
    ("chunked", {"chunks": {"t": 12, "-1": 2}}, ((12, 9, 2), None, False)),
    ("deflated", {}, (OLD, 7, True)),
    ("deflated", {"deflate": 0}, (OLD, None, False)),
    ("deflated", {"deflate": 1}, (OLD, 1, True)),
    ("deflated", {"chunks": {"y": 4}}, ((4, 4, 5), 7, True)),
    ("netcdf", {}, (MAPS, 7, True)),
    ("netcdf", {"chunks": (12, 2, 3)}, ((12, 2, 3), 7, True)),
    ("netcdf", {"deflate": 0}, (MAPS, None, False)),
]


@pytest.mark.parametrize("suffix", [".nc", ".h5"])
@pytest.mark.parametrize(("name", "asked", "expected"), ASKED)
def test_results_are_stored_as_asked_else_as_their_source(
    tmp_path: Path, name: str, asked: dict, expected: tuple, suffix: str
) -> None:
    write, source, options = SOURCES[name]
    path = write(tmp_path / source, **options)
    dims = {} if name == "netcdf" else {"dims": "t,y,x"}
    out = tmp_path / f"out{suffix}"
    report = gradcli.differentiate(path, out, **asked, **dims)
    assert only(stored(out)) == (*expected, False)
    plain = gradcli.differentiate(path, tmp_path / "plain.npz", **dims)
    with np.load(plain.outputs[0]) as file:
        expect = [file[name].tobytes() for name in sorted(file.files) if file[name].ndim == 3]
    assert numbers(out) == expect or name == "netcdf"  # its d/dt come with their coordinate
    assert not [note for note in report.notes if "decoded" in note or "not written" in note]


def test_checksums_are_kept_whatever_else_is_asked_for(tmp_path: Path) -> None:
    path = write_hdf5(tmp_path / "a.h5", chunks=OLD, fletcher32=True)
    for asked, expected in [
        ({}, (OLD, None, False, True)),
        ({"deflate": 5}, (OLD, 5, True, True)),
        ({"deflate": 5, "chunks": (5, 4, 3)}, ((5, 4, 3), 5, True, True)),
    ]:
        for suffix in (".nc", ".h5"):
            out = tmp_path / f"out{suffix}"
            gradcli.differentiate(path, out, axis="0", overwrite=True, **asked)
            assert only(stored(out)) == expected
            with h5py.File(out) as file:
                found = file["df_d0"][...]
            np.testing.assert_allclose(found, np.gradient(VALUES, axis=0), rtol=1e-4, atol=1e-6)


def test_an_axis_that_can_grow_stays_so_and_holds_its_chunks(tmp_path: Path) -> None:
    options = {"chunks": (100, 9, 14), "maxshape": (None, None, 14)}
    path = write_hdf5(tmp_path / "a.h5", **options)
    for asked, chunks in [({"deflate": 1}, (100, 9, 14)), ({"chunks": {"0": 5}}, (5, 9, 14))]:
        report = gradcli.differentiate(path, axis="0", overwrite=True, **asked)
        with h5py.File(report.outputs[0]) as file:
            assert file["df_d0"].chunks == chunks
            assert file["df_d0"].maxshape == (None, None, 14)
    gradcli.differentiate(path, tmp_path / "b.nc", axis="0")
    assert only(stored(tmp_path / "b.nc"))[0] == SHAPE


def test_a_small_part_of_large_chunks_takes_little_memory(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file.create_dataset("f", data=np.zeros((900, 900)), chunks=(900, 900))
    part = {"0": (5, 15), "1": (0, 10)}
    report = gradcli.differentiate(tmp_path / "a.h5", isel=part, memory=RESERVE + 60 * 900**2)
    with h5py.File(report.outputs[0]) as file:
        assert {file[name].chunks for name in ("df_d0", "df_d1")} == {(10, 10)}


@pytest.mark.parametrize("asked", [{}, {"deflate": 4}, {"chunks": {"t": 5}}])
@pytest.mark.parametrize("kind", ["NETCDF3_CLASSIC", "NETCDF3_64BIT_DATA"])
def test_a_classic_file_becomes_netcdf4_by_the_suffix(
    tmp_path: Path, kind: str, asked: dict
) -> None:
    path = write_netcdf(tmp_path / "a.nc", kind)
    gradcli.differentiate(path, tmp_path / "classic.nc")
    report = gradcli.differentiate(path, tmp_path / "b.nc4", **asked)
    assert not [note for note in report.notes if "do not fit" in note]
    with (
        netCDF4.Dataset(tmp_path / "b.nc4") as new,
        netCDF4.Dataset(tmp_path / "classic.nc") as old,
    ):
        assert (new.data_model, old.data_model) == ("NETCDF4", kind)
        assert new.dimensions["t"].isunlimited()
        np.testing.assert_array_equal(new["t"][:], old["t"][:])
        for name in ("df_dt", "df_dy", "df_dx"):
            np.testing.assert_array_equal(new[name][:], old[name][:])
            assert new[name].filters()["zlib"] == ("deflate" in asked)
            assert new[name].chunking()[0] == (5 if "chunks" in asked else SHAPE[0])


def test_a_classic_file_of_the_suffix_of_netcdf4_stays_classic(tmp_path: Path) -> None:
    path = write_netcdf(tmp_path / "a.nc4", "NETCDF3_CLASSIC")
    report = gradcli.differentiate(path)
    with netCDF4.Dataset(report.outputs[0]) as file:
        assert (report.outputs[0][-4:], file.data_model) == (".nc4", "NETCDF3_CLASSIC")
    with pytest.raises(UsageError, match="deflate: classic NetCDF"):
        gradcli.differentiate(path, tmp_path / "b.nc", deflate=1)
    gradcli.differentiate(path, tmp_path / "b.nc4", deflate=1)
    with netCDF4.Dataset(tmp_path / "b.nc4") as file:
        assert file.data_model == "NETCDF4"


@pytest.mark.parametrize("level", [0, 1, 9])
def test_an_archive_is_deflated_when_asked(tmp_path: Path, level: int) -> None:
    path = write_npy(tmp_path / "a.npy")
    gradcli.differentiate(path, tmp_path / "plain.npz")
    gradcli.differentiate(path, tmp_path / "b.npz", deflate=level)
    smaller = (tmp_path / "b.npz").stat().st_size < 0.99 * (tmp_path / "plain.npz").stat().st_size
    assert smaller == (level > 0)
    with np.load(tmp_path / "b.npz") as found, np.load(tmp_path / "plain.npz") as expected:
        for name in expected.files:
            np.testing.assert_array_equal(found[name], expected[name])


# --- what is refused ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"deflate": 10}, "deflate 10; a level is 0"),
        ({"deflate": -1}, "deflate -1; a level is 0"),
        ({"chunks": (1, 2)}, "chunks= gives 2 sizes, and f has the axes t, y, x"),
        ({"chunks": {"t": -1}}, "chunks of -1 points"),
        ({"chunks": {"z": 1}}, "chunks: no axis 'z'"),
        ({"chunks": {"t": 1, "0": 2}}, "t and 0 are the same axis"),
        ({"chunks": (1, 1, 1), "dst": "out.npz"}, "chunks: NPZ has no chunks"),
        ({"chunks": (1, 1, 1), "dst": "{component}.npy"}, "chunks: NPY has no chunks"),
        ({"deflate": 1, "dst": "{component}.npy"}, "deflate: NPY is not deflated"),
        ({"deflate": 0, "dst": "{component}.csv"}, "deflate: CSV is not deflated"),
    ],
)
def test_what_cannot_be_is_refused(tmp_path: Path, given: dict, message: str) -> None:
    path = write_netcdf(tmp_path / "a.nc")
    if "dst" in given:
        given = given | {"dst": tmp_path / given["dst"]}
    with pytest.raises(UsageError, match=message) as caught:
        gradcli.differentiate(path, **given)
    assert str(caught.value).isprintable()
    assert [made.name for made in tmp_path.iterdir()] == ["a.nc"]


def test_a_chunk_larger_than_the_format_holds_is_refused(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file.create_dataset("f", (2**16, 2**15), "f4", chunks=(64, 2**15))
    with pytest.raises(UsageError, match=r"chunks: 65536 x 32768 points of f are 8.0 GiB"):
        gradcli.differentiate(tmp_path / "a.h5", tmp_path / "b.h5", axis="0", chunks=(0, 0))


# --- chunks that lie across those of the input -------------------------------------------------

ACROSS = [(12, 2, 3), (5, 4, 3), (1, 1, 1), (7, 9, 1)]
STORED = [(1, 9, 14), (4, 4, 4), (12, 1, 1), None]


@pytest.mark.parametrize(
    ("asked", "chunks"),
    [
        (asked, chunks) if (i - j) % 4 == 0 else long(asked, chunks)
        for i, asked in enumerate(ACROSS)
        for j, chunks in enumerate(STORED)
    ],
    ids=str,
)
def test_results_are_the_same_whatever_chunks_memory_and_jobs(
    tmp_path: Path, chunks: tuple | None, asked: tuple
) -> None:
    path = write_hdf5(tmp_path / "a.h5", chunks=chunks)
    reference = gradcli.differentiate(path, tmp_path / "reference.h5").outputs[0]
    counts = set()
    for memory in (RESERVE + 45_000, RESERVE + 80_000, 2**30):
        for jobs in (1, 3):
            out = tmp_path / f"{memory}-{jobs}.h5"
            report = gradcli.differentiate(path, out, chunks=asked, memory=memory, jobs=jobs)
            assert report.memory <= memory
            assert numbers(out) == numbers(reference)
            assert only(stored(out))[0] == asked
            counts.add(report.blocks)
    assert len(counts) > 1


def test_chunks_are_decoded_again_only_where_memory_is_short_and_a_note_says_so(
    tmp_path: Path,
) -> None:
    path = write_hdf5(tmp_path / "a.h5", chunks=(1, 9, 14), compression=1)

    def notes(**options: object) -> list[str]:
        out = tmp_path / "out.h5"
        report = gradcli.differentiate(
            path, out, axis="0", chunks=(12, 1, 14), overwrite=True, jobs=1, **options
        )
        return [note for note in report.notes if "decoded" in note]

    assert notes() == []
    (note,) = notes(memory=RESERVE + 9_000)
    assert note.startswith("f: its chunks lie across those of the results, each is decoded ")
    enough = note.split("memory='")[1].split("'")[0]
    assert notes(memory=enough) == []


@given(
    shape=st.lists(st.integers(1, 10**6), min_size=1, max_size=5), item=st.sampled_from([4, 8, 16])
)
def test_chunks_that_nobody_asked_for_are_small_and_waste_little(
    shape: list[int], item: int
) -> None:
    chunks = even_chunks(tuple(shape), item)
    assert all(1 <= chunk <= size for chunk, size in zip(chunks, shape, strict=True))
    assert prod(chunks) * item <= CHUNK_BYTES
    assert prod(shape) * item <= CHUNK_BYTES or prod(chunks) * item > CHUNK_BYTES / 4
    # Axes are cut evenly: the last chunk of one is nearly full.
    cut = [(n, c) for n, c in zip(shape, chunks, strict=True) if c < n]
    assert all(ceil(n / c) * c / n <= c / (c - 1) for n, c in cut)
    assert all(c > 4 for _, c in cut)


def test_results_of_a_vector_are_stored_alike(tmp_path: Path) -> None:
    with netCDF4.Dataset(tmp_path / "a.nc", "w") as file:
        for name, size in (("y", 20), ("x", 30)):
            file.createDimension(name, size)
        for name, chunks in (("u", (1, 30)), ("v", (7, 4))):
            values = np.random.default_rng(1).normal(size=(20, 30))
            file.createVariable(name, "f8", ("y", "x"), zlib=True, chunksizes=chunks)[:] = values
    found = set()
    for asked, expected in [({}, (1, 30)), ({"chunks": (20, 3)}, (20, 3))]:
        for memory in (RESERVE + 60_000, 2**30):
            report = gradcli.differentiate(
                tmp_path / "a.nc",
                operator="jacobian",
                var="u,v",
                axis="x,y",
                memory=memory,
                overwrite=True,
                **asked,
            )
            with h5py.File(report.outputs[0]) as file:
                results = [file[name] for name in sorted(file) if name.startswith("d")]
                assert len(results) == 4
                assert {data.chunks for data in results} == {expected}
                found.add(b"".join(data[...].tobytes() for data in results))
    assert len(found) == 1


# --- filters that are not written --------------------------------------------------------------

FOREIGN = {
    "lzf": (write_hdf5, {"compression": "lzf"}),
    "scale-offset": (write_hdf5, {"scaleoffset": 3}),
    "zstd": (write_netcdf, {"compression": "zstd"}),
    "blosc": (write_netcdf, {"compression": "blosc_lz"}),
    "bzip2": (write_netcdf, {"compression": "bzip2"}),
    "szip": (write_netcdf, {"compression": "szip"}),
}


def write_foreign(name: str, path: Path) -> Path:
    """Write a field with a filter, of whatever suffix; skip where the library lacks it."""
    write, options = FOREIGN[name]
    if write is write_netcdf and not getattr(
        netCDF4, f"__has_{name.replace('zstd', 'zstandard')}_support__"
    ):
        pytest.skip(f"netCDF4 has no {name}")
    chunks = {"chunks" if write is write_hdf5 else "chunksizes": (4, 9, 5)}
    return write(path, **options, **chunks)


# The NetCDF library does not read lzf.
READABLE = [(name, suffix) for name in FOREIGN for suffix in (".nc", ".h5")]
READABLE.remove(("lzf", ".nc"))


@pytest.mark.parametrize("to", [".nc", ".h5"])
@pytest.mark.parametrize(("name", "suffix"), READABLE)
def test_a_filter_that_is_not_written_becomes_shuffle_and_deflate_with_a_note(
    tmp_path: Path, name: str, suffix: str, to: str
) -> None:
    path = write_foreign(name, tmp_path / f"a{suffix}")
    with open_source(str(path)) as source:
        assert source.fields["f"].storage.compression == name
        values = source.read("f", tuple(axis.file_window for axis in source.fields["f"].axes))
    report = gradcli.differentiate(path, tmp_path / f"out{to}", var="f", axis="1")
    (note,) = [note for note in report.notes if "not written" in note]
    result = next(iter(stored(tmp_path / f"out{to}")))
    assert note == f"{name}: not written; shuffle and deflate take its place in {result}"
    assert only(stored(tmp_path / f"out{to}")) == ((4, 9, 5), 4, True, False)
    with h5py.File(tmp_path / f"out{to}") as file:
        expected = np.gradient(values, axis=1)
        np.testing.assert_allclose(file[result][...], expected, rtol=1e-4, atol=1e-6)


def test_a_level_that_was_asked_for_needs_no_note(tmp_path: Path) -> None:
    path = write_foreign("lzf", tmp_path / "a.h5")
    report = gradcli.differentiate(path, spacing=1, deflate=2)
    assert report.notes == []
    assert only(stored(report.outputs[0])) == ((4, 9, 5), 2, True, False)


@pytest.mark.parametrize(("name", "suffix"), [("lzf", ".h5"), ("zstd", ".nc"), ("bzip2", ".h5")])
def test_what_is_kept_beside_results_is_in_the_note(tmp_path: Path, name: str, suffix: str) -> None:
    path = write_foreign(name, tmp_path / f"a{suffix}")
    report = gradcli.differentiate(path, axis="1", keep=True, deflate=1)
    (note,) = [note for note in report.notes if "not written" in note]
    assert note.endswith("in f")
    with h5py.File(report.outputs[0]) as file:
        assert (file["f"].compression, file["f"].shuffle) == ("gzip", True)
        np.testing.assert_array_equal(file["f"][...], VALUES)


@pytest.mark.parametrize(
    ("output", "stack", "turned"),
    [("npy", False, False), ("npy", True, True), ("npz", False, True), ("h5", False, True)],
)
def test_results_lie_in_the_order_of_the_input_where_the_format_can(
    tmp_path: Path, output: str, stack: bool, turned: bool
) -> None:
    np.save(tmp_path / "f.npy", np.asfortranarray(VALUES))
    place = Destination(str(tmp_path / f"out.{output}"), stack=stack)
    with open_source(str(tmp_path / "f.npy")) as source:
        (task,) = make_plan(source, Settings(axis=("0",)), place, Run(dry_run=True)).tasks
    assert (task.need().fortran, task.need().turned) == (True, turned)
