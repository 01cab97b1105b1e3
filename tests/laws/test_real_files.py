"""Files that nobody of this project made: ``info`` and ``compute`` of each, right or refused.

Every result is compared with ``np.gradient`` on values that were decoded by another road than
gradcli's: scipy's own reader or xarray for NetCDF, plain h5py for HDF5, ``np.genfromtxt`` for CSV,
``np.load`` for arrays.

The files of ``../shared/real/`` (its README names their origins): ``chopper.nxs``,
``coads_climatology.cdf``, ``elnino.csv``, ``eofs_sst.npy`` with ``eofs_latitude.npy`` and
``eofs_longitude.npy``, ``era5_1995-07-14T12.nc``, ``float.h5``, ``global-temp.csv``,
``goes_cloud_top_height.nc``, ``grouped.nc``, ``hdf5_compression_zstd.h5``, ``reverse_axes.cdf``,
``rotated_pole.nc``, ``tas_transposed_aux.nc``, ``tdset.h5``, ``terrain.dat``, ``weird_name1.cdf``,
``windvectors.csv``, ``wrf_tip_d1.nc``. Where the folder is absent their tests skip.

The files of packages, where they are installed (``real_files.PACKAGED`` says where):

- PyPI scipy (also Debian python3-scipy), ``scipy/io/tests/data``: ``example_1.nc``,
  ``example_2.nc``, ``example_3_maskedvals.nc``.
- PyPI matplotlib (also Debian python-matplotlib-data), ``mpl-data/sample_data``:
  ``topobathy.npz``, ``jacksboro_fault_dem.npz``, ``goog.npz``, ``axes_grid/bivariate_normal.npy``,
  ``data_x_x2_x3.csv``, ``Stocks.csv``, ``msft.csv``, ``eeg.dat``, ``membrane.dat``.
- PyPI iris-sample-data: ``A1B_north_america.nc``, ``SOI_Darwin.nc``, ``atlantic_profiles.nc``,
  ``hybrid_height.nc``, ``orca2_votemper.nc``, ``ostia_monthly.nc``, ``space_weather.nc``,
  ``toa_brightness_stereographic.nc``, ``vlstr_type.nc``.
- PyPI statsmodels, ``statsmodels/datasets``: ``nile/nile.csv``, ``sunspots/sunspots.csv``,
  ``macrodata/macrodata.csv``, ``interest_inflation/E6_jmulti.csv``.
- Debian python-tables-data, ``/usr/share/python-tables/tests``: ``smpl_f64be.h5``,
  ``smpl_i32be.h5``, ``smpl_SDSextendible.h5``, ``test_szip.h5``, ``blosc_bigendian.h5``,
  ``smpl_enum.h5``, ``elink.h5``, ``scalar.h5``, ``indexes_2_0.h5``, ``Tables_lzo1.h5``.
- Debian python3-xarray, ``xarray/tests/data``: ``bears.nc``.
"""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import netCDF4  # before h5py: its wheel brings the zstd and blosc filters
import numpy as np
import pytest

import gradcli
from tests.real_files import (
    FLOAT64_EPS,
    PACKAGED,
    REAL,
    Grid,
    Road,
    array,
    assert_is_gradient,
    csv_columns,
    csv_grid,
    csv_matrix,
    found,
    hdf5,
    netcdf,
    netcdf_classic,
    netcdf_packed,
    npz,
    results_of,
    run,
)


@dataclass(frozen=True)
class Case:
    """A file, what a user asks of it, the results that must come, and the other road to values."""

    id: str
    file: str
    road: Road
    results: str
    options: dict[str, Any] = field(default_factory=dict)
    edge_order: int = 1
    coords: dict[str, str] = field(default_factory=dict)
    steps: dict[str, float] = field(default_factory=dict)


