"""What every format promises: ``check_format`` holds a source and a sink of a format to it."""

from __future__ import annotations

import os
import pickle
import random
import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import product
from pathlib import Path

import numpy as np
import pytest

from gradcli.errors import GradcliError
from gradcli.formats.opening import open_source
from gradcli.formats.registry import BY_NAME
from gradcli.formats.writing import create_sink
from gradcli.model.blocks import Window
from gradcli.model.fields import AUTOMATIC, Field, Result, Storage
from gradcli.model.protocols import Destination, Hints, Source
from tests.grids import uneven

Writer = Callable[[Path, np.ndarray, dict[str, np.ndarray]], Path]

SHAPE = (17, 11)
# The first bytes of other kinds of file, and of none.
FOREIGN = {
    "npy": b"\x93NUMPY\x01\x00",
    "npz": b"PK\x03\x04\x14\x00",
    "netcdf": b"CDF\x01\x00\x00\x00\x00",
    "hdf5": b"\x89HDF\r\n\x1a\n\x00",
    "png": b"\x89PNG\r\n\x1a\n\x00",
}


def check_format(
    kind: str,
    write: Writer,
    folder: Path,
    *,
    dtype: str = "f8",
    axes: tuple[str, ...] = (),
    hints: Hints | None = None,
    ends_itself: bool = True,
) -> None:
    """Hold a format to the contract.

    Parameters
    ----------
    kind : str
        Name of the format.
    write : callable
        Writes a 2-D field ``f`` with coordinates ``y`` and ``x``, as those of ``grids.WRITERS``.
    folder : Path
        An empty folder.
    dtype : str
        Type of the values written, and read.
    axes : tuple of str
        The axes that come back with names and coordinates.
    hints : Hints, optional
        What the format has to be told.
    ends_itself : bool
        Whether a file shows that it was cut; text does not.
    """
    rng = np.random.default_rng(7)
    values = np.round(rng.normal(size=SHAPE) * 100, 3).astype(dtype)
    values[3, 4] = values[-1, 0] = np.nan
    coordinates = {"y": uneven(SHAPE[0]), "x": np.linspace(-3, 7, SHAPE[1])}
    path, hints = write(folder, values, coordinates), hints or Hints()
    before = sorted(os.listdir(folder))
    with open_source(str(path), hints) as source:
        field = _field(source)
        assert source.format == kind
        _check_description(field, dtype, axes, coordinates)
        _check_windows(source, field, values)
    for other in BY_NAME:
        for result_dtype in ("f4", "f8"):
            with open_source(str(path), hints) as source:
                _check_sink(source, _field(source), other, folder, np.dtype(result_dtype))
        with open_source(str(path), hints) as source:
            _check_failure(source, _field(source), other, folder)
    assert sorted(os.listdir(folder)) == before
    _check_foreign(kind, path, folder)
    if ends_itself:
        check_cuts(path, {field.name: values}, hints)


def whole(field: Field) -> Window:
    """Return the window of all points of a field."""
    return tuple(axis.file_window for axis in field.axes)


def read_all(path: str | Path, hints: Hints | None = None) -> dict[str, np.ndarray]:
    """Return every field of a file, read whole."""
    with open_source(str(path), hints) as source:
        return {name: source.read(name, whole(field)) for name, field in source.fields.items()}


def refusal(path: str | Path, hints: Hints | None = None) -> str:
    """Return why a file is refused: by a GradcliError of one printable line."""
    with pytest.raises(GradcliError) as caught:
        read_all(path, hints)
    return one_line(caught.value)


def one_line(error: GradcliError) -> str:
    """Return the message of an error, which is one line that a terminal can show."""
    text = str(error)
    assert text
    assert text.isprintable()
    return text


