"""Write the sample files, each made from a function whose exact gradient is stated here.

Run ``python sample_data/make.py [DIR]`` (default: the folder of this script).  The values are
the same at every run.  ``exact(file, field, axis)`` gives the exact derivative at the points of
a file, in the shape in which the file holds the field; ``TOLERANCE`` says how far second-order
differences may be from it.

Every function takes its coordinates by the name of the axis; by position the fastest axis of
the array comes first: ``elevation(x, y)`` for an array ``(y, x)``.  A derivative is per unit of
the coordinate as stored (per degree, per day), and per index where the file has no coordinate.

``ocean.nc``
    NetCDF-4, ``sst(time, lat, lon)`` in degC, int16-packed, with missing land;
    time in days, uneven; lat and lon float32 degrees.
    With a = pi/90, b = 2 pi/40, c = 2 pi/30, w = 2 pi/365.25, i = b (lon + 70),
    j = c (lat - 24), s = w (time - 7530):
    sst       = 14 + 16 cos(a lat) + 1.5 sin(i) sin(j) + lat/15 cos(s);
    d/d lon   = 1.5 b cos(i) sin(j);
    d/d lat   = -16 a sin(a lat) + 1.5 c sin(i) cos(j) + cos(s)/15;
    d/d time  = -w lat/15 sin(s).
``terrain.nc``
    Classic NetCDF (64-bit offsets), ``elevation(y, x)`` in m, float32; y descends, unevenly.
    elevation = 250 + sum of h exp(-p^2/2 - q^2/2) over HILLS, p = (x - x0)/sx, q = (y - y0)/sy;
    d/dx      = sum of -h p/sx exp(...);  d/dy = sum of -h q/sy exp(...).
``polar.nc``
    NetCDF-4, ``ice(eta, xi)`` in m, float64, on a curved grid over the north pole; ``lon`` and
    ``lat`` lie over both dimensions.  With x = cos(lat) cos(lon), y = cos(lat) sin(lon), z =
    sin(lat), R = 6371229 m: ice = 2 + x z - 0.5 y;
    d/d east  = (-z sin(lon) - 0.5 cos(lon)) / R;
    d/d north = (-z sin(lat) cos(lon) + 0.5 sin(lat) sin(lon) + x cos(lat)) / R.
``potential.h5``
    HDF5, dimension scales in m (z uneven).  With p = 2 x + y - z and e = 8.8541878128:
    ``field/potential(z, y, x)``, V, float64, gzip: x^2 + 2 y^2 + 3 z^2 + 0.2 sin(p);
    d/dx = 2 x + 0.4 cos(p);  d/dy = 4 y + 0.2 cos(p);  d/dz = 6 z - 0.2 cos(p).
    ``field/charge(z, y, x)``, pC m-3, float32, contiguous (-e times the Laplacian of the
    potential): -e (12 - 1.2 sin(p));
    d/dx = 2.4 e cos(p);  d/dy = 1.2 e cos(p);  d/dz = -1.2 e cos(p).
    ``info/runs`` (integers) and ``info/operator`` (text) are not fields.
``image.npy``, ``image.csv``
    The same uint8 picture (y, x) as an array and as a matrix of numbers; x and y are indices.
    image = 25 + sum of h exp(-p^2/2 - q^2/2) over BLOBS, rounded; gradient as for the terrain.
``wave.npz``
    Two float64 arrays; x, y and z are indices.  With p = 0.2 x + 0.1 y, q = 0.15 y - 0.05 x:
    ``h(y, x)``    = 0.8 cos(p) + 0.3 sin(q);
    d/dx = -0.16 sin(p) - 0.015 cos(q);  d/dy = -0.08 sin(p) + 0.045 cos(q).
    With r = 0.2 x + 0.15 y:
    ``u(z, y, x)`` = exp(-0.1 z) cos(r);
    d/dx = -0.2 exp(-0.1 z) sin(r);  d/dy = -0.15 exp(-0.1 z) sin(r);  d/dz = -0.1 u.
``track.csv``
    Table ``t,x,y,depth``: a ship's way in m, t in uneven seconds, some depths empty.
    x = 2.5 t + 60 sin(t/200);  dx/dt = 2.5 + 0.3 cos(t/200);
    y = 182 sin(t/260);         dy/dt = 0.7 cos(t/260);
    depth = 60 + 12 sin(x/300) + 9 cos(y/150);
    d(depth)/dt = 0.04 cos(x/300) dx/dt - 0.06 sin(y/150) dy/dt.
``station.csv``
    Table ``time;temperature;pressure`` with decimal commas, a comment line, ISO 8601 times in
    UTC, hourly with gaps.  With time in seconds since the first row (any origin gives the same
    derivative), w = 2 pi/86400, v = 2 pi/432000:
    temperature = 8 + 5 sin(w time - 2.3);   d/d time = 5 w cos(w time - 2.3), per second;
    pressure    = 1012 + 7 cos(v time);      d/d time = -7 v sin(v time), per second.
``survey.csv``
    Long table ``y,x,gravity,magnetic``: a full grid, rows in random order; y uneven (m).
    With X = (x - 1150)/800, Y = (y - 950)/800, q = X^2 + Y^2:
    gravity  = 12 (1 + q)^-1.5;              d/dx = -36 (1 + q)^-2.5 X/800;
    magnetic = 75 (2 - q) (1 + q)^-2.5;      d/dx = 225 (q - 4) (1 + q)^-3.5 X/800;
    d/dy: Y in place of the last X.
``section.csv``
    Crosstab: distances (km) in the first row, uneven depths (m) in the first column.  With
    k = 2 pi/80:
    section = 5 + 15 exp(-depth/250) (1 + 0.15 cos(k distance)), temperature in degC;
    d/d distance = -2.25 k exp(-depth/250) sin(k distance);
    d/d depth    = -0.06 exp(-depth/250) (1 + 0.15 cos(k distance)).
``profile.csv.gz``
    Gzipped table, tabs between ``depth``, ``temperature`` and ``salinity``; depth uneven (m).
    temperature = 6 + 12 exp(-depth/150);             d/d depth = -0.08 exp(-depth/150);
    salinity    = 35.5 - 0.7 tanh((depth - 80)/60);
    d/d depth   = -0.7/60 / cosh((depth - 80)/60)^2.
"""

