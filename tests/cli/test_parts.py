"""Parts of results on the command line: --isel, --sel, --no-halo."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

F = np.random.default_rng(3).normal(size=(40, 14))


@pytest.mark.parametrize(
    ("part", "window"),
    [("1=6:9", np.s_[:, 6:9]), ("0=11:13,1=6", np.s_[11:13, 6:7])],
)
def test_a_part_of_a_pipe_is_the_whole_cut(shell, part, window):
    np.save(shell / "f.npy", F)
    stdin = (shell / "f.npy").read_bytes()
    for axis, along in (("0", 0), ("1", 1)):
        args = ("compute", "-", "-a", axis, "-o", "out.npy", "--isel", part, "-O")
        shell.run(*args, stdin=stdin)
        wanted = np.gradient(F, axis=along)[window]
        np.testing.assert_allclose(np.load(shell / "out.npy"), wanted, rtol=1e-12)


def test_no_halo_takes_the_part_as_the_whole_file(shell):
    np.save(shell / "f.npy", F)
    shell.run("compute", "f.npy", "-a", "0", "--isel", "0=3:8", "--no-halo", "-o", "out.npy")
    np.testing.assert_allclose(np.load(shell / "out.npy"), np.gradient(F[3:8], axis=0))
    error = shell.refuse("compute", "f.npy", "-a", "0", "--no-halo", code=2)
    assert "--no-halo: no part is selected (--isel, --sel)" in error


def test_longitudes_go_around(shell):
    lon = np.arange(0, 360, 10.0)
    lon_attributes = {"units": "degrees_east", "bounds": "lon_bnds", "valid_max": 360.0}
    field = np.random.default_rng(3).normal(size=(5, 36))
    xr.Dataset(
        {"f": (("lat", "lon"), field), "lon_bnds": (("lon", "b"), lon[:, None] + [-5, 5])},
        {"lon": ("lon", lon, lon_attributes), "lat": np.arange(5.0)},
    ).to_netcdf(shell / "f.nc", engine="netcdf4")
    for axis in (("-a", "lon"), ("-a", "lon", "--metric", "none", "--accuracy", "6")):
        shell.run("compute", "f.nc", *axis, "--periodic", "lon", "-O", "-o", "whole.nc")
        done = shell.run("compute", "f.nc", *axis, "--sel", "lon=-20:20", "-O", "-o", "part.nc")
        assert "its coordinates are written as -20 to 20" in done.err
        with (
            xr.open_dataset(shell / "whole.nc", engine="netcdf4") as whole,
            xr.open_dataset(shell / "part.nc", engine="netcdf4") as part,
        ):
            wanted = whole["df_dlon"].to_numpy()[:, [34, 35, 0, 1, 2]]
            np.testing.assert_array_equal(part["df_dlon"], wanted)
            np.testing.assert_array_equal(part["lon"], [-20, -10, 0, 10, 20])
            np.testing.assert_array_equal(part["lon_bnds"][:, 0], [-25, -15, -5, 5, 15])
            assert "valid_max" not in part["lon"].attrs
            assert part["df_dlon"].attrs["derivative_edges"] == "periodic"