def check_cuts(
    path: Path, expected: dict[str, np.ndarray], hints: Hints | None = None, lengths: int = 24
) -> None:
    """Cut a file at several lengths: it is refused, or read with every value right."""
    if path.is_dir():
        _check_cut_parts(path, expected, hints)
        return
    data = path.read_bytes()
    places = {int(n) for n in np.linspace(0, len(data) - 1, lengths)}
    cut = path.with_name("cut_" + path.name)
    refused = 0
    for length in sorted(places | {1, 4, 8, len(data) - 1, len(data) - 5}):
        cut.write_bytes(data[:length])
        try:
            found = list(read_all(cut, hints).values())
        except GradcliError as error:
            one_line(error)
            refused += 1
            continue
        for one, other in zip(found, expected.values(), strict=True):
            np.testing.assert_array_equal(one, other, err_msg=f"cut at {length} bytes")
    cut.unlink()
    assert refused > lengths // 2


def _check_cut_parts(path: Path, expected: dict[str, np.ndarray], hints: Hints | None) -> None:
    """Cut each file of a folder in its midst: the folder is refused."""
    for part in sorted(file for file in path.rglob("*") if file.is_file()):
        data = part.read_bytes()
        for length in (0, len(data) // 2, len(data) - 1):
            part.write_bytes(data[:length])
            refusal(path, hints)
        part.write_bytes(data)
    for one, other in zip(read_all(path, hints).values(), expected.values(), strict=False):
        np.testing.assert_array_equal(one, other)


def _remove(path: str | Path) -> None:
    shutil.rmtree(path) if os.path.isdir(path) else os.unlink(path)


def _field(source: Source) -> Field:
    (field,) = [field for field in source.fields.values() if field.kind == "data"]
    return field


def _check_description(
    field: Field, dtype: str, axes: tuple[str, ...], coordinates: dict[str, np.ndarray]
) -> None:
    assert field.base.startswith("f")
    assert field.shape == SHAPE
    assert field.dtype == np.dtype(dtype)
    assert field.result_dtype == np.dtype(dtype)
    assert field.cell_bytes >= field.dtype.itemsize
    for axis, (name, vector) in zip(field.axes, coordinates.items(), strict=True):
        assert axis.start == 0
        if name in axes:
            assert axis.name in (name, None)
            np.testing.assert_array_equal(axis.values, vector)
            assert axis.values.dtype == np.float64
        else:
            assert (axis.name, axis.values) == (None, None)


def random_windows(shape: tuple[int, ...], count: int, seed: int = 0) -> list[Window]:
    """Return windows of at least one point along each axis."""
    chance = random.Random(seed)
    pairs = [[sorted(chance.sample(range(n + 1), 2)) for n in shape] for _ in range(count)]
    return [tuple(slice(*pair) for pair in window) for window in pairs]


def _check_windows(source: Source, field: Field, values: np.ndarray) -> None:
    windows = [whole(field), *random_windows(field.shape, 40)]

    def check(window: Window) -> None:
        found = source.read(field.name, window)
        assert found.dtype == field.dtype
        np.testing.assert_array_equal(found, values[window])

    for window in windows:
        check(window)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(check, windows * 3))


def _results(
    field: Field, dtype: np.dtype, kind: str
) -> tuple[list[Result], dict[str, np.ndarray]]:
    stored = None
    if kind == "zarr" and not field.storage.chunks:  # the plan gives results of Zarr chunks
        stored = Storage("chunked", (5, SHAPE[1]), codecs=AUTOMATIC)
    rng = np.random.default_rng(11)
    results, expected = [], {}
    for component in ("dy", "dx"):
        name = f"df_{component}"
        attributes = {"long_name": f"results {component}", "derivative_order": 1, "count": 0}
        results.append(Result(name, field.axes, dtype, component, field, attributes, stored))
        expected[name] = rng.normal(size=field.shape).astype(dtype)
        expected[name][2, 3] = np.nan
    return results, expected


def _outputs(
    source: Source, results: list[Result], kind: str, folder: Path
) -> list[tuple[str, list[Result]]]:
    if BY_NAME[kind].holds_one_array(results, source):
        return [(str(folder / f"{r.name}{BY_NAME[kind].suffix}"), [r]) for r in results]
    return [(str(folder / f"out{BY_NAME[kind].suffix}"), results)]


