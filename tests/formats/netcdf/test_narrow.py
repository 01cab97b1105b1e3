"""What classic files lack: kinds that suffixes ask for, and what is converted or refused."""

from __future__ import annotations

from pathlib import Path

import netCDF4
import numpy as np
import pytest

import gradcli
from gradcli.errors import GradcliError

MAGIC = {".nc3": b"CDF\x01", ".nc5": b"CDF\x05", ".nc4": b"\x89HDF"}


def write(path: Path, times: object = (0, 1, 3), kind: str = "i8", **more: object) -> Path:
    with netCDF4.Dataset(path, "w") as file:
        file.createDimension("t", None)
        file.createDimension("x", 4)
        file.createVariable("t", kind, ("t",))[:] = np.array(times, kind)
        file["t"].setncatts({"units": "s", "codes": np.array([1, 2], "u2"), "far": np.int64(2**40)})
        file.createVariable("f", "f8", ("t", "x"))[:] = np.arange(12.0).reshape(3, 4) ** 2
        file.setncatts(more)
    return path


@pytest.mark.parametrize("suffix", MAGIC)
@pytest.mark.parametrize("kind", ["i8", "u4", "u1", "f4", "i4"])
def test_the_suffix_says_the_kind(tmp_path: Path, suffix: str, kind: str) -> None:
    path = write(tmp_path / "a.nc", kind=kind)
    out = tmp_path / f"out{suffix}"
    gradcli.differentiate(path, out, axis="t")
    assert out.read_bytes()[:4] == MAGIC[suffix]
    expected = np.gradient(np.arange(12.0).reshape(3, 4) ** 2, [0, 1, 3], axis=0)
    with netCDF4.Dataset(out) as file:
        np.testing.assert_array_equal(file["t"][:], [0, 1, 3])
        np.testing.assert_allclose(file["df_dt"][:], expected)
        assert file["t"].far == 2**40
        assert file["t"].codes.tolist() == [1, 2]
        assert file.dimensions["t"].isunlimited()


@pytest.mark.parametrize("suffix", MAGIC)
def test_arrays_of_other_formats_too(tmp_path: Path, suffix: str) -> None:
    np.save(tmp_path / "a.npy", np.arange(5.0) ** 2)
    gradcli.differentiate(tmp_path / "a.npy", tmp_path / f"b{suffix}")
    assert (tmp_path / f"b{suffix}").read_bytes()[:4] == MAGIC[suffix]


def test_integers_that_no_type_holds_are_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "a.nc", times=(2**60, 2**60 + 1, 2**60 + 3))
    with pytest.raises(GradcliError, match=r"t: int64 does not fit .*\.nc5"):
        gradcli.differentiate(path, tmp_path / "b.nc3", axis="t")
    assert not (tmp_path / "b.nc3").exists()
    gradcli.differentiate(path, tmp_path / "b.nc5", axis="t")


def test_groups_are_refused(tmp_path: Path) -> None:
    with netCDF4.Dataset(tmp_path / "a.nc", "w") as file:
        file.createDimension("x", 4)
        file.createVariable("g/f", "f8", ("x",))[:] = np.arange(4.0)
    with pytest.raises(GradcliError, match="group"):
        gradcli.differentiate(tmp_path / "a.nc", tmp_path / "b.nc3")
    assert not (tmp_path / "b.nc3").exists()


def test_chunks_are_refused(tmp_path: Path) -> None:
    with pytest.raises(GradcliError, match="classic NetCDF"):
        gradcli.differentiate(write(tmp_path / "a.nc"), tmp_path / "b.nc3", deflate=1)
