"""Bombs: files that declare or unfold far more than they are. A line, soon, in bounded memory."""

from __future__ import annotations

import gzip
import io
import struct
import zipfile
import zlib
from pathlib import Path

import netCDF4  # first: h5py and it bring an HDF5 library each
import numpy as np
import pytest

# isort: split
import h5py

from tests.cli.shell import Shell, single_error
from tests.long import long

PEAK = 260 * 2**20  # the interpreter and its libraries take about 100 MiB, --memory 64
LIMIT = ("--memory", "64MiB", "-j", "1")
HUGE = 2**28  # bytes that bombs unfold to


def refused(shell: Shell, *args: str, peak: int = PEAK) -> str:
    """Return the line of a run that must fail, leave nothing and stay within its memory."""
    before = shell.files()
    done = shell.run(*args, code=1)
    assert shell.changed(before) == []
    assert done.peak is not None
    assert done.peak < peak
    return single_error(done.err)


def done(shell: Shell, *args: str, peak: int = PEAK) -> list[str]:
    """Return what a run that must succeed within its memory says on stdout."""
    found = shell.run(*args)
    assert found.peak is not None
    assert found.peak < peak
    return found.out


def zeros_within(count: int, level: int = 1) -> bytes:
    """Return a zlib stream of so many zeros, made without them."""
    return zlib.compress(bytes(count), level)


# HDF5 and NetCDF


@pytest.mark.parametrize("chunks", [None, (1024, 1024)])
@pytest.mark.parametrize("suffix", ["h5", "nc"])
def test_fifty_terabytes_that_are_not_there_are_refused(shell, suffix, chunks):
    with h5py.File(shell / f"a.{suffix}", "w") as made:
        options = {} if chunks is None else {"chunks": chunks, "compression": 1}
        made.create_dataset("f", (2_500_000, 2_500_000), "f8", **options)
    text = "\n".join(done(shell, "info", f"a.{suffix}"))
    assert "2500000 x 2500000" in text
    memory = ("--memory", "600MiB", "-j", "1")
    line = refused(shell, "compute", f"a.{suffix}", *memory)
    assert "f: declares 45.5 TiB" in line
    if chunks is None:
        assert refused(shell, "compute", f"a.{suffix}", "-o", "{component}.npy", *memory) == line


@pytest.mark.parametrize("suffix", ["h5", "nc"])
def test_a_coordinate_of_terabytes_is_refused(shell, suffix):
    with h5py.File(shell / f"a.{suffix}", "w") as made:
        made.create_dataset("x", (2**42,), "f8", chunks=(4096,))
        made["x"].make_scale("x")
        made.create_dataset("f", (2**42,), "f8", chunks=(4096,))
        made["f"].dims[0].attach_scale(made["x"])
    for command in ("info", "compute"):
        assert "x: a coordinate of 4398046511104 points" in refused(shell, command, f"a.{suffix}")


def test_given_coordinates_of_terabytes_are_refused(shell):
    np.save(shell / "f.npy", np.arange(5.0))
    with h5py.File(shell / "c.h5", "w") as made:
        made.create_dataset("x", (2**42,), "f8", chunks=(4096,))
    assert "memory limit" in refused(shell, "compute", "f.npy", "--coords", "0=c.h5:x", *LIMIT)


@pytest.mark.parametrize(
    ("suffix", "twice", "where"),
    [
        *(("h5", False, "f"), ("nc", True, "x"), long("nc", False, "f"), long("h5", True, "x")),
        *(long("h5", twice, where) for twice, where in ((True, "f"), (False, "x"))),
        *(long("nc", twice, where) for twice, where in ((True, "f"), (False, "x"))),
    ],
)
def test_chunks_that_inflate_beyond_their_size_are_refused(shell, suffix, twice, where):
    stream = zeros_within(HUGE)
    with h5py.File(shell / f"a.{suffix}", "w") as made:
        made["y"] = np.arange(64.0)
        for name in "xf":
            create = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
            create.set_chunk((64,))
            for _ in range(2 if twice else 1):
                create.set_deflate(4)
            space = h5py.h5s.create_simple((64,))
            h5py.h5d.create(made.id, name.encode(), h5py.h5t.IEEE_F64LE, space, create)
            if name != where:
                made[name][:] = np.arange(64.0)
        if where == "x":
            made["x"].make_scale("x")
            made["f"].dims[0].attach_scale(made["x"])
        bomb = zlib.compress(stream, 9) if twice else stream
        made[where].id.write_direct_chunk((0,), bomb)
    line = refused(shell, "compute", f"a.{suffix}", "-v", "f", *LIMIT)
    assert f"{where}: the chunk at [0]" in line