def tiles(shape: tuple[int, ...], steps: tuple[int, ...]) -> list[Window]:
    """Return windows that cover an array, in random order."""
    starts = product(*(range(0, n, step) for n, step in zip(shape, steps, strict=True)))
    found = [
        tuple(slice(s, min(s + step, n)) for s, step, n in zip(start, steps, shape, strict=True))
        for start in starts
    ]
    random.Random(3).shuffle(found)
    return found


def _check_sink(source: Source, field: Field, kind: str, folder: Path, dtype: np.dtype) -> None:
    results, expected = _results(field, dtype, kind)
    outputs = _outputs(source, results, kind, folder)
    # Blocks are whole chunks of the field, as the plan cuts them.
    block = results[0].stored.written or (5, 4)
    steps = [(name, window) for name in expected for window in tiles(field.shape, block)]
    random.Random(4).shuffle(steps)
    with create_sink(outputs, kind, source, Destination()) as sink:
        with ThreadPoolExecutor(4) as pool:
            packer = pickle.loads(pickle.dumps(sink.packer))
            packets = list(pool.map(lambda s: packer.pack(s[0], s[1], expected[s[0]][s[1]]), steps))
        for packet in packets:
            sink.put(packet)
        for name in expected:
            sink.finish(name, {"count": 12345})
        assert not any(os.path.lexists(path) for path, _ in outputs)
    for path, group in outputs:
        found = _results_in(path, group)
        for result in group:
            array = found[result.name]
            assert array.dtype == (np.float64 if kind == "csv" else dtype)
            # Text is the shortest that gives the same number in the type it was written from.
            back = array.astype(dtype)
            np.testing.assert_array_equal(back, expected[result.name], err_msg=kind)
        if BY_NAME[kind].attributes:
            _check_finished(path, kind, [result.name for result in group])
        _remove(path)


def _check_finished(path: str, kind: str, names: list[str]) -> None:
    with open_source(path, Hints(kind)) as source:
        assert [source.fields[name].attributes["count"] for name in names] == [12345] * len(names)


def _results_in(path: str, group: list[Result]) -> dict[str, np.ndarray]:
    found = read_all(path)
    if len(group) == 1 and group[0].name not in found:
        (only,) = found.values()
        return {group[0].name: only}
    return found


def _check_failure(source: Source, field: Field, kind: str, folder: Path) -> None:
    before = sorted(os.listdir(folder))
    results, expected = _results(field, field.result_dtype, kind)

    def fail() -> None:
        outputs = _outputs(source, results, kind, folder)
        with create_sink(outputs, kind, source, Destination()) as sink:
            window = (slice(0, (results[0].stored.written or (5,))[0]), slice(0, field.shape[1]))
            for name, array in expected.items():
                sink.put(sink.packer.pack(name, window, array[window]))
            raise KeyError("in the midst")

    with pytest.raises(KeyError, match="in the midst"):
        fail()
    assert sorted(os.listdir(folder)) == before


def _check_foreign(kind: str, path: Path, folder: Path) -> None:
    suffix = "".join(path.suffixes)
    wrong = folder / f"wrong{suffix}"
    own = {"netcdf": ("netcdf", "hdf5")}.get(kind, (kind,))
    noise = np.random.default_rng(0).bytes(3000)
    for name, magic in FOREIGN.items():
        wrong.write_bytes(magic + noise)
        refusal(wrong)
        if name not in own:
            assert "not" in refusal(wrong)
    for content in (b"", b"\0" * 64, noise):
        wrong.write_bytes(content)
        refusal(wrong)
    wrong.unlink()
    refusal(wrong)
    if BY_NAME[kind].folders:
        wrong.mkdir()
        assert "no store" in refusal(wrong)
        wrong.rmdir()
