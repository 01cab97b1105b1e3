"""The gradient of an array in memory, with the calling convention of numpy."""

from __future__ import annotations

import os
from collections.abc import Iterable
from contextlib import suppress

import numpy as np
from numpy.typing import ArrayLike

from gradcli.errors import AxisNumberError, InputError, KindError, UsageError
from gradcli.errors.keywords import says_keywords
from gradcli.numerics.assemble import make_stencil
from gradcli.numerics.coordinates import (
    FLOAT64_EPS,
    Spacing,
    coordinates_of,
    fit_spacing,
    index_spacing,
    seconds_of,
)
from gradcli.numerics.dtypes import Array, real_view, result_like, stored_precision, working_array
from gradcli.numerics.schemes import checked_scheme, whole_number
from gradcli.numerics.stencils import Stencil

THREADED_CELLS = 2**18  # a smaller array is finished before a thread has started


@says_keywords
def gradient(
    array: ArrayLike,
    *coordinates: ArrayLike,
    axis: int | tuple[int, ...] | None = None,
    edge_order: int = 1,
    accuracy: int = 2,
    order: int = 1,
) -> Array | tuple[Array, ...]:
    """Return the derivatives of an array along its axes, called like ``numpy.gradient``.

    Derivatives are finite differences. Their weights are those for the given coordinates, evenly
    spaced or not [1]_. The defaults give the results of ``numpy.gradient``.

    Parameters
    ----------
    array : array_like, shape (N0, N1, ...)
        Floating-point, complex, integer or boolean numbers. NaN is missing.
    *coordinates : scalar or array_like of shape (Ni,)
        Nothing for unit steps, a single step for all axes, or one argument per axis: its step, or
        the coordinates of its points, which must increase or decrease. Dates and durations
        (datetime64, timedelta64) are taken in seconds, whatever their resolution.
    axis : int or tuple of int, optional
        The axes to differentiate along. Negative numbers count from the last axis. All axes by
        default.
    edge_order : int, default: 1
        Order of accuracy of the one-sided differences at the two ends of an axis, 1 to 8.
    accuracy : int, default: 2
        Order of accuracy of the central differences between the ends: 2, 4, 6 or 8.
    order : int, default: 1
        Order of the derivative, 1 to 6.

    Returns
    -------
    ndarray or tuple of ndarray
        For one axis, an array of the shape of ``array``; otherwise a tuple with one array per
        axis. float32, float64, complex64 and complex128 keep their type, float16 gives float32,
        integers and booleans give float64. The units are those of ``array`` per unit of the
        coordinates to the power of ``order``.

    Raises
    ------
    UsageError
        An option is out of range, or coordinates do not fit the array. This is a ValueError.
    AxisNumberError
        The array does not have the axis. This is a ValueError and an IndexError.
    KindError
        Values are not numbers, an axis is not a whole number, or the number of coordinates is not
        that of the axes. This is a ValueError and a TypeError.
    InputError
        Coordinates repeat, change direction or are missing, or an axis has too few points. This
        is a ValueError.

    See Also
    --------
    gradcli.differentiate : Differentiate files.

    References
    ----------
    .. [1] Fornberg, B. (1988). Generation of finite difference formulas on arbitrarily spaced
       grids. Mathematics of Computation 51, 699-706.

    Examples
    --------
    >>> import numpy as np
    >>> from gradcli import gradient
    >>> gradient(np.array([0.0, 1.0, 9.0]), np.array([0.0, 1.0, 3.0]), edge_order=2)
    array([0., 2., 6.])
    >>> down, across = gradient([[1, 2, 4], [1, 3, 9]])
    >>> across
    array([[1. , 1.5, 2. ],
           [2. , 4. , 6. ]])
    """
    values = _values(array)
    axes = _axes(values.ndim, axis)
    scheme = checked_scheme(order=order, accuracy=accuracy, edge_order=edge_order)
    found = []
    for index, spacing in zip(axes, _spacings(values.shape, axes, coordinates), strict=True):
        stencil = make_stencil(str(index), spacing, scheme)
        out = result_like(values, values.shape)
        _apply(stencil, real_view(values), index, real_view(out))
        found.append(out)
    return found[0] if len(found) == 1 else tuple(found)


