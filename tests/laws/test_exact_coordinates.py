"""Integers and dates as coordinates are exact, whatever their type, unit and size.

The exact answers are computed with integers and fractions.
"""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import h5py
import netCDF4
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import gradcli

EPOCH = 1_700_000_000_000_000_000  # nanoseconds since 1970
TIMES = EPOCH + 1000 * np.arange(6)  # in steps of a microsecond
RAMP = np.arange(6.0)
WIDTHS = ("i1", "u1", "i2", "u2", "i4", "u4", "i8", "u8")
SECONDS = {"W": 604800, "D": 86400, "h": 3600, "m": 60, "s": 1, "ms": 1e-3, "us": 1e-6, "ns": 1e-9}


def exact(values: list[int], nodes: list[int]) -> list[Fraction]:
    """Return the slopes of parabolas through three neighbours, and of chords at the ends."""
    slopes = [
        Fraction(values[i + 1] - values[i], nodes[i + 1] - nodes[i]) for i in range(len(nodes) - 1)
    ]
    inner = []
    for i in range(1, len(nodes) - 1):
        left, right = nodes[i] - nodes[i - 1], nodes[i + 1] - nodes[i]
        inner.append((slopes[i - 1] * right + slopes[i] * left) / (left + right))
    return [slopes[0], *inner, slopes[-1]]


@st.composite
def integer_axes(draw: st.DrawFn) -> np.ndarray:
    kind = np.dtype(draw(st.sampled_from(WIDTHS)))
    low, high = int(np.iinfo(kind).min), int(np.iinfo(kind).max)
    largest = 2 ** draw(st.integers(1, max(1, kind.itemsize * 8 - 5)))
    steps = draw(st.lists(st.integers(1, largest), min_size=2, max_size=8))
    total = sum(steps)
    while total > min(high - low, 2**63 - 1):
        total -= steps.pop()
    first = draw(st.integers(low, high - total))
    nodes = [first]
    for step in steps:
        nodes.append(nodes[-1] + step)
    return np.array(nodes[:: draw(st.sampled_from((1, -1)))], kind)


@settings(max_examples=40)
@given(integer_axes(), st.data())
def test_integers_of_every_width_are_subtracted_exactly(
    nodes: np.ndarray, data: st.DataObject
) -> None:
    if len(nodes) < 2:
        return
    values = [data.draw(st.integers(-100, 100)) for _ in nodes]
    found = gradcli.gradient(np.array(values, float), nodes)
    wanted = exact(values, [int(node) for node in nodes])
    scale = max(abs(slope) for slope in wanted)
    assert np.allclose(found, [float(slope) for slope in wanted], rtol=1e-13, atol=1e-13 * scale)


@settings(max_examples=40)
@given(
    st.sampled_from(sorted(SECONDS)),
    st.integers(1, 60),
    st.lists(st.integers(1, 1000), min_size=2, max_size=6),
    st.integers(-3000, 3000),
)
def test_dates_of_every_unit_give_derivatives_per_second(
    unit: str, count: int, steps: list[int], start: int
) -> None:
    ticks = start + np.cumsum([0, *steps])
    times = ticks.astype("m8").view(np.int64).astype(f"m8[{count}{unit}]")
    values = np.arange(len(ticks), dtype=float) ** 2
    wanted = np.array(
        [float(v) for v in exact([int(v) for v in values], [int(t) for t in ticks])]
    ) / (count * SECONDS[unit])
    for coordinates in (times, np.datetime64("2001-01-01", "s") + times):
        np.testing.assert_allclose(gradcli.gradient(values, coordinates), wanted, rtol=1e-12)


@pytest.mark.parametrize("kind", ["i8", "u8", ">i8"])
def test_nanoseconds_since_1970_in_steps_of_a_microsecond(kind: str) -> None:
    found = gradcli.gradient(1000 * RAMP, TIMES.astype(kind))
    assert found.tolist() == [1.0] * 6


@pytest.mark.parametrize("base", [0, 1_700_000_000_000_000, 2**60, -(2**60)])
def test_no_tolerance_makes_integers_equal_steps(base: int) -> None:
    nodes = base + np.array([0, 1, 2, 4, 5])
    found = gradcli.gradient(np.array([0.0, 1, 4, 16, 25]), nodes, edge_order=2)
    assert found.tolist() == [0.0, 2.0, 4.0, 8.0, 10.0]


def test_neighbours_beyond_two_to_the_53_are_no_repeats() -> None:
    nodes = np.array([0, 2**60, 2**60 + 1, 2**60 + 3])
    found = gradcli.gradient(np.array([0.0, 0, 1, 3]), nodes)
    assert found[2:].tolist() == [1.0, 1.0]


def test_unsigned_integers_that_span_more_than_int64_are_still_told_apart() -> None:
    nodes = np.array([0, 2**63, 2**64 - 1], np.uint64)
    assert gradcli.gradient(np.array([0.0, 1.0, 2.0]), nodes)[0] == 2.0**-63


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_the_resolution_of_dates_changes_nothing(unit: str) -> None:
    times = np.datetime64("2020-01-01") + np.arange(5) * np.timedelta64(2, "s")
    assert gradcli.gradient(np.arange(5.0), times.astype(f"M8[{unit}]")).tolist() == [0.5] * 5


