"""Files whose coordinates differ from column to column, and the loop that differentiates them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import netCDF4
import numpy as np

from gradcli.numerics.schemes import Scheme
from gradcli.numerics.weights import fornberg

Numbers = np.ndarray
Variables = Mapping[str, tuple[tuple[str, ...], Any, dict[str, Any]]]


def write(path: Path, sizes: Mapping[str, int], variables: Variables, **storage: Any) -> Path:
    """Write variables, each given by its dimensions, values and attributes; NaN is missing."""
    with netCDF4.Dataset(path, "w") as file:
        for name, size in sizes.items():
            file.createDimension(name, size)
        for name, (dims, values, attributes) in variables.items():
            given = np.asarray(values)
            large = storage if len(dims) > 3 else {}
            made = file.createVariable(name, given.dtype, dims, fill_value=-9999.0, **large)
            made.setncatts(attributes)
            made[...] = np.where(np.isnan(given), -9999.0, given)
    return path


def by_loop(values: Numbers, nodes: Numbers, axis: int, edge_order: int = 1) -> Numbers:
    """Return np.gradient of every column, as long as its coordinates are valid."""
    f, x = (np.moveaxis(each, axis, -1) for each in (values, nodes))
    out = np.full(f.shape, np.nan)
    for place in np.ndindex(f.shape[:-1]):
        there = ~np.isnan(x[place])
        if there.sum() > edge_order:
            out[place][there] = np.gradient(
                f[place][there].astype(float), x[place][there].astype(float), edge_order=edge_order
            )
    return np.moveaxis(out, -1, axis)


def by_weights(values: Numbers, nodes: Numbers, axis: int, scheme: Scheme) -> Numbers:
    """Return the derivative of every column by Fornberg's weights of each point, in float64."""
    f, x = (np.moveaxis(each, axis, -1).astype(float) for each in (values, nodes))
    out = np.full(f.shape, np.nan)
    first, last = scheme.offsets(False)
    for place in np.ndindex(f.shape[:-1]):
        rows = np.flatnonzero(~np.isnan(x[place]))
        for at, row in enumerate(rows):
            left, right = at, len(rows) - 1 - at
            inside = left >= -first and right >= last
            span = (first, last) if inside else scheme.window(left, right)
            if span is not None:
                part = rows[at + span[0] : at + span[1] + 1]
                weights = fornberg(x[place][part] - x[place][row], scheme.order)
                out[place][row] = weights @ (f[place][part] - f[place][row])
    return np.moveaxis(out, -1, axis)