from __future__ import annotations

import gzip
import sys
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import netCDF4  # its HDF5 library has to load before that of h5py

# isort: split
import h5py
import numpy as np

Array = np.ndarray[Any, np.dtype[Any]]
Function = Callable[..., Any]
Blob = tuple[float, float, float, float, float]

SEED = 20240501
SCALE_FACTOR = 0.001  # packing of sst
ADD_OFFSET = 15.0
FILL = -32767
EPSILON_0 = 8.8541878128  # pF/m
STATION_START = np.datetime64("2024-03-01T00:00:00")

# height, x0, y0, sx, sy
HILLS: tuple[Blob, ...] = (
    (420.0, 432900.0, 5260700.0, 520.0, 430.0),
    (260.0, 434300.0, 5261600.0, 610.0, 700.0),
    (-110.0, 434100.0, 5260300.0, 450.0, 480.0),
    (150.0, 432500.0, 5262000.0, 400.0, 520.0),
)
BLOBS: tuple[Blob, ...] = (
    (150.0, 20.0, 18.0, 8.0, 7.0),
    (90.0, 44.0, 30.0, 11.0, 9.0),
    (60.0, 58.0, 8.0, 7.0, 6.0),
    (45.0, 12.0, 40.0, 9.0, 6.0),
)

RADIUS = 6371229.0  # of the Earth, for polar.nc

# --- the functions and their derivatives ---------------------------------------------------

_LAT, _GYRE_X, _GYRE_Y, _YEAR = np.pi / 90, 2 * np.pi / 40, 2 * np.pi / 30, 2 * np.pi / 365.25


def sst(lon: Any, lat: Any, time: Any) -> Any:
    """Return the sea surface temperature in degC: a profile, a gyre, a season."""
    gyre = np.sin(_GYRE_X * (lon + 70)) * np.sin(_GYRE_Y * (lat - 24))
    season = np.cos(_YEAR * (time - 7530))
    return 14 + 16 * np.cos(_LAT * lat) + 1.5 * gyre + lat / 15 * season


def sst_lon(lon: Any, lat: Any, time: Any) -> Any:
    """Return d sst/d lon, per degree."""
    slope = 1.5 * _GYRE_X * np.cos(_GYRE_X * (lon + 70)) * np.sin(_GYRE_Y * (lat - 24))
    return slope + 0 * time


def sst_lat(lon: Any, lat: Any, time: Any) -> Any:
    """Return d sst/d lat, per degree."""
    gyre = 1.5 * _GYRE_Y * np.sin(_GYRE_X * (lon + 70)) * np.cos(_GYRE_Y * (lat - 24))
    return gyre - 16 * _LAT * np.sin(_LAT * lat) + np.cos(_YEAR * (time - 7530)) / 15


def sst_time(lon: Any, lat: Any, time: Any) -> Any:
    """Return d sst/d time, per day."""
    return -_YEAR * lat / 15 * np.sin(_YEAR * (time - 7530)) + 0 * lon


def land(lon: Any, lat: Any) -> Any:
    """Return where ``sst`` is missing: inside an ellipse."""
    return ((lon + 70) / 9) ** 2 + ((lat - 43) / 5) ** 2 < 1


def _blobs(blobs: Iterable[Blob], x: Any, y: Any, order: str = "") -> Any:
    """Return a sum of Gaussians, or its derivative along ``x`` or ``y``."""
    total: Any = 0.0
    for height, x0, y0, sx, sy in blobs:
        p, q = (x - x0) / sx, (y - y0) / sy
        factor = {"": 1.0, "x": -p / sx, "y": -q / sy}[order]
        total = total + height * factor * np.exp(-(p**2) / 2 - q**2 / 2)
    return total


def elevation(x: Any, y: Any) -> Any:
    """Return the height of the terrain in m."""
    return 250 + _blobs(HILLS, x, y)


def elevation_x(x: Any, y: Any) -> Any:
    """Return d elevation/dx."""
    return _blobs(HILLS, x, y, "x")


def elevation_y(x: Any, y: Any) -> Any:
    """Return d elevation/dy."""
    return _blobs(HILLS, x, y, "y")