CASES = [
    # ../shared/real
    Case(
        "era5",
        "era5_1995-07-14T12.nc",
        netcdf,
        "du10_dlatitude du10_dlongitude dv10_dlatitude dv10_dlongitude dd2m_dlatitude "
        "dd2m_dlongitude dt2m_dlatitude dt2m_dlongitude dsp_dlatitude dsp_dlongitude "
        "dt2m_C_dlatitude dt2m_C_dlongitude dd2m_C_dlatitude dd2m_C_dlongitude",
    ),
    Case(
        "era5-xy-edge2",
        "era5_1995-07-14T12.nc",
        netcdf,
        "dt2m_dx dt2m_dy dsp_dx dsp_dy",
        {"var": "t2m,sp", "axis": "x,y", "edge_order": 2},
        edge_order=2,
    ),
    Case("goes", "goes_cloud_top_height.nc", netcdf_packed, "dHT_dy dHT_dx"),
    Case(
        "coads",
        "coads_climatology.cdf",
        netcdf_classic,
        "dSST_dTIME dSST_dCOADSY dSST_dCOADSX",
    ),
    Case(
        "coads-edge2",
        "coads_climatology.cdf",
        netcdf_classic,
        "dSST_dx dSST_dt",
        {"axis": "x,t", "edge_order": 2},
        edge_order=2,
    ),
    Case(
        "reverse",
        "reverse_axes.cdf",
        netcdf_classic,
        "dFCN_NORM_dY1010 dFCN_NORM_dXDEG dFCN_REV_dY1010_REV dFCN_REV_dXDEG "
        "dFCN_REV_SUB_dY101010_19 dFCN_REV_SUB_dXDEG",
    ),
    Case(
        "weird",
        "weird_name1.cdf",
        netcdf_classic,
        "dv1_dXAX1_20 dv2-and-minus_dXAX1_20 dV1_dXAX1_20 di_dXAX1_20 dx_dXAX1_20",
    ),
    Case(
        "grouped",
        "grouped.nc",
        netcdf,
        "forecast/model/dq_dlat forecast/model/dq_dlon",
    ),
    Case(
        "rotated",
        "rotated_pole.nc",
        netcdf,
        "dair_pressure_at_sea_level_dgrid_latitude dair_pressure_at_sea_level_dgrid_longitude",
    ),
    Case(
        "tas",
        "tas_transposed_aux.nc",
        netcdf,
        "dair_temperature_dgrid_latitude dair_temperature_dgrid_longitude",
        {"var": "air_temperature"},
    ),
    Case(
        "wrf",
        "wrf_tip_d1.nc",
        netcdf,
        "dT2_dsouth_north dT2_dwest_east",
        {
            "var": "T2",
            "axis": "south_north,west_east",
            "spacing": {"west_east": 30000.0, "south_north": 30000.0},
        },
        steps={"south_north": 30000.0, "west_east": 30000.0},
    ),
    Case(
        "wrf-all",
        "wrf_tip_d1.nc",
        netcdf,
        "dT2_dTime dT2_dsouth_north dT2_dwest_east droi_dsouth_north droi_dwest_east",
    ),
    Case(
        "chopper",
        "chopper.nxs",
        hdf5,
        "entry/data/ddata_d0",
        {"var": "entry/data/data", "axis": "0"},  # by the axes that NeXus names
        coords={"0": "chopper.nxs:entry/instrument/detector/polar_angle"},
    ),
    Case(
        "chopper-angle",
        "chopper.nxs",
        hdf5,
        "entry/data/ddata_d0",
        {
            "var": "entry/data/data",
            "axis": "0",
            "coords": {"0": "chopper.nxs:/entry/instrument/detector/polar_angle"},
        },
        coords={"0": "chopper.nxs:entry/instrument/detector/polar_angle"},
    ),
    Case(
        "float",
        "float.h5",
        hdf5,
        "dfloat16_d0 dfloat16_d1 dfloat32_d0 dfloat32_d1 dfloat64_d0 dfloat64_d1 "
        "dlongdouble_d0 dlongdouble_d1",
    ),
    Case(
        "tdset-edge2",
        "tdset.h5",
        hdf5,
        "ddset1_d0 ddset1_d1 ddset2_d0 ddset2_d1",
        {"edge_order": 2},
        edge_order=2,
    ),
    Case("zstd", "hdf5_compression_zstd.h5", hdf5, "ddata_d0"),
    Case(
        "eofs",
        "eofs_sst.npy",
        array,
        "deofs_sst_d1 deofs_sst_d2",
        {
            "axis": "1,2",
            "coords": {"1": "eofs_latitude.npy", "2": "eofs_longitude.npy"},
        },
        coords={"1": "eofs_latitude.npy", "2": "eofs_longitude.npy"},
    ),
    Case(
        "eofs-named",
        "eofs_sst.npy",
        array,
        "deofs_sst_dlat",
        {"dims": "time,lat,lon", "axis": "lat", "coords": {"lat": "eofs_latitude.npy"}},
        coords={"lat": "eofs_latitude.npy"},
    ),
    Case(
        "elnino",
        "elnino.csv",
        csv_columns,
        "dJAN_dYEAR dFEB_dYEAR dMAR_dYEAR dAPR_dYEAR dMAY_dYEAR dJUN_dYEAR dJUL_dYEAR dAUG_dYEAR "
        "dSEP_dYEAR dOCT_dYEAR dNOV_dYEAR dDEC_dYEAR",
        {"axis": "YEAR"},
    ),
    Case("global-temp", "global-temp.csv", csv_columns, "dtemp_dyear", {"axis": "year"}),
    Case(
        "wind-lon-lat",
        "windvectors.csv",
        csv_grid("longitude", "latitude"),
        "ddir_dlongitude ddir_dlatitude ddirCat_dlongitude ddirCat_dlatitude "
        "dspeed_dlongitude dspeed_dlatitude",
        {"dims": "longitude,latitude"},
    ),
    Case(
        "wind-lat-lon",
        "windvectors.csv",
        csv_grid("latitude", "longitude"),
        "dspeed_dlongitude dspeed_dlatitude",
        {"dims": "latitude,longitude", "axis": "longitude,latitude", "var": "speed"},
    ),
    Case("terrain", "terrain.dat", csv_matrix, "dterrain_d0 dterrain_d1"),
    # Packages
    Case(
        "scipy-example-1",
        "scipy/example_1.nc",
        netcdf_classic,
        "dtemp_dlevel dtemp_dlat dtemp_dlon drh_dlat drh_dlon",
    ),
    Case(
        "scipy-example-3",
        "scipy/example_3_maskedvals.nc",
        netcdf_classic,
        "dvar1_fillval0_ddim1 dvar2_noFillval_ddim1 dvar3_fillvalAndMissingValue_ddim1 "
        "dvar4_missingValue_ddim1 dvar5_fillvalNaN_ddim1 dvar7_2d_ddim1 dvar7_2d_ddim2",
    ),
    Case(
        "xarray-bears",
        "xarray/bears.nc",
        netcdf_classic,
        "dorder_di dorder_dj dshot_di dshot_dj daloan_di daloan_dj dcross_di dcross_dj",
    ),
    Case(
        "topobathy",
        "matplotlib/topobathy.npz",
        npz,
        "dtopo_d0 dtopo_d1",
        {"var": "topo"},
    ),
    Case(
        "jacksboro",
        "matplotlib/jacksboro_fault_dem.npz",
        npz,
        "delevation_d0 delevation_d1",
        {"edge_order": 2},
        edge_order=2,
    ),
    Case(
        "goog",
        "matplotlib/goog.npz",
        npz,
        "price_data/dclose_d0 price_data/dvolume_d0",
        {"var": "close,volume"},
    ),
    Case(
        "bivariate",
        "matplotlib/axes_grid/bivariate_normal.npy",
        array,
        "dbivariate_normal_d0 dbivariate_normal_d1",
        {"spacing": 0.4},
        steps={"0": 0.4, "1": 0.4},
    ),
    Case(
        "mpl-powers",
        "matplotlib/data_x_x2_x3.csv",
        csv_matrix,
        "ddata_x_x2_x3_d0",
        {"axis": "0"},
    ),
    Case(
        "iris-a1b",
        "iris_sample_data/A1B_north_america.nc",
        netcdf,
        "dair_temperature_dtime dair_temperature_dlatitude dair_temperature_dlongitude",
    ),
    Case("iris-soi", "iris_sample_data/SOI_Darwin.nc", netcdf, "dSOI_Darwin_dtime"),
    Case(
        "iris-profiles",
        "iris_sample_data/atlantic_profiles.nc",
        netcdf,
        "dsalinity_dz dsalinity_dy dtheta_dz dtheta_dy",
        {"axis": "z,y", "edge_order": 2},
        edge_order=2,
    ),
    Case(
        "iris-hybrid",
        "iris_sample_data/hybrid_height.nc",
        netcdf,
        "dair_potential_temperature_dmodel_level_number "
        "dair_potential_temperature_dgrid_latitude dair_potential_temperature_dgrid_longitude",
    ),
    Case(
        "iris-orca",
        "iris_sample_data/orca2_votemper.nc",
        netcdf,
        "dvotemper_ddim0 dvotemper_ddim1",
    ),
    Case(
        "iris-ostia",
        "iris_sample_data/ostia_monthly.nc",
        netcdf,
        "dsurface_temperature_dtime dsurface_temperature_dlatitude dsurface_temperature_dlongitude",
    ),
    Case(
        "iris-space",
        "iris_sample_data/space_weather.nc",
        netcdf_classic,
        "dNe_dheight dNe_drLat dNe_drLon dTEC_drLat dTEC_drLon",
    ),
    Case(
        "iris-toa",
        "iris_sample_data/toa_brightness_stereographic.nc",
        netcdf,
        "ddata_dx ddata_dy",
        {"axis": "x,y"},
    ),
    Case("iris-vlstr", "iris_sample_data/vlstr_type.nc", netcdf, "dwind_dtime"),
    Case("nile", "statsmodels/nile/nile.csv", csv_columns, "dvolume_dyear", {"axis": "year"}),
    Case(
        "sunspots",
        "statsmodels/sunspots/sunspots.csv",
        csv_columns,
        "dSUNACTIVITY_dYEAR",
        {"axis": "YEAR", "edge_order": 2},
        edge_order=2,
    ),
    Case(
        "macrodata",
        "statsmodels/macrodata/macrodata.csv",
        csv_columns,
        "drealgdp_d0 dcpi_d0",
        {"axis": "0", "var": "realgdp,cpi"},
    ),
    Case(
        "jmulti",
        "statsmodels/interest_inflation/E6_jmulti.csv",
        csv_matrix,
        "dE6_jmulti_d0 dE6_jmulti_d1",
    ),
    Case("tables-f64be", "tables/smpl_f64be.h5", hdf5, "dTestArray_d0 dTestArray_d1"),
    Case("tables-i32be", "tables/smpl_i32be.h5", hdf5, "dTestArray_d0 dTestArray_d1"),
    Case(
        "tables-unlimited",
        "tables/smpl_SDSextendible.h5",
        hdf5,
        "dExtendibleArray_d0 dExtendibleArray_d1",
    ),
    Case("tables-szip", "tables/test_szip.h5", hdf5, "ddset_szip_d0 ddset_szip_d1"),
    Case("tables-blosc", "tables/blosc_bigendian.h5", hdf5, "di1_d0 di2_d0 di4_d0 di8_d0"),
]

