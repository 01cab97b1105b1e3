"""Statistics of values: numpy's, whatever the parts they are put together from."""

from __future__ import annotations

import json
import math
from fractions import Fraction
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

import gradcli
from gradcli.engine.statistics import (
    TILE,
    field_statistics,
    statistics_of,
    statistics_text,
)
from gradcli.errors import InputError
from gradcli.formats.opening import open_source
from gradcli.model.protocols import Limits

MIB = 2**20
NUMBERS = st.one_of(
    st.floats(-1e6, 1e6, width=32), st.sampled_from([0.0, -0.0, math.nan, math.inf, -math.inf])
)
ARRAYS = arrays("f8", array_shapes(max_dims=3, max_side=5), elements=NUMBERS)


def same(one: float, two: float) -> bool:
    return one == two or (math.isnan(one) and math.isnan(two))


@settings(max_examples=60, deadline=None)
@given(ARRAYS)
def test_they_are_those_of_numpy(values: Any) -> None:
    found = statistics_of(values)
    valid = values[~np.isnan(values)]
    assert (found.size, found.missing) == (values.size, values.size - valid.size)
    if not valid.size:
        assert math.isnan(found.mean)
        assert found.as_dict()["min"] is None
        return
    assert (found.low, found.high) == (valid.min(), valid.max())
    with np.errstate(invalid="ignore"):
        mean = valid.mean()
    assert same(found.mean, mean) or abs(found.mean - mean) <= 1e-12 * np.abs(valid).max()


@settings(max_examples=60, deadline=None)
@given(ARRAYS, st.integers(0, 5))
def test_parts_add_up_exactly(values: Any, cut: int) -> None:
    one, two = statistics_of(values[:cut]), statistics_of(values[cut:])
    both, whole = one.plus(two), statistics_of(values)
    assert both == two.plus(one)
    assert both._replace(total=whole.total) == whole
    scale = float(np.abs(values[np.isfinite(values)]).sum())
    assert abs(both.total - whole.total) <= 1e-12 * scale


def test_sums_of_parts_are_exact_in_any_order() -> None:
    parts = [statistics_of(np.array([value])) for value in (1e300, 1.0, -1e300, 1e-300)]
    forth = parts[0].plus(parts[1]).plus(parts[2]).plus(parts[3])
    back = parts[3].plus(parts[2]).plus(parts[1]).plus(parts[0])
    assert forth == back
    assert forth.total == 1 + Fraction(1e-300)


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("dtype", ["f4", "f8"])
def test_arrays_of_many_tiles(order: Any, dtype: str) -> None:
    values = np.random.default_rng(1).normal(3, 1, (3, TILE // 2 + 7, 2)).astype(dtype, order=order)
    values[1, ::3] = np.nan
    found = statistics_of(values)
    assert found.missing == np.count_nonzero(np.isnan(values))
    assert (found.low, found.high) == (np.nanmin(values), np.nanmax(values))
    assert found.mean == pytest.approx(np.nanmean(values, dtype="f8"), rel=1e-12)


def test_float32_is_summed_in_float64() -> None:
    values = np.full(3 * TILE, 16777217, "f8").astype("f4")
    assert statistics_of(values).mean == 16777216


def test_sums_beyond_float64_have_a_mean() -> None:
    found = statistics_of(np.full(10, 1.7e308))
    assert found.mean == pytest.approx(1.7e308, rel=1e-15)
    assert statistics_of(np.array([1.7e308, 1.7e308, -1.7e308, -1.7e308])).mean == 0


def test_infinite_values_are_counted_and_their_mean_is_numpys() -> None:
    rising = statistics_of(np.array([1.0, np.inf]))
    assert rising.as_dict() == {
        "min": 1.0,
        "max": "inf",
        "mean": "inf",
        "missing": 0,
        "infinite": 1,
    }
    both = statistics_of(np.array([-np.inf, np.inf, np.nan, 0])).as_dict()
    assert both == {"min": "-inf", "max": "inf", "mean": None, "missing": 0.25, "infinite": 2}
    assert statistics_text(both) == (
        "smallest -inf, largest inf, mean undefined, 2 infinite, 25 % missing"
    )
    json.dumps(both, allow_nan=False)


def test_complex_values_are_told_by_their_magnitudes() -> None:
    found = statistics_of(np.array([3 + 4j, 1j, complex(np.nan, 0)])).as_dict()
    assert (found["min"], found["max"], found["mean"]) == (1, 5, 3)
    assert statistics_text(found).startswith("magnitudes: smallest 1, largest 5, mean 3, 33.3 %")


def test_nothing_and_a_scalar() -> None:
    nothing = statistics_of(np.empty((0, 3)))
    assert statistics_text(nothing.as_dict()) == "no values"
    assert statistics_text(statistics_of(np.full(3, np.nan)).as_dict()) == "all missing"
    assert statistics_of(np.array(2.5)).plus(nothing).mean == 2.5


@pytest.mark.parametrize("jobs", [1, 3])
@pytest.mark.parametrize("chunks", [None, (16, 50)])
def test_a_variable_is_read_by_blocks(tmp_path: Path, jobs: int, chunks: Any) -> None:
    values = np.arange(320_000.0).reshape(640, 500)
    values[5] = np.nan
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file.create_dataset("a", data=values, chunks=chunks)
        file.create_dataset("none", (0, 4), "f4")
        file["one"] = 7
    done: list[tuple[int, int]] = []
    with open_source(str(tmp_path / "a.h5")) as source:
        memory = 16 * MIB + (700_000 if chunks else 300_000) * (1 if jobs == 1 else jobs + 2)
        found = field_statistics(
            source, ["a", "none", "one"], Limits(memory, jobs), MIB, lambda *two: done.append(two)
        )
    assert len(done) > 4
    assert done[-1] == (values.nbytes + 8, values.nbytes + 8)
    assert found["a"] == statistics_of(values).as_dict()
    assert found["none"]["missing"] is None
    assert found["one"]["mean"] == 7


def test_a_hollow_file_is_refused(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file.create_dataset("a", (2**30, 2**12), "f8", chunks=(2**10, 2**10))
    with (
        open_source(str(tmp_path / "a.h5")) as source,
        pytest.raises(InputError, match="never written"),
    ):
        field_statistics(source, ["a"], Limits(), MIB)


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_report_has_them_of_each_result(tmp_path: Path, jobs: int) -> None:
    values = np.random.default_rng(2).normal(size=(300, 200))
    values[7, 9] = np.nan
    np.save(tmp_path / "f.npy", values)
    limits = {"memory": 18 * MIB, "jobs": jobs, "spacing": 1, "output_dir": tmp_path / "out"}
    report = gradcli.differentiate(
        tmp_path / "f.npy", operator="gradient", also="magnitude", stats=True, **limits
    )
    assert len(report.outputs) == 3
    for path, result in zip(report.outputs, report.variables[0]["axes"], strict=True):
        told, made = result["stats"], np.load(path)
        assert told["min"] == np.nanmin(made)
        assert told["max"] == np.nanmax(made)
        assert told["mean"] == pytest.approx(np.nanmean(made), rel=1e-11, abs=1e-14)
        assert told["missing"] == np.isnan(made).mean()
    json.dumps(report.as_dict(), allow_nan=False)


def test_they_are_left_out_unless_asked_for(tmp_path: Path) -> None:
    np.save(tmp_path / "f.npy", np.arange(5.0))
    report = gradcli.differentiate(tmp_path / "f.npy")
    assert report.variables[0]["axes"][0]["stats"] is None