def polar_grid() -> tuple[Any, Any]:
    """Return longitude and latitude in degrees of a curved grid over the north pole."""
    b, a = np.meshgrid(np.linspace(-0.3, 0.3, 31), np.linspace(-0.35, 0.35, 41), indexing="ij")
    a, b = a + 0.2 * a * b, b + 0.1 * a**2
    return np.degrees(np.arctan2(a, -b)), 90 - 2 * np.degrees(np.arctan(np.hypot(a, b) / 2))


def ice(lon: Any, lat: Any) -> Any:
    """Return the thickness of the ice in m."""
    lon, lat = np.radians(lon), np.radians(lat)
    return 2 + np.cos(lat) * (np.cos(lon) * np.sin(lat) - 0.5 * np.sin(lon))


def ice_east(lon: Any, lat: Any) -> Any:
    """Return d ice/d east, a metre."""
    lon, lat = np.radians(lon), np.radians(lat)
    return (-np.sin(lat) * np.sin(lon) - 0.5 * np.cos(lon)) / RADIUS


def ice_north(lon: Any, lat: Any) -> Any:
    """Return d ice/d north, a metre."""
    lon, lat = np.radians(lon), np.radians(lat)
    return (np.cos(2 * lat) * np.cos(lon) + 0.5 * np.sin(lat) * np.sin(lon)) / RADIUS


def image(x: Any, y: Any) -> Any:
    """Return the brightness of the picture before it is rounded."""
    return 25 + _blobs(BLOBS, x, y)


def image_x(x: Any, y: Any) -> Any:
    """Return d image/dx, per pixel."""
    return _blobs(BLOBS, x, y, "x")


def image_y(x: Any, y: Any) -> Any:
    """Return d image/dy, per pixel."""
    return _blobs(BLOBS, x, y, "y")


def potential(x: Any, y: Any, z: Any) -> Any:
    """Return the potential in V."""
    return x**2 + 2 * y**2 + 3 * z**2 + 0.2 * np.sin(2 * x + y - z)


def potential_x(x: Any, y: Any, z: Any) -> Any:
    """Return d potential/dx."""
    return 2 * x + 0.4 * np.cos(2 * x + y - z)


def potential_y(x: Any, y: Any, z: Any) -> Any:
    """Return d potential/dy."""
    return 4 * y + 0.2 * np.cos(2 * x + y - z)


def potential_z(x: Any, y: Any, z: Any) -> Any:
    """Return d potential/dz."""
    return 6 * z - 0.2 * np.cos(2 * x + y - z)


def charge(x: Any, y: Any, z: Any) -> Any:
    """Return the charge density in pC m-3 that goes with the potential."""
    return -EPSILON_0 * (12 - 1.2 * np.sin(2 * x + y - z))


def charge_x(x: Any, y: Any, z: Any) -> Any:
    """Return d charge/dx."""
    return 2.4 * EPSILON_0 * np.cos(2 * x + y - z)


def charge_y(x: Any, y: Any, z: Any) -> Any:
    """Return d charge/dy."""
    return 1.2 * EPSILON_0 * np.cos(2 * x + y - z)


def charge_z(x: Any, y: Any, z: Any) -> Any:
    """Return d charge/dz."""
    return -1.2 * EPSILON_0 * np.cos(2 * x + y - z)


def wave_h(x: Any, y: Any) -> Any:
    """Return the height of the waves."""
    return 0.8 * np.cos(0.2 * x + 0.1 * y) + 0.3 * np.sin(0.15 * y - 0.05 * x)


def wave_h_x(x: Any, y: Any) -> Any:
    """Return dh/dx, per index."""
    return -0.16 * np.sin(0.2 * x + 0.1 * y) - 0.015 * np.cos(0.15 * y - 0.05 * x)


def wave_h_y(x: Any, y: Any) -> Any:
    """Return dh/dy, per index."""
    return -0.08 * np.sin(0.2 * x + 0.1 * y) + 0.045 * np.cos(0.15 * y - 0.05 * x)


def wave_u(x: Any, y: Any, z: Any) -> Any:
    """Return the velocity below the waves."""
    return np.exp(-0.1 * z) * np.cos(0.2 * x + 0.15 * y)


def wave_u_x(x: Any, y: Any, z: Any) -> Any:
    """Return du/dx, per index."""
    return -0.2 * np.exp(-0.1 * z) * np.sin(0.2 * x + 0.15 * y)


def wave_u_y(x: Any, y: Any, z: Any) -> Any:
    """Return du/dy, per index."""
    return -0.15 * np.exp(-0.1 * z) * np.sin(0.2 * x + 0.15 * y)


def wave_u_z(x: Any, y: Any, z: Any) -> Any:
    """Return du/dz, per index."""
    return -0.1 * wave_u(x, y, z)


def track_x(t: Any) -> Any:
    """Return the ship's easting in m."""
    return 2.5 * t + 60 * np.sin(t / 200)


def track_x_t(t: Any) -> Any:
    """Return dx/dt in m/s."""
    return 2.5 + 0.3 * np.cos(t / 200)


def track_y(t: Any) -> Any:
    """Return the ship's northing in m."""
    return 182 * np.sin(t / 260)


def track_y_t(t: Any) -> Any:
    """Return dy/dt in m/s."""
    return 0.7 * np.cos(t / 260)