def floats(
    path: Path, profiles: int = 6, levels: int = 30, dtype: str = "f8", **changed: Any
) -> tuple[Numbers, Numbers]:
    """Write profiles of floats, each to its own depth, and return temperature and pressure."""
    rng = np.random.default_rng(7)
    pressure = np.cumsum(rng.uniform(2, 12, (profiles, levels)), axis=1)
    lengths = rng.integers(levels // 2, levels + 1, profiles)
    pressure[np.arange(levels) >= lengths[:, None]] = np.nan
    temperature = 20 * np.exp(-pressure / 200) + rng.normal(0, 0.1, pressure.shape)
    temperature, pressure = temperature.astype(dtype), pressure.astype(dtype)
    over = ("N_PROF", "N_LEVELS")
    said = {"units": "decibar", "standard_name": "sea_water_pressure", "axis": "Z"}
    places = {"LATITUDE": "degree_north", "LONGITUDE": "degree_east"}
    variables = {
        **{name: (over[:1], np.arange(profiles) * 1.0, {"units": u}) for name, u in places.items()},
        "PRES": (over, pressure, {**said, "positive": "down"}),
        "TEMP": (over, temperature, {"units": "degree_Celsius"}),
        **changed,
    }
    write(path, dict(zip(over, (profiles, levels), strict=True)), variables)
    return temperature, pressure


OCEAN = ("ocean_time", "s_rho", "eta_rho", "xi_rho")


def ocean(
    path: Path,
    shape: tuple[int, int, int, int] = (2, 9, 5, 4),
    dtype: str = "f8",
    stored: bool = False,
    **storage: Any,
) -> tuple[Numbers, Numbers]:
    """Write a field of a terrain-following ocean model, and return it with its heights.

    The file has the terms of the formula; with ``stored`` also the heights, as ``z_rho``. One
    column is land: the field is missing, depth and free surface are 0.
    """
    rng = np.random.default_rng(8)
    count, levels, rows, columns = shape
    s = (np.arange(levels) + 0.5) / levels - 1
    stretching = -(np.abs(s) ** 1.5)
    depth, surface = (
        rng.uniform(50, 4000, (rows, columns)),
        rng.normal(0, 1, (count, rows, columns)),
    )
    depth[0, 0] = surface[:, 0, 0] = 0
    level = (20 * s[:, None, None] + stretching[:, None, None] * depth) / (20 + depth)
    height = surface[:, None] + (surface[:, None] + depth) * level
    height[:, :, 0, 0] = np.nan
    field = (20 + height / 200 + rng.normal(0, 0.1, shape)).astype(dtype)
    plane = np.meshgrid(np.arange(columns) * 0.1, np.arange(rows) * 0.1)
    metres = {"units": "meter"}
    terms = "s: s_rho C: Cs_r eta: zeta depth: h depth_c: hc"
    said = {"standard_name": "ocean_s_coordinate_g2", "formula_terms": terms}
    times = {"units": "seconds since 2000-01-01"}
    variables = {
        "ocean_time": (OCEAN[:1], np.arange(count) * 3600.0, times),
        "s_rho": (OCEAN[1:2], s, said),
        "Cs_r": (OCEAN[1:2], stretching, {}),
        "lon_rho": (OCEAN[2:], plane[0], {"units": "degree_east"}),
        "lat_rho": (OCEAN[2:], plane[1], {"units": "degree_north"}),
        "h": (OCEAN[2:], depth, metres),
        "zeta": ((OCEAN[0], *OCEAN[2:]), surface, metres),
        "hc": ((), 20.0, metres),
        "temp": (OCEAN, field, {"units": "Celsius", "coordinates": "lon_rho lat_rho"}),
        **({"z_rho": (OCEAN, height, metres)} if stored else {}),
    }
    write(path, dict(zip(OCEAN, shape, strict=True)), variables, **storage)
    return field, height


def hybrid(
    path: Path, shape: tuple[int, int, int, int] = (2, 8, 3, 4), dtype: str = "f8"
) -> tuple[Numbers, Numbers]:
    """Write a field on hybrid levels of pressure by a * p0 + b * ps, and return both."""
    rng = np.random.default_rng(9)
    count, levels, rows, columns = shape
    a, b = np.linspace(0.003, 0.1, levels), np.linspace(0, 0.99, levels) ** 2
    surface = rng.uniform(9e4, 1.02e5, (count, rows, columns))
    pressure = a[:, None, None] * 1e5 + b[:, None, None] * surface[:, None]
    field = (200 + pressure / 1000 + rng.normal(0, 0.1, shape)).astype(dtype)
    name = "atmosphere_hybrid_sigma_pressure_coordinate"
    terms = {"standard_name": name, "formula_terms": "a: hyam b: hybm p0: P0 ps: PS"}
    over = ("time", "lev", "lat", "lon")
    variables = {
        "lev": (over[1:2], 1000 * (a + b), {"units": "hPa", "positive": "down", **terms}),
        "lat": (over[2:3], np.linspace(-80, 80, rows), {"units": "degrees_north"}),
        "hyam": (over[1:2], a, {}),
        "hybm": (over[1:2], b, {}),
        "P0": ((), 1000.0, {"units": "hPa"}),
        "PS": ((over[0], *over[2:]), surface, {"units": "Pa"}),
        "T": (over, field, {"units": "K"}),
    }
    write(path, dict(zip(over, shape, strict=True)), variables)
    return field, pressure
