"""The engines of xarray as a door: the same numbers, one line for each fault.

Each runs in a process of its own: GDAL, ecCodes and netCDF4 bring libraries that do not always
agree. Engines that are not installed are skipped.
"""

from __future__ import annotations

import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from gradcli.errors import InputError, MissingPackageError, UsageError
from gradcli.formats.engines import PACKAGES, open_engine
from gradcli.formats.registry import engine_of
from gradcli.model.protocols import Hints
from tests.cli.shell import Shell

PLAIN = (sys.executable,)  # rasterio makes pyproj warn
STEEP = ("magnitude", "dem.tif", "-a", "x,y", "--metric", "wgs84", "-o", "m.nc")
GEOTIFF = """
import numpy as np, rasterio
from rasterio.transform import from_origin
values = np.fromfunction(lambda j, i: 2.0 * i + 3.0 * j, (6, 9)).astype("f4")
values[0, 0] = -9999
place = dict(height=6, width=9, count=1, dtype="float32", nodata=-9999)
place |= dict(crs="EPSG:32633", transform=from_origin(5e5, 5e6, 10, 10))
with rasterio.open("dem.tif", "w", driver="GTiff", **place) as file:
    file.write(values, 1)
"""
GRIB = """
import numpy as np, eccodes as ec
message = ec.codes_grib_new_from_samples("regular_ll_pl_grib2")
ni, nj = ec.codes_get(message, "Ni"), ec.codes_get(message, "Nj")
ec.codes_set(message, "bitsPerValue", 24)
values = np.add.outer(-3.0 * np.arange(nj), 2.0 * np.arange(ni))
ec.codes_set_values(message, values.ravel())
with open("t.grib", "wb") as file:
    ec.codes_write(message, file)
"""


def write(folder: Path, script: str, package: str) -> None:
    if find_spec(package) is None:
        pytest.skip(f"{package} is not installed")
    subprocess.run([sys.executable, "-c", script], cwd=folder, check=True, capture_output=True)


def grid() -> xr.Dataset:
    x = np.cumsum([0.0, 1, 2, 1, 3])
    return xr.Dataset(
        {"T": (("t", "x"), np.arange(20.0).reshape(4, 5) ** 1.5, {"units": "K"})},
        coords={"x": ("x", x, {"units": "m"}), "t": xr.date_range("2000", periods=4)},
    )


@pytest.mark.parametrize("engine", ["scipy", "h5netcdf"])
def test_an_engine_gives_what_our_own_source_gives(shell: Shell, engine: str) -> None:
    if find_spec(engine) is None:
        pytest.skip(f"{engine} is not installed")
    grid().to_netcdf(shell / "a.nc", engine=engine)
    done = shell.run("compute", "a.nc", "--engine", engine, "-o", "door.nc", fresh=True)
    assert done.out == ["door.nc"]
    shell.run("compute", "a.nc", "-o", "own.nc")
    with xr.open_dataset(shell / "door.nc") as door, xr.open_dataset(shell / "own.nc") as own:
        for name in ("dT_dt", "dT_dx"):
            np.testing.assert_array_equal(door[name].values, own[name].values)
            assert door[name].attrs == own[name].attrs
        xr.testing.assert_equal(door["t"], own["t"])


def test_geotiff_has_coordinates_units_and_a_metric(shell: Shell) -> None:
    write(shell.folder, GEOTIFF, "rioxarray")
    done = shell.run("compute", "dem.tif", "--axis", "x,y", fresh=True, python=PLAIN)
    assert done.out == ["dem_gradient.nc"]
    with xr.open_dataset(shell / "dem_gradient.nc") as made:
        np.testing.assert_allclose(made["dband_data_dx"].values[0, 1:, 1:], 0.2, rtol=1e-6)
        np.testing.assert_allclose(made["dband_data_dy"].values[0, 1:, 1:], -0.3, rtol=1e-6)
        assert np.isnan(made["dband_data_dx"].values[0, 0, 0])
        assert made["x"].attrs["standard_name"] == "projection_x_coordinate"
    done = shell.run(*STEEP, fresh=True, python=PLAIN)
    assert done.out == ["m.nc"]