def test_chunks_that_were_deflated_twice_are_read(shell):
    with h5py.File(shell / "a.h5", "w") as made:
        create = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
        create.set_chunk((500,))
        create.set_deflate(4)
        create.set_shuffle()
        create.set_deflate(9)
        space = h5py.h5s.create_simple((1200,))
        h5py.h5d.create(made.id, b"f", h5py.h5t.IEEE_F64LE, space, create)
        made["f"][:] = np.arange(1200.0) ** 2
    done(shell, "compute", "a.h5", "--edge-order", "2", *LIMIT)
    with h5py.File(shell / "a_gradient.h5") as found:
        np.testing.assert_array_equal(found["df_d0"], 2 * np.arange(1200.0))


def deep(path: Path, levels: int) -> None:
    with h5py.File(path, "w") as made:
        group = made
        for _ in range(levels):
            group = group.create_group("g")
        group["f"] = np.arange(5.0)


@pytest.mark.parametrize("levels", [1000, long(10_000)])
def test_thousands_of_groups_within_each_other_are_walked(shell, levels):
    deep(shell / "a.h5", levels)
    assert any(line.endswith("f(0): float64, 5") for line in done(shell, "info", "a.h5"))
    assert done(shell, "compute", "a.h5", "-o", "f.npy") == ["f.npy"]
    (shell / "a.h5").rename(shell / "a.nc")
    for command in ("info", "compute"):
        assert "groups" in refused(shell, command, "a.nc")


def test_groups_that_netcdf_can_walk_are_walked(shell):
    deep(shell / "a.nc", 100)
    assert done(shell, "compute", "a.nc") == ["a_gradient.nc"]


@pytest.mark.parametrize("suffix", ["h5", "nc"])
def test_links_in_circles_end(shell, suffix):
    with h5py.File(shell / f"a.{suffix}", "w") as made:
        made["g/f"] = np.arange(5.0)
        if suffix == "h5":
            made["g/up"], made["g/root"] = made["g"], made["/"]
            made["g/soft"] = h5py.SoftLink("/g")
        for first, second in (("a", "b"), ("b", "c"), ("c", "a"), ("self", "self")):
            made[first] = h5py.SoftLink(f"/{second}/{second}")
        made["many"] = h5py.SoftLink("/g/soft" + "/soft" * 500 + "/f")
    if suffix == "h5":
        assert done(shell, "compute", "a.h5") == ["a_gradient.h5"]
        assert "g/f(0)" in "\n".join(done(shell, "info", "a.h5"))
        return
    found = shell.run("compute", "a.nc", code=(0, 1))
    assert found.code == 0 or single_error(found.err)


def test_every_path_of_a_web_of_links_is_walked_once(shell):
    with h5py.File(shell / "a.h5", "w") as made:
        inner = made.create_group("0")
        inner["f"] = np.arange(5.0)
        for number in range(1, 40):  # 2 ** 39 paths lead to f
            outer = made.create_group(str(number))
            outer["left"], outer["right"] = inner, inner
            inner = outer
    assert done(shell, "compute", "a.h5") == ["a_gradient.h5"]


@pytest.mark.parametrize(("suffix", "count"), [("h5", 100), ("nc", 100), long("nc", 1000)])
def test_thousands_of_variables_and_attributes_are_read(shell, suffix, count):
    with netCDF4.Dataset(shell / f"a.{suffix}", "w") as made:
        made.createDimension("x", 4)
        for number in range(count):
            made.createVariable(f"v{number}", "f8", ("x",))
        made["v0"][:] = np.arange(4.0) ** 2
        made["v0"].setncatts({f"a{number}": number for number in range(1000)})
        made.setncatts({f"a{number}": "text" for number in range(1000)})
    for args in (("info",), ("compute", "-v", "v0")):
        done(shell, args[0], f"a.{suffix}", *args[1:])
    with h5py.File(shell / f"a_gradient.{suffix}") as found:
        assert found["dv0_dx"].attrs["a999"] == 999


@pytest.mark.long
def test_more_variables_than_a_small_file_holds_are_read_in_time(shell):
    with h5py.File(shell / "a.h5", "w", libver="latest") as made:
        for number in range(20_000):
            made[f"v{number}"] = np.zeros(5)
    # On a machine like ours that takes longer than a small file may take.
    assert len(shell.run("info", "a.h5").out) > 20_000


@pytest.mark.parametrize("suffix", ["h5", "nc"])
def test_a_heap_that_leads_back_to_itself_takes_no_memory(shell, suffix):
    path = shell / f"a.{suffix}"
    with h5py.File(path, "w", libver="earliest") as made:
        made["f"] = np.arange(5.0)
    data = bytearray(path.read_bytes())
    _, free, place = struct.unpack_from("<QQQ", data, data.index(b"HEAP") + 8)
    struct.pack_into("<Q", data, place + free, free)  # the next piece that is free is this one
    path.write_bytes(data)
    assert "memory allocation failed" in refused(shell, "compute", f"a.{suffix}", *LIMIT)


