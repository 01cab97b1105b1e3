"""Axes put in order, and of points that share a coordinate one."""

from __future__ import annotations

import csv
from pathlib import Path

import h5py
import netCDF4
import numpy as np
import pytest

import gradcli
from gradcli.model.arrangement import Arrangement, read_points
from gradcli.plan.schedule import RESERVE
from tests.grids import read_result, write_grid
from tests.long import long

X = np.array([3.0, 0, 1, 7, 5, 1, 10, 7.5])
Y = np.array([30.0, 20, 20, 10, 0])


def grid() -> np.ndarray:
    values = np.random.default_rng(0).normal(size=(5, 8))
    values[1, 2] = np.nan
    return values


def merged(values: np.ndarray, x: np.ndarray, axis: int, how: str) -> tuple[np.ndarray, np.ndarray]:
    """Return values in rising order of x, repeated ones made one, the plain way."""
    values, points, made = np.moveaxis(values, axis, 0), np.unique(x), []
    for point in points:
        rows = values[x == point]
        counts = (~np.isnan(rows)).sum(0)
        mean = np.where(counts, np.nansum(rows, axis=0) / np.maximum(counts, 1), np.nan)
        made.append(rows[0] if how == "first" else mean)
    return np.moveaxis(np.array(made), 0, axis), points


def expected(how: str) -> tuple[np.ndarray, np.ndarray]:
    falling, y = merged(grid(), Y, 0, how)
    values, x = merged(falling, X, 1, how)
    return gradcli.gradient(values[::-1], y[::-1], x)


# Every format.


@pytest.mark.parametrize("how", ["first", "mean"])
@pytest.mark.parametrize("kind", ["npy", "npz", "netcdf", "hdf5", "matrix", "crosstab"])
def test_every_format_gives_the_results_of_the_arranged_grid(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, how: str
) -> None:
    monkeypatch.chdir(tmp_path)
    path = write_grid(kind, tmp_path, grid(), {"y": Y, "x": X})
    options: dict = {"dims": "y,x"} if kind not in ("netcdf", "hdf5") else {}
    if kind in ("npy", "npz", "matrix"):
        options["coords"] = {"y": "y.npy", "x": "x.npy"}
    if kind == "crosstab":
        options["csv_layout"] = kind
    report = gradcli.differentiate(path, axis="y,x", sort=True, duplicates=how, **options)
    assert "y: 1 of 5 points repeat a coordinate" in " ".join(report.notes)
    assert "x: put in rising order, 1 of 8 points repeat" in " ".join(report.notes)
    found = {}
    for out in report.outputs:
        # Coordinates given for a matrix make a crosstab of it.
        found |= _cells(Path(out)) if out.endswith(".csv") else read_result(out)
    assert len(found) == 2
    along_x, along_y = (found[name] for name in sorted(found))
    for values, whole in zip((along_y, along_x), expected(how), strict=True):
        np.testing.assert_allclose(values, whole, rtol=1e-13)


def _cells(path: Path) -> dict[str, np.ndarray]:
    with path.open(newline="") as file:
        first, *rows = list(csv.reader(file))
    assert [float(cell) for cell in first[1:]] == [0, 1, 3, 5, 7, 7.5, 10]
    assert [float(row[0]) for row in rows] == [30, 20, 10, 0]
    return {path.stem: np.array([[float(c or "nan") for c in row[1:]] for row in rows])}


def test_a_netcdf_carries_what_lies_along_the_axis_arranged_too(tmp_path: Path) -> None:
    with netCDF4.Dataset(tmp_path / "f.nc", "w") as file:
        for name, size in (("y", 5), ("x", None), ("nv", 2)):
            file.createDimension(name, size)
        file.createVariable("x", "f4", ("x",))[:] = X
        file["x"].setncatts({"units": "m", "bounds": "x_bnds"})
        file.createVariable("x_bnds", "f8", ("x", "nv"))[:] = np.stack([X - 1, X + 1], 1)
        file.createVariable("label", str, ("x",))[:] = np.array([f"p{v}" for v in X], object)
        file.createVariable("f", "f8", ("y", "x"), chunksizes=(2, 3), zlib=True)[:] = grid()
        file["f"].coordinates = "label"
    options: dict = {"axis": "x", "var": "f", "sort": True}
    report = gradcli.differentiate(tmp_path / "f.nc", duplicates="mean", **options)
    order = [1, 2, 0, 4, 3, 7, 6]
    with netCDF4.Dataset(report.outputs[0]) as file:
        np.testing.assert_array_equal(file["x"][:], X[order])
        assert file["x"].dtype == np.float32
        assert file["x"].bounds == "x_bnds"
        np.testing.assert_array_equal(file["x_bnds"][:], np.stack([X - 1, X + 1], 1)[order])
        assert list(file["label"][:]) == [f"p{v}" for v in X[order]]
        said = file["df_dx"].derivative_arrangement
        values = file["df_dx"][:].filled(np.nan)
    assert said == "put in rising order, 1 of 8 points repeat a coordinate: averaged"
    assert any(note.startswith("x_bnds: has the value of the first row") for note in report.notes)
    whole = gradcli.gradient(merged(grid(), X, 1, "mean")[0], X[order], axis=1)
    np.testing.assert_allclose(values, whole, rtol=1e-13)