def test_months_of_dates_have_their_true_lengths() -> None:
    months = np.array(["2020-01", "2020-02", "2020-03"], "M8[M]")
    found = gradcli.gradient(np.array([0.0, 31.0, 60.0]), months)
    np.testing.assert_allclose(found, [1 / 86400] * 3, rtol=1e-14)


def test_durations_in_months_have_no_length() -> None:
    with pytest.raises(ValueError, match="no fixed length"):
        gradcli.gradient(np.arange(3.0), np.arange(3).astype("m8[M]"))


# The same through files.


@pytest.fixture
def written(tmp_path: Path, suffix: str) -> Path:
    """Return a file with a ramp over nanoseconds since 1970."""
    path = tmp_path / f"a.{suffix}"
    if suffix == "nc":
        with netCDF4.Dataset(path, "w") as file:
            file.createDimension("t", 6)
            file.createVariable("t", "i8", ("t",))[:] = TIMES
            file.createVariable("f", "f8", ("t",))[:] = 1000 * RAMP
    elif suffix == "h5":
        with h5py.File(path, "w") as file:
            file["t"], file["f"] = TIMES, 1000 * RAMP
            file["t"].make_scale("t")
            file["f"].dims[0].attach_scale(file["t"])
    else:
        rows = [f"{t},{1000 * v}" for t, v in zip(TIMES, RAMP, strict=True)]
        path.write_text("t,f\n" + "\n".join(rows) + "\n")
    return path


def derivative_in(path: Path) -> np.ndarray:
    if path.suffix == ".nc":
        with netCDF4.Dataset(path) as file:
            return np.asarray(file["df_dt"][:])
    if path.suffix == ".h5":
        with h5py.File(path) as file:
            return file["df_dt"][()]
    return np.loadtxt(path, delimiter=",", skiprows=1)[:, 1]


@pytest.mark.parametrize("suffix", ["nc", "h5", "csv"])
def test_files_keep_integers_exact(written: Path) -> None:
    out = written.with_name(f"out{written.suffix}")
    gradcli.differentiate(written, out, axis="t")
    assert derivative_in(out).tolist() == [1.0] * 6


@pytest.mark.parametrize("suffix", ["nc", "h5", "csv"])
def test_integers_are_sorted_exactly(written: Path) -> None:
    out = written.with_name(f"out{written.suffix}")
    gradcli.differentiate(written, out, axis="t", sort=True, duplicates="first")
    assert derivative_in(out).tolist() == [1.0] * 6


@pytest.mark.parametrize("suffix", ["h5", "csv"])
def test_another_format_gets_the_integers_too(written: Path) -> None:
    out = written.with_name("out.nc")
    gradcli.differentiate(written, out, axis="t")
    with netCDF4.Dataset(out) as file:
        assert file["t"][:].tolist() == TIMES.tolist()
        assert file["df_dt"][:].tolist() == [1.0] * 6


@pytest.mark.parametrize("suffix", ["npy", "csv", "nc", "h5"])
def test_coordinates_of_their_own_file_are_exact(tmp_path: Path, suffix: str) -> None:
    np.save(tmp_path / "f.npy", 1000 * RAMP)
    path = tmp_path / f"t.{suffix}"
    name = ":t" if suffix in ("nc", "h5") else ""
    if suffix == "npy":
        np.save(path, TIMES)
    elif suffix == "csv":
        path.write_text("".join(f"{t}\n" for t in TIMES))
    elif suffix == "nc":
        with netCDF4.Dataset(path, "w") as file:
            file.createDimension("n", 6)
            file.createVariable("t", "i8", ("n",))[:] = TIMES
    else:
        with h5py.File(path, "w") as file:
            file["t"] = TIMES
    gradcli.differentiate(tmp_path / "f.npy", axis="0", coords={"0": f"{path}{name}"})
    assert np.load(tmp_path / "f_d0.npy").tolist() == [1.0] * 6


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_dates_of_their_own_file_are_seconds(tmp_path: Path, unit: str) -> None:
    np.save(tmp_path / "f.npy", np.arange(5.0))
    times = np.datetime64("2020-01-01") + np.arange(5) * np.timedelta64(2, "s")
    np.save(tmp_path / "t.npy", times.astype(f"M8[{unit}]"))
    gradcli.differentiate(
        tmp_path / "f.npy", tmp_path / "o.nc", axis="0", coords={"0": str(tmp_path / "t.npy")}
    )
    with netCDF4.Dataset(tmp_path / "o.nc") as file:
        assert file["df_d0"][:].tolist() == [0.5] * 5
        assert file["dim_0"].units.startswith("seconds since 2020-01-01 00:00:00")


@pytest.mark.long
@settings(max_examples=20_000)
@given(integer_axes(), st.data())
def test_integers_of_every_width_for_long(nodes: np.ndarray, data: st.DataObject) -> None:
    test_integers_of_every_width_are_subtracted_exactly.hypothesis.inner_test(nodes, data)