def track_depth(t: Any) -> Any:
    """Return the depth of the water under the ship in m."""
    return 60 + 12 * np.sin(track_x(t) / 300) + 9 * np.cos(track_y(t) / 150)


def track_depth_t(t: Any) -> Any:
    """Return d depth/dt in m/s."""
    along_x = 0.04 * np.cos(track_x(t) / 300) * track_x_t(t)
    return along_x - 0.06 * np.sin(track_y(t) / 150) * track_y_t(t)


_DAY, _WEATHER = 2 * np.pi / 86400, 2 * np.pi / 432000


def station_temperature(time: Any) -> Any:
    """Return the air temperature in degC; time in seconds since the first row."""
    return 8 + 5 * np.sin(_DAY * time - 2.3)


def station_temperature_time(time: Any) -> Any:
    """Return d temperature/d time, per second."""
    return 5 * _DAY * np.cos(_DAY * time - 2.3)


def station_pressure(time: Any) -> Any:
    """Return the air pressure in hPa; time in seconds since the first row."""
    return 1012 + 7 * np.cos(_WEATHER * time)


def station_pressure_time(time: Any) -> Any:
    """Return d pressure/d time, per second."""
    return -7 * _WEATHER * np.sin(_WEATHER * time)


def _source(x: Any, y: Any) -> tuple[Any, Any, Any]:
    """Return the place relative to the buried body, in depths, and its square."""
    across, along = (x - 1150) / 800, (y - 950) / 800
    return across, along, across**2 + along**2


def gravity(x: Any, y: Any) -> Any:
    """Return the gravity anomaly of a buried sphere in mGal."""
    return 12 * (1 + _source(x, y)[2]) ** -1.5


def gravity_x(x: Any, y: Any) -> Any:
    """Return d gravity/dx."""
    across, _, q = _source(x, y)
    return -36 * (1 + q) ** -2.5 * across / 800


def gravity_y(x: Any, y: Any) -> Any:
    """Return d gravity/dy."""
    _, along, q = _source(x, y)
    return -36 * (1 + q) ** -2.5 * along / 800


def magnetic(x: Any, y: Any) -> Any:
    """Return the magnetic anomaly of a buried vertical dipole in nT."""
    q = _source(x, y)[2]
    return 75 * (2 - q) * (1 + q) ** -2.5


def magnetic_x(x: Any, y: Any) -> Any:
    """Return d magnetic/dx."""
    across, _, q = _source(x, y)
    return 225 * (q - 4) * (1 + q) ** -3.5 * across / 800


def magnetic_y(x: Any, y: Any) -> Any:
    """Return d magnetic/dy."""
    _, along, q = _source(x, y)
    return 225 * (q - 4) * (1 + q) ** -3.5 * along / 800


_MEANDER = 2 * np.pi / 80


def section(distance: Any, depth: Any) -> Any:
    """Return the temperature of the water in degC."""
    return 5 + 15 * np.exp(-depth / 250) * (1 + 0.15 * np.cos(_MEANDER * distance))


def section_distance(distance: Any, depth: Any) -> Any:
    """Return d section/d distance, per km."""
    return -2.25 * _MEANDER * np.exp(-depth / 250) * np.sin(_MEANDER * distance)


def section_depth(distance: Any, depth: Any) -> Any:
    """Return d section/d depth, per m."""
    return -0.06 * np.exp(-depth / 250) * (1 + 0.15 * np.cos(_MEANDER * distance))


def profile_temperature(depth: Any) -> Any:
    """Return the temperature of the water in degC."""
    return 6 + 12 * np.exp(-depth / 150)


def profile_temperature_depth(depth: Any) -> Any:
    """Return d temperature/d depth, per m."""
    return -0.08 * np.exp(-depth / 150)


def profile_salinity(depth: Any) -> Any:
    """Return the salinity of the water."""
    return 35.5 - 0.7 * np.tanh((depth - 80) / 60)


def profile_salinity_depth(depth: Any) -> Any:
    """Return d salinity/d depth, per m."""
    return -0.7 / 60 / np.cosh((depth - 80) / 60) ** 2


# --- what holds of each file ---------------------------------------------------------------

# The axes of each field as the file holds it, slowest first.
AXES: dict[str, dict[str, tuple[str, ...]]] = {
    "ocean.nc": {"sst": ("time", "lat", "lon")},
    "terrain.nc": {"elevation": ("y", "x")},
    "potential.h5": {"field/potential": ("z", "y", "x"), "field/charge": ("z", "y", "x")},
    "image.npy": {"image": ("y", "x")},
    "image.csv": {"image": ("y", "x")},
    "wave.npz": {"h": ("y", "x"), "u": ("z", "y", "x")},
    "track.csv": {"x": ("t",), "y": ("t",), "depth": ("t",)},
    "station.csv": {"temperature": ("time",), "pressure": ("time",)},
    "survey.csv": {"gravity": ("y", "x"), "magnetic": ("y", "x")},
    "section.csv": {"section": ("depth", "distance")},
    "profile.csv.gz": {"temperature": ("depth",), "salinity": ("depth",)},
}

