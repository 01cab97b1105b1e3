"""netCDF4 as gradcli uses it: small caches for its own files, the settings of others untouched."""

from __future__ import annotations

from pathlib import Path

import netCDF4
import numpy as np
import pytest

# isort: split
import h5py

import gradcli
from gradcli.errors import GradcliError, InputError
from gradcli.formats.hdf5.library import CACHE, small_caches
from gradcli.formats.opening import open_source


def make_variables(path: Path, count: int) -> list[tuple[int, int, float]]:
    """Write chunked variables and return the cache that each had."""
    with netCDF4.Dataset(path, "w") as file:
        file.createDimension("y", 40)
        file.createDimension("x", 50)
        made = [
            file.createVariable(f"f{n}", "f8", ("y", "x"), chunksizes=(10, 50))
            for n in range(count)
        ]
        for variable in made:
            variable[:] = np.ones((40, 50))
        return [variable.get_var_chunk_cache() for variable in made]


def test_variables_that_are_read_have_small_caches(tmp_path: Path) -> None:
    before = netCDF4.get_chunk_cache()
    assert make_variables(tmp_path / "f.nc", 3) == [before] * 3
    with open_source(str(tmp_path / "f.nc")) as source:
        assert netCDF4.get_chunk_cache() == before
        for name in source.fields:
            source.read(name, (slice(0, 40), slice(0, 50)))
        # Read by the library, as variables are whose filters are not done below it.
        for variable in source.variables.values():
            assert variable[:].shape == (40, 50)
            assert variable.get_var_chunk_cache() == CACHE
    assert make_variables(tmp_path / "g.nc", 1) == [before]


def test_variables_that_are_written_have_small_caches_as_long_as_they_are_open(
    tmp_path: Path,
) -> None:
    before = netCDF4.get_chunk_cache()
    with small_caches():
        file = netCDF4.Dataset(tmp_path / "f.nc", "w")
        file.createDimension("x", 50)
        variable = file.createVariable("f", "f8", ("x",), chunksizes=(10,), zlib=True)
    assert netCDF4.get_chunk_cache() == before
    variable[:] = np.ones(50)
    assert variable.get_var_chunk_cache() == CACHE
    file.close()


def test_the_setting_is_put_back_where_a_file_is_refused(tmp_path: Path) -> None:
    make_variables(tmp_path / "f.nc", 1)
    whole = (tmp_path / "f.nc").read_bytes()
    before = netCDF4.get_chunk_cache()
    (tmp_path / "f.nc").write_bytes(whole[:600])
    with pytest.raises(GradcliError):
        open_source(str(tmp_path / "f.nc"))
    assert netCDF4.get_chunk_cache() == before
    with pytest.raises(KeyError), small_caches():
        raise KeyError
    assert netCDF4.get_chunk_cache() == before


@pytest.mark.parametrize("suffix", ["h5", "nc"])
def test_a_filter_that_is_not_installed_is_one_line(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"f.{suffix}"
    with h5py.File(path, "w") as file:
        stored = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
        stored.set_chunk((4,))
        stored.set_filter(40_000, h5py.h5z.FLAG_OPTIONAL)
        shape, double = h5py.h5s.create_simple((4,)), h5py.h5t.NATIVE_DOUBLE
        dataset = h5py.h5d.create(file.id, b"f", double, shape, stored)
        dataset.write_direct_chunk((0,), np.arange(4.0).tobytes(), 0)
    with pytest.raises(InputError, match="f: cannot be read: its filter is not installed here; "):
        gradcli.differentiate(path)
    assert [*tmp_path.iterdir()] == [path]