def _apply(stencil: Stencil, values: Array, axis: int, out: Array) -> None:
    """Apply a stencil to a whole array, in threads if the array is large."""
    jobs = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    if out.size < THREADED_CELLS or jobs == 1:
        stencil.apply(values, slice(0, out.shape[axis]), axis, out)
        return
    from concurrent.futures import ThreadPoolExecutor

    # Slabs along an outer axis give the same bytes as one piece. Those of the first are contiguous.
    outer = range(max(1, out.ndim - 1))
    split = next((i for i in outer if out.shape[i] >= jobs), 0)
    step = -(-out.shape[split] // jobs)

    def slab(first: int) -> None:
        rows = slice(first, min(first + step, out.shape[split]))
        at = (slice(None),) * split
        if split == axis:
            reach = stencil.reach(rows)
            stencil.apply(values[(*at, reach)], rows, axis, out[(*at, rows)])
        else:
            whole = slice(0, out.shape[axis])
            stencil.apply(values[(*at, rows)], whole, axis, out[(*at, rows)])

    with ThreadPoolExecutor(jobs) as pool:
        list(pool.map(slab, range(0, out.shape[split], step)))


def _axes(ndim: int, axis: object) -> tuple[int, ...]:
    wanted = _numbers(ndim, axis)
    axes = tuple(index + ndim if index < 0 else index for index in wanted)
    for index, given in zip(axes, wanted, strict=True):
        if not 0 <= index < ndim:
            raise AxisNumberError(f"axis {given} of an array with {ndim} axes")
    if len(set(axes)) < len(axes):
        raise UsageError(f"axes {wanted} name an axis twice")
    if not axes:
        raise UsageError("an array without axes has no gradient")
    return axes


def _numbers(ndim: int, axis: object) -> tuple[int, ...]:
    """Return the requested axes as numbers, accepting what numpy accepts."""
    if axis is None:
        return tuple(range(ndim))
    if isinstance(axis, Iterable):
        return tuple(whole_number("axis", one) for one in axis)
    return (whole_number("axis", axis),)


def _spacings(
    shape: tuple[int, ...], axes: tuple[int, ...], coordinates: tuple[ArrayLike, ...]
) -> list[Spacing]:
    given = [_real(c) for c in coordinates]
    if not given:
        given = [np.asarray(1.0)] * len(axes)
    elif len(given) == 1 and given[0].ndim == 0:
        given = given * len(axes)
    if len(given) != len(axes):
        raise KindError(f"{len(given)} coordinates for {len(axes)} axes; give one, or one an axis")
    found = []
    for index, coordinate in zip(axes, given, strict=True):
        if shape[index] == 0:
            raise InputError(f"axis {index}: has no points to differentiate")
        if coordinate.ndim == 0:
            step = float(coordinate)
            if not np.isfinite(step) or step == 0:
                raise UsageError(f"axis {index}: a step of {step}; it must be finite and not zero")
            found.append(index_spacing(shape[index], step))
            continue
        if coordinate.shape != (shape[index],):
            raise UsageError(
                f"axis {index}: coordinates of shape {coordinate.shape} for {shape[index]} points"
            )
        if coordinate.dtype.kind in "mM":
            numbers, precision = seconds_of(coordinate)[0], FLOAT64_EPS
        else:
            numbers, precision = coordinates_of(coordinate), stored_precision(coordinate.dtype)
        found.append(fit_spacing(str(index), numbers, precision))
    return found


def _values(array: ArrayLike) -> Array:
    try:
        found = np.asanyarray(array)
    except ValueError as error:  # rows of several lengths
        raise UsageError(f"values that are no array: {error}") from None
    return working_array(found)


def _real(coordinates: ArrayLike) -> Array:
    """Return steps or coordinates as an array of real numbers."""
    try:
        found = np.asanyarray(coordinates)
    except ValueError as error:  # rows of several lengths
        raise UsageError(f"coordinates that are no array: {error}") from None
    if found.dtype.kind == "O" and not any(number is None for number in found.flat):
        with suppress(TypeError, ValueError):
            return found.astype(np.float64)
    if found.dtype.kind not in "iubfmM":
        raise KindError(f"coordinates of type {found.dtype} are no real numbers")
    return found