FIELDS: dict[str, dict[str, Function]] = {
    "ocean.nc": {"sst": sst},
    "terrain.nc": {"elevation": elevation},
    "potential.h5": {"field/potential": potential, "field/charge": charge},
    "image.npy": {"image": image},
    "image.csv": {"image": image},
    "wave.npz": {"h": wave_h, "u": wave_u},
    "track.csv": {"x": track_x, "y": track_y, "depth": track_depth},
    "station.csv": {"temperature": station_temperature, "pressure": station_pressure},
    "survey.csv": {"gravity": gravity, "magnetic": magnetic},
    "section.csv": {"section": section},
    "profile.csv.gz": {"temperature": profile_temperature, "salinity": profile_salinity},
}

EXACT: dict[str, dict[str, dict[str, Function]]] = {
    "ocean.nc": {"sst": {"lon": sst_lon, "lat": sst_lat, "time": sst_time}},
    "terrain.nc": {"elevation": {"x": elevation_x, "y": elevation_y}},
    "potential.h5": {
        "field/potential": {"x": potential_x, "y": potential_y, "z": potential_z},
        "field/charge": {"x": charge_x, "y": charge_y, "z": charge_z},
    },
    "image.npy": {"image": {"x": image_x, "y": image_y}},
    "image.csv": {"image": {"x": image_x, "y": image_y}},
    "wave.npz": {
        "h": {"x": wave_h_x, "y": wave_h_y},
        "u": {"x": wave_u_x, "y": wave_u_y, "z": wave_u_z},
    },
    "track.csv": {"x": {"t": track_x_t}, "y": {"t": track_y_t}, "depth": {"t": track_depth_t}},
    "station.csv": {
        "temperature": {"time": station_temperature_time},
        "pressure": {"time": station_pressure_time},
    },
    "survey.csv": {
        "gravity": {"x": gravity_x, "y": gravity_y},
        "magnetic": {"x": magnetic_x, "y": magnetic_y},
    },
    "section.csv": {"section": {"distance": section_distance, "depth": section_depth}},
    "profile.csv.gz": {
        "temperature": {"depth": profile_temperature_depth},
        "salinity": {"depth": profile_salinity_depth},
    },
}

# How far a stored value may be from its function: half a step of packing, of the last decimal,
# or of the floating-point type.  Over the step of an axis it bounds the error of a derivative.
ROUNDING: dict[str, dict[str, float]] = {
    "ocean.nc": {"sst": SCALE_FACTOR / 2},
    "terrain.nc": {"elevation": 2.0**-15},
    "potential.h5": {"field/potential": 2.0**-50, "field/charge": 2.0**-18},
    "image.npy": {"image": 0.5},
    "image.csv": {"image": 0.5},
    "wave.npz": {"h": 2.0**-53, "u": 2.0**-53},
    "track.csv": {"x": 5e-5, "y": 5e-5, "depth": 5e-6},
    "station.csv": {"temperature": 5e-6, "pressure": 5e-5},
    "survey.csv": {"gravity": 5e-7, "magnetic": 5e-6},
    "section.csv": {"section": 5e-7},
    "profile.csv.gz": {"temperature": 5e-7, "salinity": 5e-7},
}

# The largest error, absolute, that second-order differences may show anywhere in a field, edges
# and places beside a gap (one-sided, second order there) and rounding included: about 1.5 times
# what numpy.gradient(..., edge_order=2) shows on each stretch of stored values without a gap.
TOLERANCE: dict[str, dict[str, dict[str, float]]] = {
    "ocean.nc": {"sst": {"time": 0.0076, "lat": 0.0068, "lon": 0.0053}},
    "terrain.nc": {"elevation": {"y": 0.0045, "x": 0.0026}},
    "potential.h5": {
        "field/potential": {"z": 0.0046, "y": 0.001, "x": 0.008},
        "field/charge": {"z": 0.25, "y": 0.054, "x": 0.43},
    },
    "image.npy": {"image": {"y": 2.5, "x": 2.3}},
    "image.csv": {"image": {"y": 2.5, "x": 2.3}},
    "wave.npz": {
        "h": {"y": 0.00085, "x": 0.0032},
        "u": {"z": 0.00047, "y": 0.0017, "x": 0.004},
    },
    "track.csv": {
        "x": {"t": 8e-05},
        "y": {"t": 0.00015},
        "depth": {"t": 9.1e-05},
    },
    "station.csv": {
        "temperature": {"time": 2.3e-05},
        "pressure": {"time": 1.8e-07},
    },
    "survey.csv": {
        "gravity": {"y": 0.00046, "x": 0.00046},
        "magnetic": {"y": 0.016, "x": 0.014},
    },
    "section.csv": {"section": {"depth": 0.0011, "distance": 0.0086}},
    "profile.csv.gz": {
        "temperature": {"depth": 1.7e-05},
        "salinity": {"depth": 3.6e-05},
    },
}


# --- the points ----------------------------------------------------------------------------


def _ocean_points() -> dict[str, Array]:
    return {
        "time": 7305 + np.array([12.0, 40.5, 75.0, 101.0, 139.5, 167.0]),
        "lat": (24.375 + 0.75 * np.arange(36)).astype(np.float32).astype(float),
        "lon": (-70 + 0.6 * np.arange(60)).astype(np.float32).astype(float),
    }


