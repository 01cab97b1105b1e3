"""The engines of xarray as a door to further formats: GRIB, GeoTIFF, OPeNDAP and others."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from importlib.metadata import entry_points
from importlib.util import find_spec
from typing import TYPE_CHECKING

from gradcli.errors import (
    GradcliError,
    InputError,
    UsageError,
    missing_package,
    one_line,
)
from gradcli.errors.suggest import suggest
from gradcli.formats.dataset import DatasetSource
from gradcli.model.protocols import Hints

if TYPE_CHECKING:
    import xarray as xr
    from xarray.backends import BackendEntrypoint

# The engines that xarray brings, and what to install for each engine.
_OWN = {
    "h5netcdf": "H5netcdfBackendEntrypoint",
    "netcdf4": "NetCDF4BackendEntrypoint",
    "pydap": "PydapBackendEntrypoint",
    "scipy": "ScipyBackendEntrypoint",
    "zarr": "ZarrBackendEntrypoint",
}
PACKAGES = {
    "cfgrib": "cfgrib",
    "h5netcdf": "h5netcdf",
    "netcdf4": "netCDF4",
    "pydap": "pydap",
    "rasterio": "rioxarray",
    "scipy": "scipy",
    "zarr": "zarr",
}

_FOR_DEVELOPERS = (DeprecationWarning, PendingDeprecationWarning, FutureWarning)


def open_engine(path: str, engine: str, hints: Hints) -> DatasetSource:
    """Open an input by an engine of xarray.

    Values are read a window at a time, and one window at a time, because few engines are
    thread-safe. Numbers are decoded by our own rules, as those of a NetCDF file.

    Parameters
    ----------
    path : str
        A file, a folder or an address, whatever the engine reads.
    engine : str
    hints : Hints

    Raises
    ------
    MissingPackageError
        The engine is known, but not installed.
    UsageError
        The engine is not known.
    InputError
        The engine cannot read the input.
    """
    if option := hints.of_text():
        raise UsageError(f"{option}: is for text in CSV, and the engine {engine} reads this file")
    with _told() as told, _blamed(engine):
        dataset = _opened(path, engine)
        source = DatasetSource(dataset, path, hints, locked=True, closing=True)
    source.description = f"read by the engine {engine} of xarray"
    source.notes += dict.fromkeys(told)
    source.again = partial(open_engine, path, engine, hints)
    return source


def _backend(engine: str) -> type[BackendEntrypoint]:
    """Return the class of an engine, and import no other engine.

    xarray itself imports all that are installed, and the libraries of some cannot live together in
    one process (GDAL and ecCodes).
    """
    import xarray as xr

    own = _OWN.get(engine)
    if own is not None and find_spec(PACKAGES[engine]) is not None:
        found: type[BackendEntrypoint] = getattr(xr.backends, own)
        return found
    others = {each.name: each for each in entry_points(group="xarray.backends")}
    if engine in others:
        loaded: type[BackendEntrypoint] = others[engine].load()
        return loaded
    if engine in PACKAGES:
        raise missing_package(PACKAGES[engine], f"the engine {engine} of xarray")
    raise suggest("engine", engine, sorted({*others, *PACKAGES}))


def _opened(path: str, engine: str) -> xr.Dataset:
    import xarray as xr

    found = xr.open_dataset(
        path,
        engine=_backend(engine),
        chunks=None,
        cache=False,
        mask_and_scale=False,
        decode_times=False,
        decode_timedelta=False,
        decode_coords="all",
    )
    if engine == "rasterio":  # units and standard names of x and y, by the reference system
        found = found.rio.write_coordinate_system() if found.rio.crs else found
    return found


@contextmanager
def _blamed(engine: str) -> Iterator[None]:
    """Turn whatever an engine raises into an error of one line."""
    try:
        yield
    except GradcliError:
        raise
    except MemoryError:
        raise
    except Exception as error:
        words = one_line(str(error)) or type(error).__name__
        raise InputError(f"the engine {engine} cannot read it: {words:.300}") from error


@contextmanager
def _told() -> Iterator[list[str]]:
    """Collect what an engine logs and warns of, such as variables that it skips."""
    found: list[str] = []
    handler = _Collector(found)
    root = logging.getLogger()
    root.addHandler(handler)
    try:
        with warnings.catch_warnings(record=True) as said:
            warnings.simplefilter("always")
            yield found
        told = (each for each in said if not issubclass(each.category, _FOR_DEVELOPERS))
        found += [one_line(str(warning.message)) for warning in told]
    finally:
        root.removeHandler(handler)


class _Collector(logging.Handler):
    """Adds the first line of each message to a list."""

    def __init__(self, found: list[str]) -> None:
        super().__init__(logging.WARNING)
        self._found = found

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a message."""
        self._found.append(one_line(record.getMessage())[:300])