# What is refused, and a word of the reason.
REFUSED = [
    ("elnino-unsaid", "elnino.csv", [], 2, "--axis"),
    ("wrf-q", "wrf_tip_d1.nc", ["-v", "T2", "-a", "q"], 2, "south_north"),
    ("chopper-x", "chopper.nxs", ["-v", "entry/data/data", "-a", "x"], 2, "time_of_flight"),
    ("weird-unknown", "weird_name1.cdf", ["-v", "v3"], 2, "v1"),
    (
        "coads-flat-time",
        "coads_climatology.cdf",
        ["-a", "t", "--isel", "t=0", "--no-halo"],
        1,
        "axis t: has 1 point",
    ),
    ("quad", "float.h5", ["-v", "quadprecision"], 2, "quadprecision"),
    ("scipy-hole-in-axis", "scipy/example_2.nc", [], 1, "no variable"),
    ("tables-enum", "tables/smpl_enum.h5", [], 1, "flag"),
    ("tables-external-link", "tables/elink.h5", [], 1, "no variable"),
    ("tables-table", "tables/Tables_lzo1.h5", [], 1, "its filter is not installed here"),
    ("tables-scalar", "tables/scalar.h5", [], 1, "no variable"),
    ("mpl-binary-eeg", "matplotlib/eeg.dat", [], 1, "not CSV"),
    ("mpl-binary-membrane", "matplotlib/membrane.dat", [], 1, "NUL"),
    ("mpl-words-for-dates", "matplotlib/msft.csv", ["-a", "Date"], 1, "Date"),
    ("macrodata-years-repeat", "statsmodels/macrodata/macrodata.csv", ["-a", "year"], 1, "year"),
]

