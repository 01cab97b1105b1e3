"""Public files for ``public.py``: where each is from, and what says where its points lie.

None of them is part of this project. They keep their owners' licences.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Origin:
    """A published package or repository, the command that brings it, and the folder inside."""

    version: str
    command: str
    inside: str = ""


def _github(owner: str, name: str, commit: str, inside: str = "") -> Origin:
    clone = f"git clone https://github.com/{owner}/{name}"
    return Origin(f"GitHub {owner}/{name} @ {commit}", clone, inside)


def _pypi(name: str, version: str, inside: str) -> Origin:
    install = f"pip install --no-deps --target . {name}=={version}"
    return Origin(f"PyPI {name} {version}", install, inside)


ORIGINS = {
    "iris_sample_data": _pypi("iris-sample-data", "2.5.2", "sample_data"),
    "eofs": _pypi("eofs", "2.0.0", "examples/example_data"),
    "argopy-data": _github("euroargodev", "argopy-data", "cf77323", "ftp/dac"),
    "cartopy": _github("SciTools", "cartopy", "437b0f7", "lib/cartopy/data/netcdf"),
    "cf-python": _github("NCAS-CMS", "cf-python", "ff87e7a", "docs/source/sample_files"),
    "geocat-datafiles": _github("NCAR", "geocat-datafiles", "c06ec3e", "netcdf_files"),
    "iris-test-data": _github("SciTools", "iris-test-data", "5a419d4", "test_data/NetCDF"),
    "mini-esgf-data": _github("roocs", "mini-esgf-data", "77efda8", "test_data"),
    "opendrift": _github("OpenDrift", "opendrift", "130bc99", "tests/test_data"),
    "parcels-data": _github("Parcels-code", "parcels-data", "4dd409f", "data"),
    "PyFerret": _github("NOAA-PMEL", "PyFerret", "f21d878", "bench/data"),
    "salem-sample-data": _github("fmaussion", "salem-sample-data", "8ad39d1", "salem-test/grid"),
    "wrf-python": _github("NCAR", "wrf-python", "59018ff", "test/ci_tests"),
    "xarray-data": _github("pydata", "xarray-data", "58de68c"),
    "xroms": _github("xoceanmodel", "xroms", "be8ea34", "xroms/tests/input"),
}


@dataclass(frozen=True)
class File:
    """A file, one of its variables, and what says where its points lie.

    Attributes
    ----------
    origin : str
        A key of ``ORIGINS``.
    path : str
        Path below the folder of the origin; or ``*/PATTERN``, the first such file below it.
    variable : str
    x, y : str
        The variables that hold the true longitude and latitude, over one dimension or more; with
        ``mapping`` the coordinates of the map, and with ``metric`` none lengths. ``-``: there
        are none along dimensions.
    z, t : str
        Vertical coordinate and time, over one dimension or more; empty if there is none of two
        points.
    mapping : str
        The grid mapping through which x and y mean places.
    metric : str
        The metric that gradcli is given.
    through : bool
        Whether gradcli is given x and y with ``--coords``.
    limit : float
        The largest error that is expected of differences of the second order on this grid.
    awaits : str
        What gradcli does not do yet with this file.
    """

    origin: str
    path: str
    variable: str
    x: str
    y: str
    z: str = ""
    t: str = ""
    mapping: str = ""
    metric: str = "sphere"
    through: bool = False
    limit: float = 0.02
    awaits: str = ""

    @property
    def gridded(self) -> bool:
        """Whether there are x and y along dimensions."""
        return self.x != "-"

    @property
    def coords(self) -> dict[str, Any]:
        """The keyword ``coords``."""
        return {"coords": {"x": f":{self.x}", "y": f":{self.y}"}} if self.through else {}


# An origin, then its files: path, variable, x, y, and what else is not the default.
_LISTED = """
iris_sample_data
    A1B_north_america.nc air_temperature longitude latitude t=time
    ostia_monthly.nc surface_temperature longitude latitude t=time
    atlantic_profiles.nc salinity lon lat z=depth limit=0.3
    NEMO/nemo_1m_20150101-20150201_grid-T.nc tos nav_lon nav_lat
    orca2_votemper.nc votemper nav_lon nav_lat
    rotated_pole.nc air_pressure_at_sea_level grid_longitude grid_latitude
        mapping=rotated_latitude_longitude
    hybrid_height.nc air_potential_temperature grid_longitude grid_latitude z=level_height
        mapping=rotated_latitude_longitude limit=0.1
    space_weather.nc Ne rLon rLat z=height mapping=rotated_pole
    toa_brightness_stereographic.nc data x y mapping=stereographic
eofs
    hgt_djf.nc z longitude latitude t=time
    sst_ndjfm_anom.nc sst longitude latitude t=time
cartopy
    HadISST1_SST_update.nc sst lon lat
xarray-data
    eraint_uvz.nc z longitude latitude z=level
    basin_mask.nc basin X Y z=Z
