"""What the peers answer: each takes the file that gradcli is given, and imports its library late.

A peer is called as its manual shows, on what xarray reads from the file. Spacing is told as
coordinates; findiff is told the step where an axis is equally spaced, as it asks for.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

Array = np.ndarray
Peer = Callable[[Path], Array]
Derivative = Callable[[Any, str], Array]  # of a DataArray along one of its dimensions

RADIUS = 6371229.0  # of gradcli's sphere and of the one that MetPy is told


def opened(path: Path) -> Any:
    """Return the dataset as xarray opens it; all of it in memory."""
    import xarray as xr

    with xr.open_dataset(path, engine="netcdf4") as data:
        return data.load()


def by_numpy(field: Any, axis: str, order: int = 1) -> Array:
    """Differentiate by ``numpy.gradient``; twice, one after the other, for order 2."""
    values = field.values
    for _ in range(order):
        values = np.gradient(values, field[axis].values, axis=field.dims.index(axis), edge_order=2)
    return values


def by_xarray(field: Any, axis: str, order: int = 1) -> Array:
    """Differentiate by ``DataArray.differentiate``; twice, one after the other, for order 2."""
    for _ in range(order):
        field = field.differentiate(axis, edge_order=2)
    return field.values


def by_findiff(field: Any, axis: str, order: int = 1, accuracy: int = 2) -> Array:
    """Differentiate by ``findiff.Diff``, explicit as it is by default."""
    from findiff import Diff

    x = field[axis].values
    even = np.ptp(np.diff(x)) < 1e-6 * np.abs(np.diff(x)).max()
    operator = Diff(field.dims.index(axis), x[1] - x[0] if even else x, acc=accuracy)
    return (operator**order)(field.values)


def by_metpy(field: Any, axis: str, order: int = 1) -> Array:
    """Differentiate by MetPy, along coordinates without units."""
    from metpy import calc

    function = calc.second_derivative if order == 2 else calc.first_derivative
    found = function(field.values, axis=field.dims.index(axis), x=field[axis].values)
    return np.asarray(getattr(found, "magnitude", found))


def by_hand(field: Any, axis: str) -> Array:
    """Differentiate by ``(f2 - f0) / (x2 - x0)``: cf-python, NCL and PyFerret take no weights."""
    f, x = field.values, field[axis].values
    inside = (f[2:] - f[:-2]) / (x[2:] - x[:-2])
    return np.concatenate([[np.nan], inside, [np.nan]])


def gradient(derivative: Derivative, axis: str, path: Path) -> Array:
    """Return the derivative of ``f``."""
    return derivative(opened(path)["f"], axis)


def laplacian(derivative: Callable[..., Array], path: Path) -> Array:
    """Return the sum of the second derivatives of ``f``."""
    field = opened(path)["f"]
    return sum(derivative(field, axis, order=2) for axis in field.dims)


def divergence(derivative: Derivative, path: Path) -> Array:
    """Return the divergence of ``u, v``."""
    data = opened(path)
    return derivative(data["u"], "x") + derivative(data["v"], "y")


def vorticity(derivative: Derivative, path: Path) -> Array:
    """Return the vorticity of ``u, v``."""
    data = opened(path)
    return derivative(data["v"], "x") - derivative(data["u"], "y")


def metres(derivative: Derivative, path: Path) -> Array:
    """Return ``∂f/∂x`` on the sphere: the derivative in degrees over the length of a degree."""
    field = opened(path)["f"]
    parallel = RADIUS * np.cos(np.radians(field["lat"].values))[:, None]
    with np.errstate(divide="ignore", invalid="ignore"):
        return derivative(field, "lon") / np.radians(parallel)


def on_earth(name: str, variables: tuple[str, ...], options: dict[str, Any], path: Path) -> Array:
    """Call a function of MetPy on fields that know their sphere."""
    from metpy import calc

    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        data = opened(path).metpy.assign_crs(
            grid_mapping_name="latitude_longitude", earth_radius=RADIUS
        )
        found = getattr(calc, name)(*(data[variable] for variable in variables), **options)
        return np.asarray(getattr(found, "values", found.data))


def metpy(name: str, *variables: str, **options: Any) -> Peer:
    """Return a function of MetPy as a peer."""
    return partial(on_earth, name, variables, options)


def in_time(derivative: Derivative, path: Path) -> Array:
    """Return the derivative in time of ``f`` by what takes decoded dates."""
    return derivative(opened(path)["f"], "time")


def metpy_in_time(path: Path) -> Array:
    """Return MetPy's derivative in time of ``f``, in its units a second."""
    from metpy import calc

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = calc.first_derivative(opened(path)["f"], axis="time")
        return np.asarray(found.metpy.convert_units("K/s").metpy.magnitude)