REAL_FILES = sorted({case.file for case in CASES} | {row[1] for row in REFUSED})
UNREADABLE = {"matplotlib/eeg.dat", "matplotlib/membrane.dat"}


@pytest.mark.parametrize("name", [name for name in REAL_FILES if name not in UNREADABLE])
def test_info_says_what_is_in_it(name, capsys):
    path = found(name)
    code, text, errors = run(["info", str(path)], capsys)
    assert (code, errors) == (0, "")
    assert text.startswith(f"{path}: ")
    code, text, errors = run(["info", "--json", str(path)], capsys)
    assert (code, errors) == (0, "")
    said = json.loads(text)
    assert said["file"] == str(path)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_results_are_the_gradient(case, tmp_path):
    path = found(case.file)
    options = dict(case.options)
    if "coords" in options:
        options["coords"] = {axis: str(REAL / spec) for axis, spec in options["coords"].items()}
    report = gradcli.differentiate(path, output_dir=tmp_path, **options)
    wanted = sorted(case.results.split())
    said = {axis["result"]: (v["name"], axis) for v in report.variables for axis in v["axes"]}
    assert sorted(said) == wanted
    results = results_of(report)
    assert sorted(results) == wanted
    compared = 0
    for name, (variable, axis) in said.items():
        grid = case.road(path, variable)
        where = place(case, grid, axis)
        compared += assert_is_gradient(results[name], grid, *where, case.edge_order, name)
    assert compared


def place(case: Case, grid: Grid, axis: dict[str, Any]) -> tuple[int, Any, float]:
    """Return the axis of a result in the other road's grid, with its coordinates' rounding."""
    label = axis["axis"]
    names = case.options.get("dims", "").split(",") if case.road is array else grid.dims
    numbered = axis["result"].rpartition("_d")[2]  # an axis may be named by the file alone
    label = label if label in names else numbered
    index = names.index(label) if label in names else int(label)
    if label in case.steps:
        return index, case.steps[label], 0.0
    if label in case.coords:
        file, _, inside = case.coords[label].partition(":")
        vector = (hdf5(REAL / file, inside) if inside else array(REAL / file, "")).values
        return index, vector.astype("f8"), float(np.finfo(vector.dtype).eps)
    vector = grid.coords[index]
    if vector is None:
        return index, 1.0, 0.0
    # Only steps that were made equal may differ by the rounding of the stored type.
    snapped = "snapping" in axis["spacing"]
    return index, vector.astype("f8"), grid.rounding[index] if snapped else FLOAT64_EPS


