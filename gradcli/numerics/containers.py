"""What ``gradient`` takes besides plain arrays, and how its results are put back in the same kind.

Masked arrays, matrices, times, quantities, and lists of these give results of their kind. Series
and tables of pandas, arrays of xarray and of dask give plain arrays, as from ``numpy.gradient``.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from numbers import Complex, Number, Real
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradcli.errors import InputError, KindError, UsageError
from gradcli.numerics.dtypes import Array, working_array
from gradcli.numerics.quantities import Unit, split_quantity
from gradcli.record import record, replace

DEPTH = 64  # of nested lists; numpy has no more axes
HALF = 32  # bits

Dress = Callable[[Array], Any]


def _plain(found: Array) -> Array:
    return found


@record(frozen=True)
class Contents:
    """What a container holds.

    Attributes
    ----------
    numbers : ndarray
        A plain array, with any numbers where the mask is set.
    mask : ndarray of bool or None
        Where values are missing.
    unit : Unit or None
    dress : Dress
        Puts an array, in which NaN and NaT are missing, into a container of the same kind.
    """

    numbers: Array
    mask: NDArray[np.bool_] | None = None
    unit: Unit | None = None
    dress: Dress = _plain


def open_container(value: object, what: str) -> Contents:
    """Return what a container holds.

    Parameters
    ----------
    value : object
        Any array_like, quantity or lazy array.
    what : str
        ``values`` or ``coordinates``, for messages.

    Raises
    ------
    UsageError
        The value is no array: its rows have several lengths, or it holds no numbers.

    Examples
    --------
    >>> open_container(np.ma.array([1, 2], mask=[False, True]), "values").mask.tolist()
    [False, True]
    """
    if type(value) is np.ndarray and value.dtype.kind != "O":
        return Contents(value)
    numbers, unit = split_quantity(_computed(value))
    if unit is not None:
        return replace(open_container(numbers, what), unit=unit)
    mask: NDArray[np.bool_] | None = None
    dress: Dress = _plain
    masked = getattr(sys.modules.get("astropy.utils.masked"), "Masked", None)
    try:
        if _holds_masked(numbers):
            numbers = _stacked(numbers)
        if masked is not None and isinstance(numbers, masked):
            numbers, mask, dress = numbers.unmasked, numbers.mask, _dress_masked(masked)
        found = np.asanyarray(numbers)
    except ValueError as error:  # rows of several lengths
        raise UsageError(f"{what} that cannot be made an array: {error}") from None
    except TypeError as error:  # the container refuses: quantities in a list, arrays on a GPU
        raise KindError(f"{what} that cannot be made an array: {error}") from None
    if isinstance(found, np.ma.MaskedArray):
        mask, dress = np.ma.getmaskarray(found), _dress_as(found)
    elif type(found) is not np.ndarray:
        dress = found.__array_wrap__
    plain = np.asarray(found)
    return Contents(_of_objects(plain, mask, what), mask, unit, dress)


def open_field(contents: Contents) -> tuple[Array, Dress]:
    """Return values to differentiate, and what puts their derivatives into the field's container.

    Raises
    ------
    KindError
        The values are not numbers.

    Examples
    --------
    >>> values, close = open_field(open_container(np.ma.array([1, 2], mask=[True, False]), ""))
    >>> values
    array([nan,  2.])
    >>> close(values)
    masked_array(data=[--, 2.0],
                 mask=[ True, False],
           fill_value=1e+20)
    """
    numbers, mask = contents.numbers, contents.mask
    if numbers.dtype.kind in "mM":
        return _halves(numbers, mask), lambda found: contents.dress(_times(found, numbers.dtype))
    values = working_array(numbers)
    if mask is not None and mask.any():
        values = np.array(values)
        values[mask] = complex(np.nan, np.nan) if values.dtype.kind == "c" else np.nan
    return values, contents.dress


def open_coordinates(contents: Contents, name: str) -> Array:
    """Return the numbers or times of coordinates, or of a step, none of which may be missing.

    Raises
    ------
    InputError
        A coordinate is masked, or no time (NaT).
    UsageError
        A step is masked, or no time.
    KindError
        Coordinates are not real numbers or times.

    Examples
    --------
    >>> open_coordinates(open_container(np.array([1, "NaT"], "m8[s]"), "coordinates"), "0")
    Traceback (most recent call last):
    gradcli.errors.InputError: axis 0: the coordinate at index 1 is missing (NaT); \
