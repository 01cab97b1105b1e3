"""The laws of gradcli/DESIGN.md, each by its number; law 8 is in tests/test_layers.py."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import h5py
import netCDF4
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import gradcli
from gradcli.errors import GradcliError
from gradcli.plan.schedule import RESERVE
from tests.grids import WRITERS, read_result, uneven, write_grid
from tests.long import long
from tests.memory import peak_of

MIB = 2**20


def smooth(rng: np.random.Generator, shape: tuple[int, ...], dtype: str = "f8") -> np.ndarray:
    return rng.normal(size=shape).cumsum(axis=-1).astype(dtype)


# --- law 1: one path -------------------------------------------------------------------------


# Bytes beyond the reserve, and numbers of jobs; None is a wide limit. A wide window would leave
# blocks of one cell at the smallest limit: thousands of them.
EACH = [(None, 1), (18_000, 3), (60_000, 1)]
ALL = [*EACH, (None, 3), (18_000, 1), (60_000, 3)]


OPTIONS: dict[str, dict] = {
    "plain": {},
    "accuracy": {"accuracy": 6, "edge_order": 3},
    "missing-edges": {"order": 2, "edges": "missing"},
    "periodic": {"periodic": {"y": 200.0, "x": 200.0}, "accuracy": 4},
    "forward": {"scheme": "forward"},
    "smooth": {"smooth": "savgol:11,3"},
}


def law_1_cases() -> Iterator[Any]:
    """Yield every format, and every option for one in memory, one read by rows, one by chunks."""
    for kind in sorted(WRITERS):
        for name, options in OPTIONS.items():
            if name == "plain" or kind in ("hdf5", "npy", "long"):
                yield pytest.param(kind, options, EACH, id=f"{kind}-{name}")
            yield pytest.param(kind, options, ALL, id=f"{kind}-{name}-all", marks=pytest.mark.long)


@pytest.mark.parametrize(("kind", "options", "limits"), list(law_1_cases()))
def test_law_1_same_bytes_for_every_block_size_and_number_of_jobs(
    tmp_path: Path, kind: str, options: dict, limits: list[tuple[int | None, int]]
) -> None:
    rng = np.random.default_rng(1)
    values = smooth(rng, (60, 45))
    values[20:22, 30] = np.nan
    path = write_grid(kind, tmp_path, values, {"y": uneven(60), "x": np.linspace(-3, 8, 45)})
    found = []
    least = 30_000 if "smooth" in options else 0
    for number, (memory, jobs) in enumerate(limits):
        # A CSV is held in memory while it is small against the limit: both ways occur here.
        folder = tmp_path / str(number)
        folder.mkdir()
        report = gradcli.differentiate(
            path,
            output_dir=folder,
            memory=512 * MIB if memory is None else RESERVE + max(memory, least),
            jobs=jobs,
            **grid_options(kind),
            **options,
        )
        found.append(([read_result(out) for out in report.outputs], report.blocks))
    assert len({blocks for _, blocks in found}) > 1
    for results, _ in found:
        for one, other in zip(found[0][0], results, strict=True):
            assert one.keys() == other.keys()
            for name in one:
                assert one[name].tobytes() == other[name].tobytes()


def grid_options(kind: str) -> dict:
    """Return what a format without names or coordinates has to be told."""
    if kind in ("npy", "npz", "matrix"):
        return {"axis": "y,x", "dims": "y,x", "coords": {"y": "y.npy", "x": "x.npy"}}
    if kind == "crosstab":
        return {"axis": "y,x", "dims": "y,x"}
    return {"axis": "y,x"}


@pytest.fixture(autouse=True)
def _coordinates_beside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("chunks", [(1, 45), (60, 1), (7, 11)])
def test_law_1_holds_for_every_chunk_shape(tmp_path: Path, chunks: tuple[int, int]) -> None:
    values = smooth(np.random.default_rng(2), (60, 45), "f4")
    whole = gradcli.gradient(values, uneven(60), np.linspace(-3, 8, 45))
    path = tmp_path / "f.h5"
    with h5py.File(path, "w") as file:
        for name, vector in {"y": uneven(60), "x": np.linspace(-3, 8, 45)}.items():
            file[name] = vector
            file[name].make_scale(name)
        data = file.create_dataset("f", data=values, chunks=chunks, compression="gzip")
        data.dims[0].attach_scale(file["y"])
        data.dims[1].attach_scale(file["x"])
    for memory in (RESERVE + 40_000, 64 * MIB):
        report = gradcli.differentiate(path, axis="y,x", memory=memory, jobs=2, overwrite=True)
        found = read_result(report.outputs[0])
        assert found["df_dy"].tobytes() == whole[0].tobytes()
        assert found["df_dx"].tobytes() == whole[1].tobytes()


@pytest.mark.parametrize("order", ["C", "F"])
def test_law_1_holds_for_complex_numbers(tmp_path: Path, order: str) -> None:
    rng = np.random.default_rng(3)
    values = np.asarray(rng.normal(size=(33, 29)) + 1j * rng.normal(size=(33, 29)), order=order)
    np.save(tmp_path / "z.npy", values)
    whole = gradcli.gradient(values, 0.1)
    for memory in (RESERVE + 9_000, 64 * MIB):
        report = gradcli.differentiate("z.npy", spacing=0.1, memory=memory, overwrite=True)
        for axis, path in enumerate(report.outputs):
            found = np.load(path)
            assert found.flags.f_contiguous == (order == "F")
            assert found.tobytes() == whole[axis].tobytes()


# --- law 2: formats agree --------------------------------------------------------------------


def test_law_2_the_same_grid_gives_the_same_values_in_every_format(tmp_path: Path) -> None:
    values = smooth(np.random.default_rng(4), (12, 9))
    values[3, 4] = np.nan
    expected = gradcli.gradient(values, uneven(12), np.linspace(-3, 8, 9), edge_order=2)
    for kind in WRITERS:
        coordinates = {"y": uneven(12), "x": np.linspace(-3, 8, 9)}
        path = write_grid(kind, tmp_path, values, coordinates)
        report = gradcli.differentiate(path, edge_order=2, **grid_options(kind))
        found = {n: array for out in report.outputs for n, array in read_result(out).items()}
        assert len(found) == 2
        for name, array in found.items():
            np.testing.assert_array_equal(expected[name.endswith("x")], array, err_msg=kind)


# --- law 3: polynomials ----------------------------------------------------------------------


@settings(max_examples=60, deadline=None)
@given(
    order=st.integers(1, 6),
    accuracy=st.sampled_from([2, 4, 6, 8]),
    even=st.booleans(),
    descending=st.booleans(),
    seed=st.integers(0, 2**32 - 1),
)
def test_law_3_polynomials_are_differentiated_exactly(
    order: int, accuracy: int, even: bool, descending: bool, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    x = np.arange(24.0) if even else np.arange(24.0) + rng.uniform(-0.2, 0.2, 24)
    x = (x - 11.5) / 11.5
    x = x[::-1] if descending else x
    polynomial = np.polynomial.Polynomial(rng.normal(size=order + accuracy))
    found = gradcli.gradient(polynomial(x), x, order=order, accuracy=accuracy, edge_order=accuracy)
    exact = polynomial.deriv(order)(x)
    # Rounding of the values is amplified by the sum of the absolute weights, about (2 / h)^order.
    rounding = 2.0**-52 * np.abs(polynomial(x)).max() * (4 * 11.5 / 0.6) ** order * 50
    np.testing.assert_allclose(found, exact, rtol=1e-9, atol=rounding)


# --- law 4: numpy ----------------------------------------------------------------------------


@settings(max_examples=80, deadline=None)
@given(
    shape=st.lists(st.integers(3, 7), min_size=1, max_size=3),
    edge_order=st.sampled_from([1, 2]),
    dtype=st.sampled_from(["f4", "f8", "c8", "c16", "i2", "u1"]),
    spacing=st.sampled_from(["none", "scalar", "equal", "uneven"]),
    seed=st.integers(0, 2**32 - 1),
)
def test_law_4_accuracy_two_is_numpy(
    shape: list[int], edge_order: int, dtype: str, spacing: str, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    values = rng.integers(0, 200, shape).astype(dtype)
    if spacing == "none":
        coordinates = []
    elif spacing == "scalar":
        coordinates = [0.3]
    else:
        steps = [np.ones(n) if spacing == "equal" else rng.uniform(0.5, 2, n) for n in shape]
        coordinates = [np.cumsum(step) for step in steps]
    plain = values.astype("f8") if values.dtype.kind in "iu" else values
    expected = np.gradient(plain, *coordinates, edge_order=edge_order)
    found = gradcli.gradient(values, *coordinates, edge_order=edge_order)
    tolerance = 1e-4 if values.dtype in ("f4", "c8") else 1e-11
    for one, other in zip(np.atleast_1d(expected), np.atleast_1d(found), strict=True):
        assert one.dtype == other.dtype
        np.testing.assert_allclose(other, one, rtol=0, atol=tolerance * 200)


# --- law 5: constants ------------------------------------------------------------------------


@settings(max_examples=60, deadline=None)
@given(
    value=st.floats(-1e30, 1e30),
    order=st.integers(1, 6),
    accuracy=st.sampled_from([2, 4, 6, 8]),
    dtype=st.sampled_from(["f4", "f8"]),
    seed=st.integers(0, 2**32 - 1),
)
def test_law_5_constants_give_exactly_zero(
    value: float, order: int, accuracy: int, dtype: str, seed: int
) -> None:
    x = np.cumsum(np.random.default_rng(seed).uniform(0.1, 3, 30))
    for coordinates in ([], [x], [x[::-1]]):
        found = gradcli.gradient(
            np.full(30, value, dtype), *coordinates, order=order, accuracy=accuracy
        )
        assert (found == 0).all()


# --- law 6: nothing half-done ----------------------------------------------------------------


def corrupt_chunk(path: Path) -> None:
    """Break one deflate stream in the middle of a file."""
    with h5py.File(path) as file:
        data = file["f"]
        place = data.id.get_chunk_info(data.id.get_num_chunks() // 2)
    with path.open("r+b") as raw:
        raw.seek(place.byte_offset + 2)
        raw.write(b"\xff" * min(64, place.size - 2))


@pytest.mark.parametrize("suffix", [".h5", ".nc"])
@pytest.mark.parametrize("output", ["same", ".npy", ".npz", ".csv"])
def test_law_6_a_failure_half_way_changes_no_output(
    tmp_path: Path, suffix: str, output: str
) -> None:
    values = smooth(np.random.default_rng(5), (40, 30))
    path = tmp_path / f"f{suffix}"
    with h5py.File(path, "w") as file:
        for name, size in (("y", 40), ("x", 30)):
            file[name] = np.arange(float(size))
            file[name].make_scale(name)
        data = file.create_dataset("f", data=values, chunks=(4, 30), compression="gzip")
        data.dims[0].attach_scale(file["y"])
        data.dims[1].attach_scale(file["x"])
    corrupt_chunk(path)
    target = tmp_path / ("old" + (suffix if output == "same" else output))
    before = b"what was there before"
    for overwrite in (False, True):
        if overwrite:
            target.write_bytes(before)
        listed = sorted(os.listdir(tmp_path))
        with pytest.raises(GradcliError) as caught:
            gradcli.differentiate(
                path, target, axis="y", memory=RESERVE + 30_000, overwrite=overwrite
            )
        assert "\n" not in str(caught.value)
        assert sorted(os.listdir(tmp_path)) == listed
    assert target.read_bytes() == before


def test_law_6_of_several_files_none_appears_when_one_cannot(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", np.ones((5, 6)))

    def appear(done: int, count: int) -> None:
        (tmp_path / "a_d1.npy").write_bytes(b"mine")

    with pytest.raises(GradcliError, match="appeared"):
        gradcli.differentiate(tmp_path / "a.npy", on_block=appear)
    assert sorted(os.listdir(tmp_path)) == ["a.npy", "a_d1.npy"]
    assert (tmp_path / "a_d1.npy").read_bytes() == b"mine"


# --- law 7: bounded --------------------------------------------------------------------------

LIBRARIES = 100 * MIB


def sparse_npy(path: Path, shape: tuple[int, ...]) -> None:
    with path.open("wb") as file:
        header = {"descr": "<f4", "fortran_order": False, "shape": shape}
        np.lib.format.write_array_header_1_0(file, header)
        file.truncate(file.tell() + 4 * int(np.prod(shape)))


def classic_nc(path: Path, shape: tuple[int, ...]) -> None:
    with netCDF4.Dataset(path, "w", format="NETCDF3_64BIT_OFFSET") as file:
        for name, size in zip("tyx", shape, strict=True):
            file.createDimension(name, size)
        file.set_fill_off()
        file.createVariable("f", "f4", ("t", "y", "x"))[-1, -1, -1] = 0


def chunked_h5(path: Path, shape: tuple[int, ...]) -> None:
    with h5py.File(path, "w") as file:
        data = file.create_dataset("f", shape, "f4", chunks=(1, *shape[1:]), compression=1)
        plane = np.zeros(shape[1:], "f4")
        for index in range(shape[0]):
            data[index] = plane


@pytest.mark.parametrize("axis", ["0", long("2")])
@pytest.mark.parametrize(
    ("make", "name"), [(sparse_npy, "f.npy"), long(classic_nc, "f.nc"), (chunked_h5, "f.h5")]
)
def test_law_7_peak_memory_stays_under_the_limit(
    tmp_path: Path, make, name: str, axis: str
) -> None:
    limit = 48 * MIB
    make(tmp_path / name, (220, 512, 256))  # 110 MiB, and as much for the result
    peak = peak_of(str(tmp_path / name), "--axis", axis, "--memory", str(limit))
    assert peak < limit + LIBRARIES


@pytest.mark.parametrize("chunks", ["300,8,16", long("7,200,1"), long("50,512,256")])
def test_law_7_holds_for_chunks_that_lie_across_those_of_the_input(
    tmp_path: Path, chunks: str
) -> None:
    limit, rows = (48 * MIB, 300) if chunks != "50,512,256" else (160 * MIB, 600)
    chunked_h5(tmp_path / "f.h5", (rows, 512, 256))
    arguments = ["--axis", "0", "--memory", str(limit), "--chunks", chunks]
    peak = peak_of(str(tmp_path / "f.h5"), *arguments, "-o", str(tmp_path / "out.h5"))
    assert peak < limit + LIBRARIES


def test_law_7_a_limit_that_is_too_small_is_refused_with_one_that_would_do(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "f.h5", "w") as file:
        file.create_dataset("f", (4096, 4096), "f8", chunks=(4096, 4096))
    with pytest.raises(GradcliError, match=r"memory='\d+MiB' would do") as caught:
        gradcli.differentiate(tmp_path / "f.h5", memory="64MiB")
    enough = str(caught.value).split("memory='")[1].split("'")[0]
    report = gradcli.differentiate(tmp_path / "f.h5", memory=enough, dry_run=True)
    assert report.workers == 1