@pytest.mark.parametrize(
    ("name", "options", "code", "word"),
    [row[1:] for row in REFUSED],
    ids=[row[0] for row in REFUSED],
)
def test_refused_in_one_line(name, options, code, word, tmp_path, capsys):
    path = found(name)
    options = [text.replace("=chopper", f"={path.parent}/chopper") for text in options]
    got, text, errors = run(["compute", str(path), "--output-dir", str(tmp_path), *options], capsys)
    assert got == code
    assert text == ""
    assert errors.startswith("Error: ")
    assert errors.count("\n") == 1
    assert word in errors
    assert "unexpected" not in errors
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("era5_1995-07-14T12.nc", ["-a", "x,y", "-v", "t2m"]),
        ("chopper.nxs", ["-v", "entry/data/data", "-a", "0,1"]),
        ("global-temp.csv", ["--axis", "year"]),
    ],
)
def test_installed_command(name, options, tmp_path):
    path = found(name)
    command = [sys.executable, "-m", "gradcli", "compute", str(path), *options]
    done = subprocess.run(
        [*command, "--output-dir", str(tmp_path)], capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    written = done.stdout.splitlines()
    assert written == [str(tmp_path / f"{path.stem}_gradient{path.suffix}")]
    gradcli.differentiate(written[0], dry_run=True, axis="0" if path.suffix == ".csv" else None)


# What is special of a file.


def computed(name: str, tmp_path: Path, **options: Any) -> Path:
    report = gradcli.differentiate(found(name), output_dir=tmp_path, **options)
    return Path(report.outputs[0])


def test_era5_is_unpacked(tmp_path):
    out = computed("era5_1995-07-14T12.nc", tmp_path, var="t2m", axis="latitude")
    with netCDF4.Dataset(out) as got:
        result = got["dt2m_dlatitude"]
        assert result.dtype == "f8"
        assert not {"scale_factor", "add_offset", "missing_value", "standard_name"} & set(
            result.ncattrs()
        )
        assert np.isnan(result._FillValue)
        assert result.units == "K degree_north-1"
        assert result.coordinates == "time"
        assert got["time"].shape == ()
        # The axis still descends, and colder lies north.
        assert got["latitude"][0] == 50.0
        assert np.nanmedian(result[:].filled(np.nan)) < 0


def test_goes_keeps_packed_coordinates_and_projection(tmp_path):
    out = computed("goes_cloud_top_height.nc", tmp_path)
    with netCDF4.Dataset(out) as got, netCDF4.Dataset(found("goes_cloud_top_height.nc")) as source:
        assert "DQF" not in got.variables
        assert got["dHT_dx"].grid_mapping == "goes_imager_projection"
        assert "goes_imager_projection" in got.variables
        assert got["dHT_dx"].units == "m rad-1"
        assert not {"_Unsigned", "valid_range", "ancillary_variables"} & set(
            got["dHT_dx"].ncattrs()
        )
        for name in "xy":
            assert got[name].dtype == "i2"
            np.testing.assert_array_equal(got[name][:], source[name][:])


def test_goes_flag_on_request(tmp_path):
    out = computed("goes_cloud_top_height.nc", tmp_path, var="DQF", axis="x")
    with netCDF4.Dataset(out) as got:
        assert "dDQF_dx" in got.variables
        assert not any(name.startswith("flag_") for name in got["dDQF_dx"].ncattrs())


def test_reversed_axis_turns_the_sign(tmp_path):
    """The file holds the same rows on an axis and on its mirror image.

    So FCN_REV(y) is FCN_NORM(-y), whatever its long_name says, and row for row its slope is the
    negative.
    """
    out = computed("reverse_axes.cdf", tmp_path, edge_order=2)
    with netCDF4.Dataset(out) as got, netCDF4.Dataset(found("reverse_axes.cdf")) as source:
        np.testing.assert_array_equal(source["FCN_REV"][:], source["FCN_NORM"][:])
        np.testing.assert_array_equal(got["Y1010_REV"][::-1], got["Y1010"][:])
        forward = got["dFCN_NORM_dY1010"][:].filled(np.nan)
        np.testing.assert_array_equal(got["dFCN_REV_dY1010_REV"][:].filled(np.nan), -forward)
        # FCN_NORM is cos(x/10) sin(y/2).
        x, y = got["XDEG"][:].filled(), got["Y1010"][:].filled()
        exact = np.cos(x / 10) * np.cos(y / 2)[:, None] / 2
        np.testing.assert_allclose(forward[1:-1], exact[1:-1], atol=0.05)


def test_coads_keeps_its_fill_value(tmp_path):
    out = computed("coads_climatology.cdf", tmp_path, axis="COADSX")
    with netCDF4.Dataset(out) as got:
        assert got.data_model == "NETCDF3_CLASSIC"
        result = got["dSST_dCOADSX"]
        assert result._FillValue == np.float32(-1e34)
        result.set_auto_mask(False)
        raw = result[:]
        assert not np.isnan(raw).any()
        source = netcdf_classic(found("coads_climatology.cdf"), "SST").values
        # Land and its neighbours are missing, everything else is a plausible slope.
        holes = np.isnan(source)
        assert (raw[holes] == np.float32(-1e34)).all()
        sea = raw[raw != np.float32(-1e34)]
        assert 0 < sea.size < (~holes).sum()
        assert np.abs(sea).max() < 10
        # Year 0 of a climatology stays as it is.
        assert got["TIME"].units.lower() == "hour since 0000-01-01 00:00:00"


def test_coads_ring_closes(tmp_path):
    out = computed(
        "coads_climatology.cdf", tmp_path, axis="COADSX", periodic={"COADSX": 360.0}, isel={"t": 0}
    )
    grid = netcdf_classic(found("coads_climatology.cdf"), "SST")
    field = grid.values[:1].astype("f8")
    ring = np.concatenate([field[..., -1:], field, field[..., :1]], axis=-1)
    wanted = np.gradient(ring, 2.0, axis=-1)[..., 1:-1]
    wanted[np.isnan(field)] = np.nan
    with netCDF4.Dataset(out) as got:
        result = got["dSST_dCOADSX"][:].filled(np.nan)
    np.testing.assert_allclose(result, wanted, rtol=1e-5, atol=1e-6)


def test_weird_names_do_not_clash(tmp_path):
    out = computed("weird_name1.cdf", tmp_path)
    with netCDF4.Dataset(out) as got:
        assert {"dv1_dXAX1_20", "dV1_dXAX1_20", "dv2-and-minus_dXAX1_20"} <= set(got.variables)
        assert got["dV1_dXAX1_20"].derivative_of == "V1"


def test_weird_names_can_be_asked_for(tmp_path):
    out = computed("weird_name1.cdf", tmp_path, var=["v2-and-minus", "V1"], axis="XAX1_20")
    with netCDF4.Dataset(out) as got:
        assert set(got.variables) == {"dv2-and-minus_dXAX1_20", "dV1_dXAX1_20", "XAX1_20"}


def test_grouped_result_stays_in_its_group(tmp_path):
    out = computed("grouped.nc", tmp_path, axis="lat")
    with netCDF4.Dataset(out) as got:
        model = got["forecast/model"]
        assert set(model.variables) == {"dq_dlat"}
        assert model["dq_dlat"].dimensions == ("lat", "lon")
        assert not model.dimensions
        assert {"lat", "lon", "lat_bnds"} <= set(got.variables)
        assert model["dq_dlat"].units == "degree_north-1"


def test_rotated_pole_keeps_its_unlimited_dimension(tmp_path):
    out = computed("rotated_pole.nc", tmp_path)
    with netCDF4.Dataset(out) as got:
        assert got.dimensions["grid_latitude"].isunlimited()
        assert not got.dimensions["grid_longitude"].isunlimited()
        name = "dair_pressure_at_sea_level_dgrid_longitude"
        assert got[name].shape == (22, 36)
        assert got[name].grid_mapping == "rotated_latitude_longitude"
        # Rotated degrees are not degrees north.
        assert got[name].units == "Pa degree-1"
        assert got["grid_latitude"].dtype == "f4"


def test_tas_carries_what_it_needs(tmp_path):
    out = computed("tas_transposed_aux.nc", tmp_path, var="air_temperature")
    with netCDF4.Dataset(out) as got, netCDF4.Dataset(found("tas_transposed_aux.nc")) as source:
        result = got["dair_temperature_dgrid_latitude"]
        dims = ("atmosphere_hybrid_height_coordinate", "grid_latitude", "grid_longitude")
        assert result.dimensions == dims
        assert result.shape == (1, 10, 9)
        for attribute in ("coordinates", "grid_mapping", "cell_measures"):
            assert result.getncattr(attribute) == source["air_temperature"].getncattr(attribute)
            for name in _cf_names(result.getncattr(attribute)):
                assert name in got.variables, (attribute, name)
        assert got["longitude"].dimensions == ("grid_longitude", "grid_latitude")
        np.testing.assert_array_equal(got["longitude"][:], source["longitude"][:])
        for name in ("bounds_1", "bounds_2", "bounds"):
            assert not any(variable.startswith(f"d{name}") for variable in got.variables)
        assert got["grid_latitude"].bounds == source["grid_latitude"].bounds
        assert got["grid_latitude"].bounds in got.variables
        # The string coordinate along grid_latitude comes along whole.
        for name in _cf_names(result.coordinates):
            np.testing.assert_array_equal(got[name][...], source[name][...])


def _cf_names(attribute: str) -> list[str]:
    plain = [word for word in attribute.split() if word not in ("area:", "volume:")]
    return [word.rstrip(":") for word in plain]


def test_tas_says_that_one_point_has_no_slope(tmp_path):
    report = gradcli.differentiate(
        found("tas_transposed_aux.nc"), output_dir=tmp_path, var="air_temperature"
    )
    said = "air_temperature: no derivative along atmosphere_hybrid_height_coordinate, of one point"
    assert said in report.notes


def test_wrf_spacing_as_typed(tmp_path, capsys):
    """Both steps in one option, as a user types DX and DY of the file's header."""
    path = found("wrf_tip_d1.nc")
    steps = "west_east=30000,south_north=30000"
    out = tmp_path / "out.nc"
    options = ["-v", "T2", "-a", "south_north,west_east", "--spacing", steps, "-o", str(out)]
    code, text, errors = run(["compute", str(path), *options], capsys)
    assert (code, text) == (0, f"{out}\n"), errors
    with netCDF4.Dataset(out) as got:
        assert got.dimensions["Time"].isunlimited()
        assert got["dT2_dwest_east"].coordinates.split() == ["XLONG", "XLAT"]
        assert got["XLAT"].dimensions == ("south_north", "west_east")
        wanted = np.gradient(netcdf(path, "T2").values.astype("f8"), 30000.0, axis=2)
        np.testing.assert_allclose(got["dT2_dwest_east"][:], wanted, rtol=1e-5, atol=1e-9)
        # A step of the user's has a unit that only the user knows.
        assert "units" not in got["dT2_dwest_east"].ncattrs()


def test_quad_precision_is_left_alone(tmp_path):
    report = gradcli.differentiate(found("float.h5"), output_dir=tmp_path)
    assert any("quadprecision" in note for note in report.notes)
    assert any("longdouble" in note and "double" in note for note in report.notes)
    types = {name: values.dtype.name for name, values in results_of(report).items()}
    assert types["dfloat16_d0"] == "float32"
    assert types["dfloat32_d0"] == "float32"
    assert types["dlongdouble_d0"] == "float64"


def test_chopper_two_paths_are_one_dataset(tmp_path):
    """A hard link is the same dataset: by either path the same numbers."""
    paths = ("entry/data/time_of_flight", "entry/instrument/detector/time_of_flight")
    outputs = []
    for i, path in enumerate(paths):
        folder = tmp_path / str(i)
        folder.mkdir()
        report = gradcli.differentiate(found("chopper.nxs"), output_dir=folder, var=path)
        outputs.append(next(iter(results_of(report).values())))
    np.testing.assert_array_equal(*outputs)


def test_eofs_missing_land_stays_land(tmp_path):
    report = gradcli.differentiate(found("eofs_sst.npy"), output_dir=tmp_path, axis="0")
    land = np.isnan(np.load(found("eofs_sst.npy")))
    assert land.any()
    assert np.isnan(np.load(report.outputs[0])[land]).all()


def test_wind_rows_come_back_in_their_order(tmp_path):
    path = found("windvectors.csv")
    out = computed("windvectors.csv", tmp_path, dims="longitude,latitude", var="speed")
    source = np.genfromtxt(path, delimiter=",", names=True)
    got = np.genfromtxt(out, delimiter=",", names=True)
    for name in ("longitude", "latitude"):
        np.testing.assert_array_equal(got[name], source[name])


def test_terrain_without_its_index_column(tmp_path):
    """The first column counts rows: --isel leaves it out."""
    report = gradcli.differentiate(
        found("terrain.dat"), output_dir=tmp_path, axis="1", isel={"1": (1, None)}, halo=False
    )
    source = np.genfromtxt(found("terrain.dat"))
    got = np.genfromtxt(report.outputs[0])
    assert got.shape == (46, 54)
    np.testing.assert_allclose(got, np.gradient(source[:, 1:], axis=1), rtol=1e-12, atol=1e-12)


def test_stocks_have_dates_for_an_axis(tmp_path):
    """ISO dates are a time axis in seconds; months are not equally long."""
    path = found("matplotlib/Stocks.csv")
    out = computed("matplotlib/Stocks.csv", tmp_path, axis="Date", var="IBM,AMZN")
    lines = [line.split(",") for line in path.read_text().splitlines()[1:]]
    rows = [row for row in lines[1:] if any(row)]
    dates = np.array([row[0] for row in rows], "M8[s]").astype("f8")
    got = np.genfromtxt(out, delimiter=",", names=True, dtype=None, encoding="utf-8")
    for name in ("IBM", "AMZN"):
        cells = [row[lines[0].index(name)] for row in rows]
        values = np.array([float(cell) if cell else np.nan for cell in cells])
        grid = Grid(values, ("Date",), (dates,), (FLOAT64_EPS,))
        assert_is_gradient(got[f"d{name}_dDate"], grid, 0, dates, FLOAT64_EPS, 1, name)


def test_coads_slab_is_the_same_as_the_whole(tmp_path):
    """A part has the numbers of the whole."""
    whole = computed("coads_climatology.cdf", tmp_path, axis="COADSY")
    (tmp_path / "part").mkdir()
    part = computed(
        "coads_climatology.cdf", tmp_path / "part", axis="COADSY", sel={"COADSY": (-30.0, 30.0)}
    )
    with netCDF4.Dataset(whole) as all_of_it, netCDF4.Dataset(part) as some:
        assert some["COADSY"][0] == -29.0
        rows = np.isin(all_of_it["COADSY"][:], some["COADSY"][:])
        np.testing.assert_array_equal(
            some["dSST_dCOADSY"][:].filled(np.nan),
            all_of_it["dSST_dCOADSY"][:, rows].filled(np.nan),
        )


@pytest.mark.parametrize("suffix", [".nc", ".h5", ".npz"])
@pytest.mark.parametrize("name", ["coads_climatology.cdf", "era5_1995-07-14T12.nc"])
def test_other_formats_hold_the_same(name, suffix, tmp_path):
    path = found(name)
    variable = "SST" if name.startswith("coads") else "t2m"
    same = gradcli.differentiate(path, tmp_path / f"same{path.suffix}", axis="y", var=variable)
    other = gradcli.differentiate(path, tmp_path / f"other{suffix}", axis="y", var=variable)
    wanted, got = results_of(same), results_of(other)
    assert set(wanted) <= set(got)
    for key in wanted:
        np.testing.assert_array_equal(_no_fill(got[key]), wanted[key])


def _no_fill(values: np.ndarray) -> np.ndarray:
    return np.where(np.abs(values) > 1e30, np.nan, values)


@pytest.mark.parametrize("jobs", [1, 2])
def test_memory_and_threads_do_not_matter(jobs, tmp_path):
    """A cap that cuts the fields into more blocks gives the same numbers."""
    path = found("era5_1995-07-14T12.nc")
    whole = gradcli.differentiate(path, tmp_path / "whole.nc", jobs=1)
    cut = gradcli.differentiate(path, tmp_path / "cut.nc", jobs=jobs, memory="17MiB")
    assert cut.blocks > whole.blocks
    wanted, got = results_of(whole), results_of(cut)
    assert len(wanted) == 14
    for name in wanted:
        np.testing.assert_array_equal(got[name], wanted[name])


def test_datasets_without_points_are_no_surprise(tmp_path, capsys):
    """PyTables keeps empty index arrays (0 x 8192) beside others: left out, or refused."""
    path = found("tables/indexes_2_0.h5")
    code, _, errors = run(["compute", str(path), "--output-dir", str(tmp_path)], capsys)
    assert code in (0, 1)
    assert "unexpected" not in errors


def test_packages_are_named():
    """The docstring names every file of a package that is tried."""
    for name in REAL_FILES:
        if "/" in name:
            assert name.partition("/")[0] in PACKAGED
            assert name.rpartition("/")[2] in __doc__


@pytest.mark.parametrize("path", ["data", "instrument/detector"])
def test_edges_of_bins_give_their_centres(tmp_path: Path, path: str) -> None:
    if not (REAL / "chopper.nxs").exists():
        pytest.skip("the real files are not here")
    times = f"entry/{path}/time_of_flight"
    report = gradcli.differentiate(
        REAL / "chopper.nxs",
        tmp_path / "o.nxs",
        var="entry/data/data",
        axis="1",
        coords={"1": f"{REAL / 'chopper.nxs'}:/{times}"},
    )
    assert any("centres" in note for note in report.notes)
    import h5py

    with h5py.File(REAL / "chopper.nxs") as file, h5py.File(tmp_path / "o.nxs") as out:
        edges = file[times][()].astype(float)
        centres = (edges[1:] + edges[:-1]) / 2
        wanted = np.gradient(file["entry/data/data"][()].astype(float), centres, axis=1)
        found = out["entry/data/ddata_d1"][()]
        np.testing.assert_allclose(found, wanted, atol=1e-9 * np.abs(wanted).max())
