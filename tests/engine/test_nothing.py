"""Blocks that were never written: done at once, and not written either."""

from __future__ import annotations

import time
from pathlib import Path

import netCDF4  # first: h5py and it bring an HDF5 library each
import numpy as np
import pytest

# isort: split
import h5py

import gradcli

CHUNK = (1, 500, 1000)


def hollow(path: Path, steps: int) -> np.ndarray:
    """Write a field of which one step was written; return this step."""
    step = np.random.default_rng(0).normal(size=CHUNK[1:]).astype("f4")
    if path.suffix == ".nc":
        with netCDF4.Dataset(path, "w") as file:
            for name, size in zip("tyx", (steps, *CHUNK[1:]), strict=True):
                file.createDimension(name, size)
            made = file.createVariable("f", "f4", tuple("tyx"), zlib=True, chunksizes=CHUNK)
            made[3] = step
    else:
        with h5py.File(path, "w") as file:
            options = {"compression": "gzip", "shuffle": True, "fillvalue": np.nan}
            made = file.create_dataset("f", (steps, *CHUNK[1:]), "f4", chunks=CHUNK, **options)
            made[3] = step
    return step


@pytest.mark.parametrize("suffix", ["nc", "h5"])
def test_what_was_never_written_stays_unwritten(tmp_path: Path, suffix: str) -> None:
    path, out = tmp_path / f"f.{suffix}", tmp_path / f"g.{suffix}"
    steps = 4000  # 8 GB
    step = hollow(path, steps)
    began = time.process_time()
    gradcli.differentiate(path, dst=out, axis=1, jobs=1)
    assert time.process_time() - began < 10  # 0.5 s if nothing else runs; it was 30
    assert out.stat().st_size < 5e6
    with h5py.File(out) as file:
        made = next(file[name] for name in file if file[name].ndim == 3)
        assert made.shape == (steps, *CHUNK[1:])
        assert made.id.get_num_chunks() <= 16  # those of the block of the step
        missing = made[[0, 2, 4, steps - 1]]
        assert (np.isnan(missing) | (missing > 1e36)).all()
        np.testing.assert_allclose(made[3], np.gradient(step, axis=0), atol=1e-6)
    if suffix == "nc":
        with netCDF4.Dataset(out) as read:
            assert read["df_d1"][[0, 4]].mask.all()


@pytest.mark.parametrize("target", ["g.h5", "g.nc", "g.npy"])
def test_other_outputs_hold_missing_values(tmp_path: Path, target: str) -> None:
    step = hollow(tmp_path / "f.nc", 30)
    gradcli.differentiate(tmp_path / "f.nc", dst=tmp_path / target, axis="t", memory="100MiB")
    if target == "g.npy":
        values = np.load(tmp_path / target)
    else:
        with h5py.File(tmp_path / target) as file:
            values = file["df_dt"][...]
    assert values.shape == (30, *step.shape)
    assert (np.isnan(values) | (values > 1e36)).all()


def test_a_fill_value_that_means_a_number_is_one(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "f.h5", "w") as file:
        file.create_dataset("f", (6, 40, 50), "f8", chunks=(1, 40, 50), fillvalue=7)
    gradcli.differentiate(tmp_path / "f.h5", dst=tmp_path / "g.h5", axis=2)
    with h5py.File(tmp_path / "g.h5") as file:
        np.testing.assert_array_equal(file["df_d2"][...], 0.0)


def test_a_block_beside_a_written_chunk_is_computed(tmp_path: Path) -> None:
    step = hollow(tmp_path / "f.h5", 6)
    gradcli.differentiate(
        tmp_path / "f.h5", dst=tmp_path / "g.h5", axis=0, missing="adapt", edge_order=1
    )
    with h5py.File(tmp_path / "g.h5") as file, h5py.File(tmp_path / "f.h5") as given:
        np.testing.assert_array_equal(given["f"][3], step)
        assert np.isnan(file["df_d0"][...]).all()