geocat-datafiles
    era5_1995-07-14T12.nc t2m longitude latitude
    archv.0021_016_00_3zu.nc u Longitude Latitude z=Depth
    rectilinear_grid_3D.nc t lon lat z=lev
    tas_rectilinear_grid_2D.nc tas lon lat t=time
    NCEP_06_climo.nc T lon lat z=lev
    foam.ocean.nc V lon lat z=lev
    uvt.nc U lon lat z=lev
    sst.nc TEMP LON LAT
    sstdata_netcdf.nc sst lon lat t=time
    spherical_noise_input.nc spherical_noise lon lat
    tpom000.partial.nc t Longitude Latitude
    fice.nc fice hlon hlat
    80.nc T lon lat z=lev
    tos_ocean_bipolar_grid.nc tos lon lat
    pop.nc urot lon2d lat2d
    pre.8912.mon.nc pre lon lat
    mm5_d1.nc TERRAIN lon lat
    ctorca.nc sosstsst nav_lon nav_lat t=time_counter
    dummy_uvqp_data.nc u_wind lon lat
    tas_rotated_grid_EUR11.nc tas rlon rlat mapping=rotated_pole
    HSURF_regional_model_0.11deg.nc HSURF rlon rlat mapping=rotated_pole
salem-sample-data
    era_interim_tibet.nc t2m longitude latitude t=time
    wrf_tip_d1.nc T2 XLONG XLAT
    wrf_mercator.nc T2 XLONG XLAT
    har_d30km_y_2d_t2_2000.nc t2 lon lat
    geo_em.d01_lon-lat.nc LU_INDEX XLONG_M XLAT_M
    wrf_cropped.nc T2 XLONG XLAT awaits=grids_that_move
PyFerret
    coads_climatology.cdf SST COADSX COADSY t=TIME
    levitus_climatology.cdf TEMP XAXLEVITR1_160 YAXLEVITR1_90
    tripolar_subset.nc U GEOLON_C GEOLAT_C
cf-python
    air_temperature.nc tas lon lat
    vertical.nc ua grid_longitude grid_latitude z=air_pressure
        mapping=rotated_latitude_longitude
argopy-data
    */5900446_prof.nc TEMP - - z=PRES
    */1900857_prof.nc PSAL - - z=PRES
mini-esgf-data
    */tos_Omon_CESM2-FV2_*.nc tos lon lat
    */tos_Omon_CNRM-CM6-1_*.nc tos lon lat
    */tos_Omon_MPI-ESM-1-2-HAM_*.nc tos longitude latitude
    */tos_Omon_FGOALS-f3-L_*.nc tos longitude latitude
    */tos_Omon_BCC-CSM2-HR_*.nc tos longitude latitude
    */pbo_Omon_BCC-ESM1_*.nc pbo longitude latitude
    */zos_Omon_bcc-csm1-1_*.nc zos lon lat
    */sftof_Ofx_NorESM2-MM_*.nc sftof longitude latitude
    */deptho_Ofx_EC-Earth3-Veg_*.nc deptho longitude latitude awaits=points_that_coincide
    */areacello_Ofx_GFDL-ESM4_*.nc areacello lon lat
    */tas_ARC-44_ECMWF-ERAINT_*.nc tas rlon rlat mapping=rotated_pole
    */tas_ARC-44_ECMWF-ERAINT_*.nc tas lon lat through=yes
parcels-data
    NemoNorthSeaORCA025-N006_data/ORCA025-N06_20000104d05U.nc uo nav_lon nav_lat z=depthu
    */t.x1_SAMOC_flux.169000.nc UVEL ULON ULAT
    CROCOidealized_data/CROCO_idealized.nc h x_rho y_rho metric=none
opendrift
    2Feb2016_Nordic_sigma_3d/Nordic_subset.nc aice lon_rho lat_rho t=ocean_time
    croco/croco_his.nc zeta lon_rho lat_rho
    14Jan2016_NorKyst_z_3d/AROME_MetCoOp_00_DEF_20160114_subset.nc x_wind_10m x y t=time
        mapping=projection_lambert
    2Feb2016_Nordic_sigma_3d/Arctic20_1to5Feb_2016.nc salinity X Y z=depth t=time
        mapping=polar_stereographic
wrf-python
    ci_result_file.nc avo lon lat
    ci_test_file.nc T2 XLONG XLAT awaits=grids_that_move
iris-test-data
    rotated/xy/rotPole_landAreaFraction.nc sftls rlon rlat mapping=rotated_pole
    lambert_azimuthal_equal_area/euro_air_temp.nc air_temperature projection_x_coordinate
        projection_y_coordinate mapping=lambert_azimuthal_equal_area
    lambert_conformal/test_lcc.nc tas x y t=time mapping=lambert_conformal_conic
    mercator/toa_brightness_temperature.nc data x y mapping=mercator
    polar/toa_brightness_temperature.nc data x y mapping=polar_stereographic
    transverse_mercator/tmean_1910_1910.nc tmean x y mapping=crs
xroms
    ocean_his_0001.nc h lon_rho lat_rho metric=none
"""


def _files() -> list[File]:
    found, origin = [], ""
    for line in filter(None, _LISTED.replace("\n        ", " ").splitlines()):
        if not line.startswith(" "):
            origin = line
            continue
        path, variable, x, y, *rest = line.split()
        words: dict[str, Any] = dict(word.split("=") for word in rest)
        for name, made in (("limit", float), ("through", bool)):
            if name in words:
                words[name] = made(words[name])
        words["awaits"] = words.get("awaits", "").replace("_", " ")
        found.append(File(origin, path, variable, x, y, **words))
    return found


FILES = _files()
