"""The note on derivatives that the rounding of the values drowns."""

from __future__ import annotations

from pathlib import Path

import netCDF4
import numpy as np
import pytest

import gradcli
from gradcli.engine.diagnostics import SAMPLE, Precision, largest, sample
from gradcli.numerics.assemble import make_stencil
from gradcli.numerics.coordinates import fit_spacing, index_spacing
from gradcli.numerics.schemes import Scheme
from gradcli.numerics.smoothing import Savgol
from gradcli.plan.schedule import RESERVE

WAVE = np.sin(0.01 * np.arange(4000))


def notes(folder: Path, values: np.ndarray, **options) -> list[str]:
    np.save(folder / "f.npy", values)
    report = gradcli.differentiate(
        folder / "f.npy", spacing=0.01, output_dir=folder / "out", overwrite=True, **options
    )
    return [note for note in report.notes if "every value that was read" not in note]


def test_a_wave_on_a_large_offset_in_float32_is_noted(tmp_path: Path) -> None:
    (note,) = notes(tmp_path, (1e5 + WAVE).astype("f4"))
    assert note.startswith("df_d0: the rounding of f (float32, values to 1e+05)")
    found = np.load(tmp_path / "out" / "f_d0.npy")
    error = np.abs(found - np.cos(0.01 * np.arange(4000)))[1:-1].max()
    said = float(note.split("errors of ")[1].split(",")[0])
    assert error / 3 < said < error * 3


@pytest.mark.parametrize(
    ("values", "options"),
    [
        (WAVE.astype("f4"), {}),
        (1e5 + WAVE, {}),
        ((288 + 10 * WAVE).astype("f4"), {}),
        ((1e5 + WAVE).astype("f4"), {"smooth": "savgol:201,3"}),
        (np.full(100, 1e30, "f4"), {}),
        (np.zeros(100, "f4"), {}),
        (np.full(100, np.nan, "f4"), {}),
        (np.where(np.arange(100) == 50, np.inf, 0).astype("f4"), {}),
        ((1e5 * (np.arange(100) % 2)).astype("i4"), {}),
    ],
    ids=["wave", "float64", "warm", "smoothed", "constant", "zero", "missing", "inf", "integer"],
)
def test_nothing_is_said_where_rounding_is_small(tmp_path: Path, values, options: dict) -> None:
    assert notes(tmp_path, values, **options) == []


def test_high_orders_of_short_steps_are_noted_in_float64_too(tmp_path: Path) -> None:
    assert notes(tmp_path, 100 + WAVE, order=2) == []
    (note,) = notes(tmp_path, 100 + WAVE, order=6)
    assert "float64" in note


def test_blocks_are_seen_by_all_threads(tmp_path: Path) -> None:
    values = np.tile((1e5 + WAVE).astype("f4"), (100, 1))
    both = notes(tmp_path, values, memory=RESERVE + 200_000, jobs=3, stack=True)
    assert [note.split(":")[0] for note in both] == ["df_d1"]


def test_a_dry_run_has_seen_nothing(tmp_path: Path) -> None:
    assert notes(tmp_path, (1e5 + WAVE).astype("f4"), dry_run=True) == []


@pytest.mark.parametrize("shape", [(10**6,), (1000, 1000), (1, 2, 10**6), (10**6, 1), (50,) * 4])
def test_a_sample_is_small_and_wide(shape: tuple[int, ...]) -> None:
    values = np.broadcast_to(np.float32(1), shape)
    assert SAMPLE / 4 < sample(values).size < SAMPLE * 4


def test_the_largest_of_a_sample() -> None:
    values = np.array([[np.nan, -3, 1], [2, np.nan, 0]])
    assert largest(values) == 3
    assert largest(values * 1j) == 3
    assert largest(values[:, :1]) == 2
    assert largest(values[:1, :1]) == 0


