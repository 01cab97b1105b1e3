"""The numeric types of computations."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from gradcli.errors import KindError

Array = NDArray[Any]


def working_array(values: Array) -> Array:
    """Convert values to the type in which they are differentiated.

    Raises
    ------
    KindError
        The values are not numbers.

    Examples
    --------
    >>> working_array(np.array([1, 2], "u1")).dtype
    dtype('float64')
    """
    return values.astype(working_dtype(values.dtype), copy=False)


def working_dtype(dtype: np.dtype[Any]) -> np.dtype[Any]:
    """Return the type in which an array of a given type is differentiated.

    >>> working_dtype(np.dtype("f2"))
    dtype('float32')
    """
    if dtype.kind == "f":
        return np.dtype("f8") if dtype.itemsize >= 8 else np.dtype("f4")
    if dtype.kind == "c":
        return np.dtype("c16") if dtype.itemsize >= 16 else np.dtype("c8")
    if dtype.kind in "iub":
        return np.dtype("f8")
    raise KindError(f"values of type {dtype} are not numbers")


def result_like(values: Array, shape: tuple[int, ...]) -> Array:
    """Return an uninitialized array of a given shape, in the type and memory order of values.

    >>> result_like(np.ones((3, 2), order="F"), (2, 2)).flags.f_contiguous
    True
    """
    fortran = values.flags.f_contiguous and not values.flags.c_contiguous
    # Complex values are viewed as pairs along a new last axis, which needs C order.
    order: Literal["C", "F"] = "F" if fortran and values.dtype.kind != "c" else "C"
    return np.empty(shape, values.dtype, order)


def real_view(values: Array) -> Array:
    """View complex values as pairs along a new last axis; return others unchanged.

    Weights are real, so both parts are differentiated alike. Complex products in numpy would also
    round differently at the tail of an array than inside it.

    >>> real_view(np.array([1 + 2j])).tolist()
    [[1.0, 2.0]]
    """
    if values.dtype.kind != "c":
        return values
    return np.ascontiguousarray(values)[..., None].view(values.real.dtype)


def stored_precision(dtype: np.dtype[Any]) -> float:
    """Return the relative rounding of coordinates stored in a given type; integers have none.

    >>> stored_precision(np.dtype("f4")) == 2.0**-23, stored_precision(np.dtype("i4"))
    (True, 0.0)
    """
    if dtype.kind in "iubmM":
        return 0.0
    return max(float(np.finfo(dtype).eps), 2.0**-52) if dtype.kind == "f" else 2.0**-52
