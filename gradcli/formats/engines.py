"""The engines of xarray as a door to further formats: GRIB, GeoTIFF, OPeNDAP and others."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING

from gradcli.errors import (
    GradcliError,
    InputError,
    MissingPackageError,
    one_line,
    suggest,
)
from gradcli.formats.dataset import DatasetSource
from gradcli.model.protocols import Hints

if TYPE_CHECKING:
    import xarray as xr

# What to install for an engine, where it has another name.
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
    _require(engine)
    with _told() as told, _blamed(engine):
        dataset = _opened(path, engine)
        source = DatasetSource(dataset, path, hints, locked=True, closing=True)
    source.description = f"read by the engine {engine} of xarray"
    source.notes += dict.fromkeys(told)
    source.again = partial(open_engine, path, engine, hints)
    return source


def _require(engine: str) -> None:
    import xarray as xr

    known = xr.backends.list_engines()
    if engine in known:
        return
    if engine in PACKAGES:
        package = PACKAGES[engine]
        raise MissingPackageError(
            f"the engine {engine} of xarray is not installed: pip install {package}"
        )
    raise suggest("engine", engine, sorted({*known, *PACKAGES}))


def _opened(path: str, engine: str) -> xr.Dataset:
    import xarray as xr

    found = xr.open_dataset(
        path,
        engine=engine,
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