def test_the_gain_is_that_of_independent_errors() -> None:
    noise = np.random.default_rng(0).normal(size=200_000)
    schemes = [Scheme(), Scheme(order=2), Scheme(accuracy=6), Scheme(smooth=Savgol(21, 2))]
    for scheme in schemes:
        for spacing in (index_spacing(200_000, 0.5), fit_spacing("x", np.arange(2e5) ** 1.0001)):
            stencil = make_stencil("x", spacing, scheme)
            out = np.empty(200_000)
            stencil.apply(noise, slice(0, 200_000), 0, out)
            np.testing.assert_allclose(out[90_000:110_000].std(), stencil.gain(), rtol=0.03)


def test_a_name_that_was_not_seen_has_no_note() -> None:
    assert list(Precision().notes([])) == []


def test_operators_are_noted_by_what_their_terms_make_of_rounding(tmp_path: Path) -> None:
    offset = (1e5 + np.add.outer(WAVE[:300], WAVE[:200])).astype("f4")
    for operator in ("magnitude", "laplacian"):
        (note,) = notes(tmp_path, offset, operator=operator)
        assert note.startswith(f"{'grad' if operator == 'magnitude' else 'lap'}_f: the rounding")
    # What is lost along the flat axis is nothing beside the slope along the other.
    steep = np.add.outer(1e5 * WAVE[:300], np.zeros(200)).astype("f4")
    assert notes(tmp_path, steep, operator="magnitude") == []


def test_a_metric_leaves_the_note_in_units_of_the_result(tmp_path: Path) -> None:
    with netCDF4.Dataset(tmp_path / "u.nc", "w") as data:
        for name, size, units in (("lat", 41, "degrees_north"), ("lon", 50, "degrees_east")):
            data.createDimension(name, size)
            axis = data.createVariable(name, "f8", (name,))
            axis[:], axis.units = np.arange(size) - 20.0, units
        lat = np.radians(np.arange(41) - 20.0)[:, None]
        for name in ("u", "v"):
            data.createVariable(name, "f4", ("lat", "lon"))[:] = 1e5 + np.sin(lat) + np.zeros(50)
    options: dict = {"var": ["u", "v"], "axis": "x,y", "metric": "sphere"}
    report = gradcli.differentiate(tmp_path / "u.nc", operator="jacobian", **options)
    told = {note.split(":")[0]: note for note in report.notes if "rounding" in note}
    # Along x the tangent of the latitude times the offset is far above the rounding.
    assert set(told) == {"du_dy", "dv_dy"}
    with netCDF4.Dataset(report.outputs[0]) as found:
        largest_made = float(np.abs(found["du_dy"][:]).max())
    said = float(told["du_dy"].split("goes to ")[1].split(" ")[0])
    assert said == pytest.approx(largest_made, rel=0.1)


ABSENT = "occurs nowhere among the values that were read"


@pytest.mark.parametrize("suffix", ["npy", "npz", "nc", "nc3", "h5", "csv"])
def test_a_missing_value_that_occurs_nowhere_is_said(tmp_path: Path, suffix: str) -> None:
    values, path = np.arange(300.0).reshape(3, 100), tmp_path / f"f.{suffix}"
    values[1, 1] = -999
    if suffix == "csv":
        np.savetxt(path, values, delimiter=",")
    elif suffix in ("npy", "npz"):
        (np.save if suffix == "npy" else np.savez)(path, values)
    else:
        kind = "NETCDF3_CLASSIC" if suffix == "nc3" else "NETCDF4"
        with netCDF4.Dataset(path, "w", format=kind) as file:
            file.createDimension("y", 3)
            file.createDimension("x", 100)
            file.createVariable("f", "f8", ("y", "x"), fill_value=-7.0)[:] = values

    def told(*marks: float, **given) -> list[str]:
        output = tmp_path / "{component}.npy"
        found = gradcli.differentiate(
            path, output, missing_value=marks, overwrite=True, axis=[0], **given
        )
        return [note for note in found.notes if ABSENT in note]

    assert told(-999) == []
    (note,) = told(-999, -998)
    assert "-998" in note
    assert len(told(-999, isel={1: (2, 5)})) == 1
    assert told(-998, dry_run=True) == []
    if suffix in ("nc", "nc3", "h5"):
        assert told(-7) == []  # the file says so itself