def test_grib_has_longitudes_and_latitudes(shell: Shell) -> None:
    write(shell.folder, GRIB, "cfgrib")
    done = shell.run("compute", "t.grib", "--axis", "x,y", "-o", "t.npz", fresh=True, python=PLAIN)
    assert done.out == ["t.npz"]
    found = np.load(shell / "t.npz")
    np.testing.assert_allclose(found["dt_dx"], 1.0, atol=1e-3)  # 2 for every 2 degrees
    np.testing.assert_allclose(found["dt_dy"], 1.5, atol=1e-3)


def test_suffixes_choose_engines() -> None:
    assert [engine_of(name) for name in ("a.grb2", "a.GRIB", "a.tiff", "a.nc", "a.tif.gz")] == [
        "cfgrib",
        "cfgrib",
        "rasterio",
        None,
        None,
    ]


def test_faults_are_one_line(tmp_path: Path) -> None:
    (tmp_path / "bad.nc").write_bytes(b"no NetCDF at all")
    with pytest.raises(InputError, match="the engine scipy cannot read it: "):
        open_engine(str(tmp_path / "bad.nc"), "scipy", Hints())
    with pytest.raises(UsageError, match="no engine 'klingon'"):
        open_engine("a.nc", "klingon", Hints())
    missing = next((name for name in PACKAGES if find_spec(PACKAGES[name]) is None), None)
    if missing is not None:
        with pytest.raises(MissingPackageError, match="pip install"):
            open_engine("a.nc", missing, Hints())


def test_engine_and_format_exclude_each_other(shell: Shell) -> None:
    grid().to_netcdf(shell / "a.nc")
    told = shell.run("compute", "a.nc", "--engine", "scipy", "--format", "netcdf", code=2).err
    assert "--format and --engine exclude each other" in told


OPENDAP = """
from wsgiref.simple_server import make_server
import numpy as np
from pydap.handlers.lib import BaseHandler
from pydap.model import BaseType, DatasetType
made = DatasetType("file")
t, x = np.arange(6.0), np.linspace(0, 1, 5)
values = np.sin(t)[:, None] * (1 + x)
made["t"] = BaseType("t", t, dims=("t",), units="hours since 2000-01-01")
made["x"] = BaseType("x", x, dims=("x",), units="m")
made["f"] = BaseType("f", values, dims=("t", "x"), units="K")
server = make_server("127.0.0.1", 0, BaseHandler(made))
print(server.server_port, flush=True)
server.serve_forever()
"""


@pytest.mark.skipif(find_spec("pydap") is None, reason="pydap is not installed")
def test_opendap_is_read_by_windows(shell: Shell) -> None:
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen([sys.executable, "-c", OPENDAP], text=True, **pipes) as server:
        try:
            assert server.stdout is not None
            address = f"http://127.0.0.1:{server.stdout.readline().strip()}/file.nc"
            words = ("compute", "--engine", "pydap", address, "-a", "t", "--isel", "x=1:4")
            assert shell.run(*words, python=PLAIN).out == ["file_gradient.nc"]
        finally:
            server.terminate()
            _, asked = server.communicate()
    assert "[0:1:5][1:1:3]" in asked.replace("%5B", "[").replace("%5D", "]")
    t, x = np.arange(6.0), np.linspace(0, 1, 5)
    right = np.gradient(np.sin(t)[:, None] * (1 + x), axis=0)[:, 1:4]
    made = shell / "file_gradient.nc"
    with xr.open_dataset(made, decode_times=False, engine="h5netcdf") as found:
        np.testing.assert_allclose(found["df_dt"], right)
        assert found["df_dt"].units == "K hour-1"