def _terrain_points() -> dict[str, Array]:
    steps = np.round(50 + 14 * np.sin(0.45 * np.arange(47)), 1)
    y = np.round(5262350 - np.concatenate([[0.0], np.cumsum(steps)]), 1)
    return {"y": y, "x": 431800 + 50.0 * np.arange(64)}


def _potential_points() -> dict[str, Array]:
    s = np.linspace(-1, 1, 16)
    return {
        "z": np.round(s + 0.25 * s**3, 4),
        "y": np.round(-0.85 + 0.1 * np.arange(18), 2),
        "x": np.round(-0.95 + 0.1 * np.arange(20), 2),
    }


def _image_points() -> dict[str, Array]:
    return {"y": np.arange(48.0), "x": np.arange(64.0)}


def _wave_points(field: str) -> dict[str, Array]:
    if field == "h":
        return {"y": np.arange(40.0), "x": np.arange(50.0)}
    return {"z": np.arange(8.0), "y": np.arange(20.0), "x": np.arange(24.0)}


def _track_points() -> dict[str, Array]:
    steps = np.random.default_rng(SEED).uniform(3, 7, 199)
    return {"t": np.round(np.concatenate([[0.0], np.cumsum(np.round(steps, 1))]), 1)}


def _station_points() -> dict[str, Array]:
    silent = (17, 18, 40, 63, 64, 65, 66)
    return {"time": 3600.0 * np.setdiff1d(np.arange(120), silent)}


def _survey_points() -> dict[str, Array]:
    steps = np.tile([100.0, 90.0, 105.0, 110.0, 95.0], 4)[:19]
    return {"y": np.concatenate([[0.0], np.cumsum(steps)]), "x": 100.0 * np.arange(25)}


def _section_points() -> dict[str, Array]:
    depth = [0, 10, 20, 30, 50, 75, 100, 125, 150, 200, 250, 300, 400, 500]
    return {"depth": np.array(depth, dtype=float), "distance": 5.0 * np.arange(24)}


def _profile_points() -> dict[str, Array]:
    return {"depth": np.round(1 + 3 * np.arange(70) + 0.04 * np.arange(70) ** 2, 1)}


_POINTS: dict[str, Callable[[], dict[str, Array]]] = {
    "ocean.nc": _ocean_points,
    "terrain.nc": _terrain_points,
    "potential.h5": _potential_points,
    "image.npy": _image_points,
    "image.csv": _image_points,
    "track.csv": _track_points,
    "station.csv": _station_points,
    "survey.csv": _survey_points,
    "section.csv": _section_points,
    "profile.csv.gz": _profile_points,
}


def coordinates(file: str, field: str) -> dict[str, Array]:
    """Return the coordinate of every axis of a field as float64, as stored, slowest axis first."""
    return _wave_points(field) if file == "wave.npz" else _POINTS[file]()


def _evaluate(function: Function, points: Mapping[str, Array]) -> Array:
    """Return a function at every point of a grid, axes in the order of ``points``."""
    mesh = np.meshgrid(*points.values(), indexing="ij")
    return np.asarray(function(**dict(zip(points, mesh, strict=True))))


def values(file: str, field: str) -> Array:
    """Return the function of a field at its points, neither rounded nor with missing values."""
    return _evaluate(FIELDS[file][field], coordinates(file, field))


def exact(file: str, field: str, axis: str) -> Array:
    """Return the exact derivative at the points of a field, in the shape of the field."""
    return _evaluate(EXACT[file][field][axis], coordinates(file, field))


def missing(file: str, field: str) -> Array:
    """Return where a field has no value."""
    gaps = np.zeros([points.size for points in coordinates(file, field).values()], dtype=bool)
    if file == "ocean.nc":
        points = coordinates(file, field)
        gaps[:] = land(points["lon"], points["lat"][:, None])
    if (file, field) == ("track.csv", "depth"):
        gaps[[31, 32, 90, 147, 148, 149, 150]] = True
    return gaps


def rounding_error(file: str, field: str, axis: str, one_sided: bool = False) -> float:
    """Return the largest error that rounding alone may put into a second-order derivative.

    A centred difference on equal steps has ``ROUNDING / step`` (for ``sst``: scale_factor / 2
    over the step); a one-sided one, at an edge or beside a gap, four times that.
    """
    steps = np.abs(np.diff(coordinates(file, field)[axis]))
    one, two = steps[:-1], steps[1:]
    if one_sided:
        weights = 2 * (one + two) / (one * two)
    else:
        weights = 2 * np.maximum(one, two) / (np.minimum(one, two) * (one + two))
    return float(ROUNDING[file][field] * weights.max())


# --- the files -----------------------------------------------------------------------------