def test_an_hdf5_file_carries_numbers_arranged_and_leaves_words_out(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "f.h5", "w") as file:
        file["x"] = X
        file["x"].make_scale("x")
        for name, data in (("f", grid()), ("g", X * 2), ("words", [f"p{v}" for v in X])):
            file[name] = data
            file[name].dims[file[name].ndim - 1].attach_scale(file["x"])
    report = gradcli.differentiate(
        tmp_path / "f.h5", var="f", axis="x", sort=True, duplicates="first", keep=True
    )
    with h5py.File(report.outputs[0]) as file:
        assert set(file) == {"x", "f", "g", "df_dx"}
        np.testing.assert_array_equal(file["g"], 2 * np.unique(X))
        np.testing.assert_array_equal(file["f"], merged(grid(), X, 1, "first")[0])
        assert file["df_dx"].dims[1][0].name == "/x"
        np.testing.assert_array_equal(file["df_dx"].dims[1][0], np.unique(X))
    assert any(note.startswith("words: left out") for note in report.notes)


def test_an_npz_keeps_the_coordinates_as_arranged(tmp_path: Path) -> None:
    path = tmp_path / "f.npz"
    np.savez(path, f=grid()[0], x=X)
    report = gradcli.differentiate(
        path, var="f", dims="x", coords={"x": f"{path}:x"}, sort=True, duplicates="mean", keep=True
    )
    with np.load(report.outputs[0]) as found:
        assert sorted(found.files) == ["df_dx", "f", "x"]
        np.testing.assert_array_equal(found["x"], np.unique(X))


@pytest.mark.parametrize("times", [["", "T12:30:00"], ["T00:00:00.25", "T00:00:00"]])
def test_a_table_keeps_its_dates_in_order(tmp_path: Path, times: list[str]) -> None:
    days = [f"2020-01-{day:02d}{times[day % 2]}" for day in (4, 1, 9, 3)]
    text = "\n".join(["t,a", *(f"{day},{i * i}" for i, day in enumerate(days))])
    (tmp_path / "t.csv").write_text(text)
    report = gradcli.differentiate(tmp_path / "t.csv", axis="t", sort=True, keep=True)
    with open(report.outputs[0], newline="") as file:
        header, *rows = list(csv.reader(file))
    assert header == ["t", "da_dt"]
    stamps = np.array([row[0] for row in rows], "M8[us]")
    assert stamps.tolist() == sorted(np.array(days, "M8[us]").tolist())
    seconds = (stamps - stamps[0]) / np.timedelta64(1, "s")
    whole = gradcli.gradient(np.array([1.0, 9.0, 0.0, 4.0]), seconds)
    np.testing.assert_allclose([float(row[1]) for row in rows], whole, rtol=1e-12)
    assert any("other columns are left out" in note for note in report.notes)


# The same bytes whatever the blocks.


@pytest.mark.parametrize("chunks", [None, (7, 11, 4)])
@pytest.mark.parametrize("how", ["first", "mean"])
@pytest.mark.parametrize("dtype", ["f4", long("f8"), long("c8")])
def test_blocks_change_no_byte(tmp_path: Path, chunks, how: str, dtype: str) -> None:
    rng = np.random.default_rng(5)
    values = rng.normal(size=(40, 50, 12))
    values[rng.random(values.shape) < 0.02] = np.nan
    values = (values + (1j * values[::-1] if dtype == "c8" else 0)).astype(dtype)
    vectors = {"y": rng.integers(0, 30, 40) * 1.5, "x": rng.permutation(50) ** 1.1}
    with h5py.File(tmp_path / "f.h5", "w") as file:
        file.create_dataset("f", data=values, chunks=chunks)
        for index, (name, vector) in enumerate(vectors.items()):
            file[name] = vector
            file[name].make_scale(name)
            file["f"].dims[index].attach_scale(file[name])
    found, counts = set(), set()
    for memory in (RESERVE + 150_000, RESERVE + 600_000, 2**28):
        for jobs in (1, 3):
            report = gradcli.differentiate(
                tmp_path / "f.h5",
                axis="y,x",
                sort=True,
                duplicates=how,
                memory=memory,
                jobs=jobs,
                overwrite=True,
            )
            counts.add(report.blocks)
            with h5py.File(report.outputs[0]) as file:
                found.add((file["df_dy"][...].tobytes(), file["df_dx"][...].tobytes()))
    assert len(counts) > 2
    assert len(found) == 1