@pytest.mark.parametrize("suffix", ["nc", long("h5")])
def test_attributes_of_megabytes_are_read(shell, suffix):
    with netCDF4.Dataset(shell / f"a.{suffix}", "w") as made:
        made.createDimension("x", 400)
        made.createVariable("f", "f8", ("x",))[:] = np.arange(400.0)
        # To take these apart must not take the square of their length.
        made["f"].cell_methods = "a" * 2_000_000
        made["f"].units = "K " * 500_000
        made["f"].coordinates = "x y " * 200_000
        made["f"].missing_value = np.arange(100.0, 300_000.0)
        made.history = "h" * 5_000_000
    done(shell, "info", f"a.{suffix}")
    done(shell, "compute", f"a.{suffix}")
    with h5py.File(shell / f"a_gradient.{suffix}") as found:
        values = found["df_dx"][:]
    np.testing.assert_array_equal(values[:99], 1.0)
    assert np.isnan(values[99:]).all()


@pytest.mark.parametrize("suffix", ["h5", "nc"])
def test_a_decompressor_says_nothing_of_its_own(shell, suffix):
    """The filter for zstd writes to stderr what it thinks of a stream."""
    with netCDF4.Dataset(shell / f"a.{suffix}", "w") as made:
        if not made.has_zstd_filter():
            pytest.skip("there is no zstd")
        made.createDimension("x", 4000)
        made.createVariable("f", "f8", ("x",), compression="zstd")[:] = np.arange(4000.0)
    data = bytearray((shell / f"a.{suffix}").read_bytes())
    start = data.index(b"\x28\xb5\x2f\xfd")
    data[start + 8 : start + 80] = b"\xff" * 72
    (shell / f"a.{suffix}").write_bytes(data)
    assert "f: cannot be read" in refused(shell, "compute", f"a.{suffix}")


# NPZ


def npy_bytes(values: np.ndarray) -> bytes:
    made = io.BytesIO()
    np.save(made, values)
    return made.getvalue()


def header(shape: str, descr: str = "'<f8'", version: int = 1) -> bytes:
    text = f"{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}}}".encode("latin1")
    length = struct.pack("<H" if version == 1 else "<I", len(text))
    return b"\x93NUMPY" + bytes([version, 0]) + length + text


