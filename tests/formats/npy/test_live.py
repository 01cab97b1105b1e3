"""NPY that arrives: the bytes of the file; headers that promise too much."""

from __future__ import annotations

import io

import numpy as np
import pytest

from gradcli.api import differentiate
from gradcli.errors import GradcliError, InputError
from gradcli.model.protocols import Hints
from gradcli.numerics.schemes import checked_scheme
from gradcli.settings import Settings
from tests.feeds import dribbled, feed_of, open_feed, run

RANDOM = np.random.default_rng(5)
CUBE = RANDOM.standard_normal((9, 4, 5))
HINTS = Hints("npy", live=("npy",))


def bytes_of(array: np.ndarray) -> bytes:
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


def header(shape: object, descr: object = "<f8", fortran: object = False) -> bytes:
    text = repr({"descr": descr, "fortran_order": fortran, "shape": shape}).encode() + b"\n"
    return b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text


def by_pipe(capfdbinary, pieces: list[bytes], memory: int = 2**28, **given) -> bytes:
    chosen = {k: given.pop(k) for k in list(given) if k in ("accuracy", "missing", "order")}
    with feed_of(pieces) as feed:
        source = open_feed("npy", feed, HINTS)
        with source:
            run(source, Settings(scheme=checked_scheme(**chosen), **given), memory=memory)
    return capfdbinary.readouterr().out


def by_file(tmp_path, array: np.ndarray, **given) -> bytes:
    np.save(tmp_path / "stdin.npy", array)
    report = differentiate(tmp_path / "stdin.npy", tmp_path / "out.npy", overwrite=True, **given)
    with open(report.outputs[0], "rb") as file:
        return file.read()


HOLED = np.where(RANDOM.random((40, 6)) < 0.2, np.nan, RANDOM.standard_normal((40, 6)))
CASES = {
    "doubles": (CUBE, {"axis": ("0",)}),
    "across": (CUBE, {"axis": ("2",)}),
    "float32": (CUBE.astype("f4"), {"axis": ("0",), "accuracy": 4}),
    "float16": (CUBE.astype("f2"), {"axis": ("0",)}),
    "integers": ((100 * CUBE).astype("i2"), {"axis": ("0",)}),
    "other byte order": (CUBE.astype(">f8"), {"axis": ("1",), "order": 2}),
    "complex": (CUBE + 1j * CUBE[::-1], {"axis": ("0",), "order": 2}),
    "a vector": (CUBE.reshape(-1), {"axis": ("0",), "accuracy": 6}),
    "holes": (HOLED, {"axis": ("0",), "missing": "adapt"}),
    "a part of a row": (CUBE, {"axis": ("0",), "isel": {"1": (1, 3)}}),
    "closed across": (CUBE, {"axis": ("1",), "periodic": {"1": None}}),
    "one variable": (
        np.rec.fromarrays([CUBE[:, 0, 0], CUBE[:, 1, 1]], names="u,v").view(np.ndarray),
        {"axis": ("0",), "var": ("v",)},
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_a_pipe_gives_the_bytes_of_the_file(case: str, tmp_path, capfdbinary) -> None:
    array, given = CASES[case]
    expected = by_file(tmp_path, array, **given)
    data = bytes_of(array)
    assert by_pipe(capfdbinary, [data], **given) == expected
    assert by_pipe(capfdbinary, dribbled(data), **given) == expected


def test_what_follows_the_array_is_ignored(tmp_path, capfdbinary) -> None:
    found = by_pipe(capfdbinary, [bytes_of(CUBE), b"more"], axis=("0",))
    assert found == by_file(tmp_path, CUBE, axis=("0",))


@pytest.mark.parametrize(
    "array",
    [np.asfortranarray(CUBE), np.arange("2020-01-01", "2020-01-09", dtype="M8[D]"), np.array(3.0)],
    ids=["Fortran order", "dates", "one number"],
)
def test_what_must_be_whole_is_left_to_be_copied(array: np.ndarray) -> None:
    data = bytes_of(array)
    with feed_of([data]) as feed:
        assert open_feed("npy", feed, HINTS) is None
        assert b"".join(feed.rest()) == data


def test_what_is_no_array_is_left_to_be_refused_as_a_file_is() -> None:
    with feed_of([b"t,v\n0,1\n"]) as feed:
        assert open_feed("npy", feed, HINTS) is None


@pytest.mark.parametrize("count", [0, 1, 100, 9 * 4 * 5 * 8 - 1])
def test_an_array_that_ends_too_early_is_refused(count: int, capfdbinary) -> None:
    data = bytes_of(CUBE)[: 128 + count]
    with pytest.raises(InputError, match=f"declares 1440 bytes of data, but {count} are there"):
        by_pipe(capfdbinary, [data], axis=("0",))


def test_rows_that_came_before_the_end_of_a_truncated_array_have_left(capfdbinary) -> None:
    with pytest.raises(InputError):
        by_pipe(capfdbinary, [bytes_of(CUBE)[:-8]], axis=("0",))
    out = capfdbinary.readouterr().out
    found = np.frombuffer(out[128:]).reshape(-1, 4, 5)
    np.testing.assert_array_equal(found, np.gradient(CUBE, axis=0)[:7])


@pytest.mark.parametrize(
    "data",
    [
        header((2**62, 2**62)),
        header((-1, 3)),
        header((3,), "|O"),
        header((3,), "<f8", fortran="yes"),
        header("__import__('os').getcwd()"),
        header((3,))[:20],
        b"\x93NUMPY\x07\x00" + bytes(100),
        b"\x93NUMPY\x02\x00\xff\xff\xff\xff" + bytes(100),
        b"\x93NUMPY\x01\x00\x04\x00((((" + bytes(100),
    ],
)
def test_a_hostile_header_is_refused(data: bytes, capfdbinary) -> None:
    with pytest.raises(GradcliError):
        by_pipe(capfdbinary, [data], axis=("0",))
    assert capfdbinary.readouterr().out == b""


def test_a_row_beyond_the_memory_is_refused_before_it_is_held(capfdbinary) -> None:
    with pytest.raises(InputError, match="declares"):
        by_pipe(capfdbinary, [header((4, 2**45)), bytes(10_000)], axis=("0",))


def test_rows_too_large_to_be_held_are_copied_to_a_file(tmp_path, capfdbinary) -> None:
    array = RANDOM.standard_normal((6, 700_000))
    expected = by_file(tmp_path, array, axis=("0",))
    assert by_pipe(capfdbinary, [bytes_of(array)], memory=48 * 2**20, axis=("0",)) == expected


def test_no_more_is_held_than_stencils_reach_back_to() -> None:
    array = RANDOM.standard_normal((5000, 30))
    with feed_of([bytes_of(array)]) as feed, open_feed("npy", feed, HINTS) as source:
        ended, rows = False, 0
        while not ended:
            rows, ended = source.arrive(64)
            source.forget(rows - 2)
            assert len(source._held.read(slice(rows - 2, rows))) == 2
            assert sum(len(slab) for slab in source._held._slabs) == 2
        assert rows == 5000