def make_ocean(path: Path) -> None:
    """Write a CF file with packing, missing values, bounds and an unlimited dimension."""
    points = coordinates("ocean.nc", "sst")
    packed = np.rint((values("ocean.nc", "sst") - ADD_OFFSET) / SCALE_FACTOR)
    packed[missing("ocean.nc", "sst")] = FILL
    edges = points["lat"][:, None] + np.array([-0.375, 0.375])
    with netCDF4.Dataset(path, "w", format="NETCDF4") as data:
        data.setncatts(
            {
                "title": "Sea surface temperature of an analytic ocean",
                "Conventions": "CF-1.11",
                "history": "2024-05-01 made by sample_data/make.py",
                "source": "analytic function",
            }
        )
        for name, size in (("time", None), ("lat", 36), ("lon", 60), ("bnds", 2)):
            data.createDimension(name, size)
        time = data.createVariable("time", "f8", ("time",))
        time.setncatts(
            {
                "standard_name": "time",
                "long_name": "time",
                "units": "days since 2000-01-01",
                "calendar": "standard",
                "axis": "T",
            }
        )
        lat = data.createVariable("lat", "f4", ("lat",))
        lat.setncatts(
            {
                "standard_name": "latitude",
                "long_name": "latitude",
                "units": "degrees_north",
                "axis": "Y",
                "bounds": "lat_bnds",
            }
        )
        lon = data.createVariable("lon", "f4", ("lon",))
        lon.setncatts(
            {
                "standard_name": "longitude",
                "long_name": "longitude",
                "units": "degrees_east",
                "axis": "X",
            }
        )
        bounds = data.createVariable("lat_bnds", "f4", ("lat", "bnds"))
        crs = data.createVariable("crs", "i4")
        crs.setncatts(
            {
                "grid_mapping_name": "latitude_longitude",
                "longitude_of_prime_meridian": 0.0,
                "semi_major_axis": 6378137.0,
                "inverse_flattening": 298.257223563,
            }
        )
        field = data.createVariable(
            "sst",
            "i2",
            ("time", "lat", "lon"),
            zlib=True,
            complevel=4,
            shuffle=True,
            chunksizes=(1, 36, 60),
            fill_value=FILL,
        )
        field.setncatts(
            {
                "standard_name": "sea_surface_temperature",
                "long_name": "sea surface temperature",
                "units": "degC",
                "scale_factor": np.float64(SCALE_FACTOR),
                "add_offset": np.float64(ADD_OFFSET),
                "cell_methods": "time: mean",
                "grid_mapping": "crs",
            }
        )
        field.set_auto_maskandscale(False)
        time[:], lat[:], lon[:] = points["time"], points["lat"], points["lon"]
        bounds[:], crs[...] = edges, 0
        field[:] = packed.astype(np.int16)


def make_terrain(path: Path) -> None:
    """Write a classic NetCDF file on projected coordinates, y descending and uneven."""
    points = coordinates("terrain.nc", "elevation")
    with netCDF4.Dataset(path, "w", format="NETCDF3_64BIT_OFFSET") as data:
        data.setncatts(
            {
                "title": "Elevation of an analytic landscape",
                "Conventions": "CF-1.11",
                "history": "2024-05-01 made by sample_data/make.py",
                "source": "analytic function",
            }
        )
        for name in ("y", "x"):
            data.createDimension(name, points[name].size)
        for name, direction in (("y", "northing"), ("x", "easting")):
            axis = data.createVariable(name, "f8", (name,))
            axis.setncatts(
                {
                    "standard_name": f"projection_{name}_coordinate",
                    "long_name": direction,
                    "units": "m",
                    "axis": name.upper(),
                }
            )
            axis[:] = points[name]
        utm = data.createVariable("utm", "i4")
        utm.setncatts(
            {
                "grid_mapping_name": "transverse_mercator",
                "projected_crs_name": "WGS 84 / UTM zone 32N",
                "geographic_crs_name": "WGS 84",
                "horizontal_datum_name": "World Geodetic System 1984",
                "reference_ellipsoid_name": "WGS 84",
                "prime_meridian_name": "Greenwich",
                "latitude_of_projection_origin": 0.0,
                "longitude_of_central_meridian": 9.0,
                "scale_factor_at_central_meridian": 0.9996,
                "false_easting": 500000.0,
                "false_northing": 0.0,
                "longitude_of_prime_meridian": 0.0,
                "semi_major_axis": 6378137.0,
                "inverse_flattening": 298.257223563,
            }
        )
        utm[...] = 0
        field = data.createVariable("elevation", "f4", ("y", "x"), fill_value=np.float32(-9999))
        field.setncatts(
            {
                "standard_name": "surface_altitude",
                "long_name": "elevation above mean sea level",
                "units": "m",
                "grid_mapping": "utm",
            }
        )
        field[:] = values("terrain.nc", "elevation").astype(np.float32)


def make_potential(path: Path) -> None:
    """Write an HDF5 file with dimension scales, and datasets that are not fields."""
    points = coordinates("potential.h5", "field/potential")
    with h5py.File(path, "w") as data:
        group = data.create_group("field")
        for name, along in points.items():
            scale = group.create_dataset(name, data=along)
            scale.attrs["units"] = "m"
            scale.make_scale(name)
        whole = values("potential.h5", "field/potential")
        group.create_dataset(
            "potential",
            data=whole,
            chunks=(8, 9, 10),
            compression="gzip",
            compression_opts=4,
            shuffle=True,
        )
        density = values("potential.h5", "field/charge").astype(np.float32)
        group.create_dataset("charge", data=density)
        for name, units in (("potential", "V"), ("charge", "pC m-3")):
            group[name].attrs["units"] = units
            for index, label in enumerate(points):
                group[name].dims[index].label = label
                group[name].dims[index].attach_scale(group[label])
        info = data.create_group("info")
        info.create_dataset("runs", data=np.array([101, 102, 105], dtype=np.int32))
        info.create_dataset("operator", data="A. Volta", dtype=h5py.string_dtype())