every point needs a coordinate
    """
    numbers, mask = contents.numbers, contents.mask
    if numbers.dtype.kind not in "iubfmM":
        raise KindError(f"coordinates of type {numbers.dtype} are not real numbers")
    missing, word = mask, "masked"
    if mask is None and numbers.dtype.kind in "mM":
        missing, word = np.isnat(numbers), "NaT"
    if missing is not None and missing.any():
        if missing.ndim == 0:
            raise UsageError(f"axis {name}: the step is missing ({word}); give its length")
        at = ", ".join(map(str, np.argwhere(missing)[0]))
        raise InputError(
            f"axis {name}: the coordinate at index {at} is missing ({word}); "
            "every point needs a coordinate"
        )
    return numbers


def _computed(value: Any) -> Any:
    """Return the values of lazy arrays, and the data of labelled ones, which may have units."""
    dask, xarray = sys.modules.get("dask"), sys.modules.get("xarray")
    if dask is not None and dask.is_dask_collection(value):
        value = value.compute()
    if xarray is not None and isinstance(value, (xarray.DataArray, xarray.Variable)):
        return _computed(value.data)
    return value


def _holds_masked(rows: object, depth: int = DEPTH) -> bool:
    """Return whether nested lists hold masked arrays, whose masks numpy would drop."""
    return (
        isinstance(rows, (list, tuple))
        and depth > 0
        and any(isinstance(row, np.ma.MaskedArray) or _holds_masked(row, depth - 1) for row in rows)
    )


def _stacked(rows: Any) -> Any:
    if isinstance(rows, (list, tuple)):
        return np.ma.stack([_stacked(row) for row in rows])
    return np.ma.asanyarray(rows)


def _of_objects(values: Array, mask: NDArray[np.bool_] | None, what: str) -> Array:
    """Return an array of Python's numbers as one of float64 or complex128."""
    if values.dtype.kind != "O":
        return values
    if mask is not None:
        values = np.where(mask, 0.0, values)
    # A conversion alone would take None for NaN, and text for the number that it spells.
    for one in values.flat:
        if not isinstance(one, Number):
            raise KindError(f"{what} are not numbers: one is of type {type(one).__name__}")
    real = all(isinstance(one, Real) or not isinstance(one, Complex) for one in values.flat)
    try:
        return values.astype(np.float64 if real else np.complex128)
    except (OverflowError, TypeError, ValueError) as error:
        raise UsageError(f"{what} that do not fit double precision: {error}") from None


def _dress_as(field: np.ma.MaskedArray[Any, Any]) -> Dress:
    """Return what makes masked arrays with the fill value of another, and as hard a mask."""

    def dress(found: Array) -> Any:
        # To read the fill value of an array sets it, so that of a view is read.
        given, default = field.view().fill_value, np.ma.default_fill_value(field.dtype)
        made = np.ma.masked_array(found, np.isnan(found), hard_mask=field.hardmask)
        if found.dtype.kind in "fc" and given != default:
            made.fill_value = given
        return made

    return dress


def _dress_masked(masked: Any) -> Dress:
    return lambda found: masked(found, mask=np.isnan(found))


def _halves(times: Array, mask: NDArray[np.bool_] | None) -> Array:
    """Return times as complex numbers, which hold the upper and the lower half of their bits.

    Both halves are exact in float64, where whole nanoseconds of a year are not. Weights are real,
    so a derivative of such numbers is that of the upper halves and that of the lower ones.
    """
    missing = np.isnat(times) if mask is None else np.isnat(times) | mask
    counts = np.where(missing, 0, times.astype(np.int64))
    upper = counts >> HALF << HALF
    halves: Array = upper + 1j * (counts - upper)
    halves[missing] = complex(np.nan, np.nan)
    return halves


def _times(halves: Array, dtype: np.dtype[Any]) -> Array:
    """Return derivatives of times as whole units, cut towards zero as numpy does."""
    found = halves.real + halves.imag
    nearest = np.rint(found)
    with np.errstate(invalid="ignore"):
        # What is whole but for rounding errors is not cut.
        rounding = np.minimum(1e-9 + 2.0**-50 * np.abs(found), 0.1)
        whole = np.abs(found - nearest) < rounding
    counts = np.where(whole, nearest, np.trunc(found))
    missing = np.isnan(counts)
    if (np.abs(counts[~missing]) >= 2.0**63).any():
        raise InputError(f"derivatives of {dtype} exceed what a timedelta64 can hold")
    unit, count = np.datetime_data(dtype)
    spans = np.dtype("m8" if unit == "generic" else f"m8[{count}{unit}]")
    made: Array = np.where(missing, 0, counts).astype(np.int64).view(spans)
    made[missing] = np.timedelta64("NaT")
    return made