# What is read.


@pytest.mark.parametrize("starts", [None, "some"])
@pytest.mark.parametrize("chunk", [1, 16])
def test_no_read_is_longer_than_what_is_asked_for(starts, chunk: int) -> None:
    rng = np.random.default_rng(6)
    values = rng.normal(size=(1000, 3000))
    rows = rng.permutation(1000)
    edges = np.concatenate([[0], np.sort(rng.choice(np.arange(1, 1000), 700, False)), [1000]])
    made = Arrangement(rows, edges if starts else None, "")
    reads = []

    def read(window: tuple[slice, ...]) -> np.ndarray:
        reads.append(window[0].stop - window[0].start)
        return values[window]

    found = read_points(read, 0, made, chunk, (slice(100, 140), slice(5, 3000)))
    assert max(reads) <= 40
    parts = [
        rows[i : i + 1] if starts is None else rows[edges[i] : edges[i + 1]] for i in range(700)
    ]
    whole = np.array([values[parts[i], 5:3000].mean(0) for i in range(100, 140)])
    np.testing.assert_allclose(found, whole, rtol=1e-13, atol=1e-15)


def test_rows_that_lie_together_are_read_together() -> None:
    reads = []

    def read(window: tuple[slice, ...]) -> np.ndarray:
        reads.append(window[0])
        return np.arange(100.0)[window]

    made = Arrangement(np.concatenate([np.arange(60, 100), np.arange(60)]), None, "")
    found = read_points(read, 0, made, 1, (slice(0, 100),))
    assert found.tolist() == [*range(60, 100), *range(60)]
    assert reads == [slice(0, 100)]


# The rules.


def test_components_of_an_array_are_read_arranged_and_stay_in_their_places(tmp_path: Path) -> None:
    x, parts = np.array([2.0, 0, 1, 3, 5]), np.random.default_rng(4).normal(size=(5, 2, 6))
    for name, rows in (("mixed", np.arange(5)), ("ready", np.argsort(x))):
        with netCDF4.Dataset(tmp_path / f"{name}.nc", "w") as data:
            for dimension, values in {"x": x[rows], "part": [9, 7], "y": np.arange(6.0)}.items():
                data.createDimension(dimension, len(values))
                data.createVariable(dimension, "f8", (dimension,))[:] = values
            data.createVariable("f", "f8", ("x", "part", "y"))[:] = parts[rows]
    options: dict = {"operator": "curl", "components": "part", "memory": RESERVE + 2000}
    gradcli.differentiate(tmp_path / "mixed.nc", tmp_path / "a.nc", sort=True, **options)
    gradcli.differentiate(tmp_path / "ready.nc", tmp_path / "b.nc", **options)
    with netCDF4.Dataset(tmp_path / "a.nc") as a, netCDF4.Dataset(tmp_path / "b.nc") as b:
        assert a["curl"][:].tobytes() == b["curl"][:].tobytes()
        assert a["curl"].derivative_arrangement == "x: put in rising order"
        assert a["x"][:].tolist() == sorted(x)


def test_dates_are_as_fine_as_the_finest_whatever_the_block(tmp_path: Path) -> None:
    stamps = np.datetime64("2020-01-01T00:00:00", "us") + np.arange(40_000) * np.timedelta64(1, "s")
    stamps[-1] += np.timedelta64(500_000, "us")
    order = np.random.default_rng(5).permutation(len(stamps))
    lines = [f"{stamp},{i}" for i, stamp in zip(order, stamps[order], strict=True)]
    (tmp_path / "t.csv").write_text("\n".join(["t,v", *lines]) + "\n")
    made = []
    for memory in (RESERVE + 3_000_000, None):
        options: dict = {"axis": "t", "sort": True, "memory": memory, "overwrite": True}
        gradcli.differentiate(tmp_path / "t.csv", tmp_path / "out.csv", **options)
        made.append((tmp_path / "out.csv").read_text())
    assert made[0] == made[1]
    dates = [line.partition(",")[0] for line in made[0].splitlines()[1:]]
    assert dates == np.datetime_as_string(stamps, "us").tolist()