def make_polar(path: Path) -> None:
    """Write a field on a curved grid, whose longitude and latitude lie over both dimensions."""
    lon, lat = polar_grid()
    with netCDF4.Dataset(path, "w") as file:
        file.createDimension("eta", lon.shape[0])
        file.createDimension("xi", lon.shape[1])
        for name, values, units in (
            ("lon", lon, "degrees_east"),
            ("lat", lat, "degrees_north"),
            ("ice", ice(lon, lat), "m"),
        ):
            variable = file.createVariable(name, "f8", ("eta", "xi"))
            variable.units = units
            variable[...] = values
        file["ice"].long_name = "thickness of the ice"
        file["ice"].coordinates = "lon lat"


def _picture() -> Array:
    return np.rint(values("image.npy", "image")).astype(np.uint8)


def make_image_npy(path: Path) -> None:
    """Write the picture as an array."""
    np.save(path, _picture())


def make_image_csv(path: Path) -> None:
    """Write the picture as a matrix of numbers without a header."""
    _write(path, (",".join(map(str, row)) for row in _picture().tolist()))


def make_wave(path: Path) -> None:
    """Write two arrays of two and of three dimensions."""
    np.savez_compressed(path, h=values("wave.npz", "h"), u=values("wave.npz", "u"))


def make_track(path: Path) -> None:
    """Write a table of a ship's way, with empty fields."""
    t = coordinates("track.csv", "x")["t"]
    empty = missing("track.csv", "depth")
    lines = ["t,x,y,depth"]
    columns = (values("track.csv", name) for name in ("x", "y", "depth"))
    for when, x, y, depth, gap in zip(t, *columns, empty, strict=True):
        lines.append(f"{when},{x:.4f},{y:.4f},{'' if gap else f'{depth:.5f}'}")
    _write(path, lines)


def make_station(path: Path) -> None:
    """Write a table as a German spreadsheet does: semicolons and decimal commas."""
    seconds = coordinates("station.csv", "pressure")["time"].astype("timedelta64[s]")
    columns = (values("station.csv", name) for name in ("temperature", "pressure"))
    lines = ["# weather station, hourly, times in UTC", "time;temperature;pressure"]
    for when, temperature, pressure in zip(STATION_START + seconds, *columns, strict=True):
        numbers = f"{temperature:.5f};{pressure:.4f}".replace(".", ",")
        lines.append(f"{when}Z;{numbers}")
    _write(path, lines)


def make_survey(path: Path) -> None:
    """Write a grid in long layout, its rows in random order."""
    mesh = np.meshgrid(*coordinates("survey.csv", "gravity").values(), indexing="ij")
    fields = [values("survey.csv", name) for name in ("gravity", "magnetic")]
    table = np.stack([*mesh, *fields], axis=-1).reshape(-1, 4)
    np.random.default_rng(SEED).shuffle(table)
    _write(
        path, ["y,x,gravity,magnetic", *(f"{y:g},{x:g},{g:.6f},{m:.5f}" for y, x, g, m in table)]
    )


def make_section(path: Path) -> None:
    """Write a grid in crosstab layout."""
    points = coordinates("section.csv", "section")
    lines = [",".join(["", *(f"{distance:g}" for distance in points["distance"])])]
    for depth, row in zip(points["depth"], values("section.csv", "section"), strict=True):
        lines.append(",".join([f"{depth:g}", *(f"{value:.6f}" for value in row)]))
    _write(path, lines)


def make_profile(path: Path) -> None:
    """Write a gzipped table with tabs."""
    depth = coordinates("profile.csv.gz", "salinity")["depth"]
    columns = (values("profile.csv.gz", name) for name in ("temperature", "salinity"))
    rows = (f"{d}\t{t:.6f}\t{s:.6f}" for d, t, s in zip(depth, *columns, strict=True))
    text = "\n".join(["depth\ttemperature\tsalinity", *rows, ""])
    path.write_bytes(gzip.compress(text.encode(), mtime=0))


def _write(path: Path, lines: Iterable[str]) -> None:
    path.write_bytes("".join(f"{line}\n" for line in lines).encode())


MAKERS: dict[str, Callable[[Path], None]] = {
    "ocean.nc": make_ocean,
    "terrain.nc": make_terrain,
    "polar.nc": make_polar,
    "potential.h5": make_potential,
    "image.npy": make_image_npy,
    "image.csv": make_image_csv,
    "wave.npz": make_wave,
    "track.csv": make_track,
    "station.csv": make_station,
    "survey.csv": make_survey,
    "section.csv": make_section,
    "profile.csv.gz": make_profile,
}


def make(folder: Path) -> list[Path]:
    """Write every sample file into a folder and return their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, maker in MAKERS.items():
        maker(folder / name)
    return [folder / name for name in MAKERS]


def main(arguments: list[str]) -> int:
    """Write the files into the folder given, or beside this script."""
    if len(arguments) > 1 or any(argument.startswith("-") for argument in arguments):
        print("usage: python make.py [DIR]", file=sys.stderr)
        return 2
    folder = Path(arguments[0]) if arguments else Path(__file__).resolve().parent
    for path in make(folder):
        print(f"{path.name}  {path.stat().st_size} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