def test_a_member_that_inflates_beyond_what_it_claims_is_refused(shell):
    with zipfile.ZipFile(shell / "a.npz", "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("f.npy", header("(40,)") + bytes(HUGE))
    data = bytearray((shell / "a.npz").read_bytes())
    size = struct.pack("<I", len(header("(40,)")) + HUGE)
    while (at := data.find(size)) >= 0:
        data[at : at + 4] = struct.pack("<I", len(header("(40,)")) + 320)
    (shell / "a.npz").write_bytes(data)
    refused(shell, "compute", "a.npz", *LIMIT)


def test_archives_within_archives_are_left_alone(shell):
    inner = npy_bytes(np.arange(5.0))
    for _ in range(20):
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as made:
            made.writestr("inner.zip", inner)
        inner = packed.getvalue()
    (shell / "a.npz").write_bytes(inner)
    assert "no variable" in refused(shell, "compute", "a.npz")


def test_members_that_share_their_bytes_are_refused(shell):
    """As in a bomb of David Fifield's: many names in the directory for one stream."""
    with zipfile.ZipFile(shell / "a.npz", "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("0.npy", header("(1000000,)") + bytes(8_000_000))
    data = (shell / "a.npz").read_bytes()
    start = data.index(b"PK\x01\x02")
    entry = data[start : data.index(b"PK\x05\x06")]
    entries = [entry.replace(b"0.npy", f"{n}.npy".encode()) for n in range(10)] * 100
    end = struct.pack("<4s4H2IH", b"PK\5\6", 0, 0, 1000, 1000, 1000 * len(entry), start, 0)
    (shell / "a.npz").write_bytes(data[:start] + b"".join(entries) + end)
    refused(shell, "compute", "a.npz", *LIMIT)


def test_a_hundred_thousand_members_are_refused(shell):
    with zipfile.ZipFile(shell / "a.npz", "w") as made:
        made.writestr("0.npy", npy_bytes(np.arange(3.0)))
    data = (shell / "a.npz").read_bytes()
    start = data.index(b"PK\x01\x02")
    entry = data[start : data.index(b"PK\x05\x06")]
    count = 100_000
    tail = struct.pack("<4sQ2H2I4Q", b"PK\6\6", 44, 45, 45, 0, 0, count, count, count * 51, start)
    tail += struct.pack("<4sIQI", b"PK\6\7", 0, start + count * len(entry), 1)
    tail += struct.pack("<4s4H2IH", b"PK\5\6", 0, 0, 0xFFFF, 0xFFFF, 2**32 - 1, 2**32 - 1, 0)
    assert len(entry) == 51
    (shell / "a.npz").write_bytes(data[:start] + entry * count + tail)
    assert "members" in refused(shell, "compute", "a.npz", *LIMIT)


# NPY

HEADERS = {
    "huge": header("(10**15,)".replace("10**15", str(10**15))),
    "beyond all integers": header(f"({2**62}, {2**62})"),
    "hexadecimal": header(f"(0x{'f' * 6000},)"),
    "negative": header("(-4,)"),
    "code": header("__import__('os').system('touch sprung')"),
    "code that warns": header("1 if 0else 2"),
    "escapes that warn": header("(4,), '\\d': 1"),
    "of a million dimensions": header("(" + "1," * 1_000_000 + ")", version=2),
    "of many dimensions": header("(" + "1," * 30_000 + ")"),
    "nested": header("(" * 30_000 + ")" * 30_000),
    "a type of nothing": header("(4,)", "()"),
    "a type of one": header("(4,)", "('<f8',)"),
    "an array in an array": header("(4,)", "('<f8', (3,))"),
    "fields beyond all bounds": header("(4,)", "[('a', '<f8', (99999999, 99999999, 99999999))]"),
    "a length beyond the file": b"\x93NUMPY\2\0\xff\xff\xff\xff{}",
    "no length": b"\x93NUMPY\1\0",
}


@pytest.fixture(scope="module")
def headers(ahead):
    def step(data):
        def run(shell):
            (shell / "a.npy").write_bytes(data + bytes(800))
            lines = [refused(shell, command, "a.npy") for command in ("info", "compute")]
            assert shell.names() == {"a.npy"}
            return lines

        return run

    cases = {name: data for name, data in HEADERS.items() if name != "escapes that warn"}
    return ahead({name: step(data) for name, data in cases.items()})


@pytest.mark.parametrize("name", [name for name in HEADERS if name != "escapes that warn"])
def test_headers_that_lie_are_refused(headers, name):
    lines = headers[name].result()
    assert all(line.startswith("Error: a.npy: ") for line in lines)


def test_a_header_that_warns_is_read_without_a_word(shell):
    (shell / "a.npy").write_bytes(HEADERS["escapes that warn"] + np.arange(4.0).tobytes())
    found = shell.run("compute", "a.npy", code=(0, 1))
    assert "Warning" not in found.err


# CSV


def test_a_line_of_a_gigabyte_is_refused(shell):
    line = b"1," * 2**23
    (shell / "a.csv.gz").write_bytes(b"".join([gzip.compress(line, 1)] * 64))
    text = refused(shell, "compute", "a.csv.gz", "-a", "0", *LIMIT, peak=600 * 2**20)
    assert "line 1 is longer than 64 MiB" in text


def test_a_quote_that_never_closes_is_refused(shell):
    first, rest = gzip.compress(b't,a\n0,"1\n', 1), gzip.compress(b"1,2\n" * 2**22, 1)
    (shell / "a.csv.gz").write_bytes(first + rest * 64)
    text = refused(shell, "compute", "a.csv.gz", "-a", "t", *LIMIT, peak=600 * 2**20)
    assert "line 2: a quote" in text


@pytest.mark.parametrize("named", [True, False])
def test_more_than_a_million_columns_are_refused(shell, named):
    row = "1," * 2**20 + "1\n"
    head = ",".join(f"c{i}" for i in range(2**20 + 1)) + "\n" if named else row
    (shell / "a.csv").write_text(head + row * 2)
    text = refused(shell, "compute", "a.csv", "-a", "0", peak=2**30)
    assert "1048577 fields" in text


def test_a_hundred_thousand_columns_are_read(shell):
    (shell / "a.csv").write_text(("1," * 10**5 + "1\n") * 3)
    assert done(shell, "compute", "a.csv", "-a", "0", peak=2**30) == ["a_d0.csv"]


@pytest.mark.parametrize("count", [2**22, long(2**25)])
def test_empty_lines_by_the_million_end(shell, count):
    (shell / "a.csv.gz").write_bytes(
        gzip.compress(b"t,a\n0,1\n1,3\n2,5\n") + gzip.compress(b"\n" * (count // 2), 1) * 2
    )
    assert done(shell, "compute", "a.csv.gz", "-a", "t", *LIMIT) == ["a_gradient.csv.gz"]
