"""The gradient of an array in memory, with the calling convention of numpy."""

from __future__ import annotations

import os
from collections.abc import Iterable

import numpy as np
from numpy.typing import ArrayLike

from gradcli.errors import AxisNumberError, InputError, KindError, UsageError
from gradcli.errors.keywords import says_keywords
from gradcli.numerics.assemble import make_stencil
from gradcli.numerics.containers import Contents, open_container, open_coordinates, open_field
from gradcli.numerics.coordinates import (
    FLOAT64_EPS,
    Spacing,
    coordinates_of,
    fit_spacing,
    index_spacing,
    seconds_of,
)
from gradcli.numerics.dtypes import Array, real_view, result_like, stored_precision
from gradcli.numerics.quantities import Unit, derivative_unit
from gradcli.numerics.schemes import checked_scheme, whole_number
from gradcli.numerics.stencils import Stencil
from gradcli.record import replace

THREADED_CELLS = 2**18  # a smaller array is finished before a thread has started


@says_keywords
def gradient(
    f: ArrayLike,
    *coordinates: ArrayLike,
    axis: int | tuple[int, ...] | None = None,
    edge_order: int = 1,
    accuracy: int = 2,
    order: int = 1,
) -> Array | tuple[Array, ...]:
    """Return the derivatives of an array along its axes.

    The function is called like ``numpy.gradient``, and its defaults give the same numbers. It adds
    higher orders of accuracy and of the derivative, on equal and uneven steps [1]_, and it keeps
    missing values missing.

    Parameters
    ----------
    f : array_like, shape (N0, N1, ...)
        Floating-point, complex, integer or boolean numbers, or times. Missing values are NaN, NaT
        and the masked points of a masked array. An array of dask is computed.
    *coordinates : scalar or array_like of shape (Ni,)
        The spacing between the values of ``f``, by default 1. It can be given as

        1. one number: the step along every axis;
        2. N numbers: the step along each axis;
        3. N arrays: the coordinates along each axis, which must rise, or fall, all the way;
        4. any combination of 2. and 3.

        If ``axis`` is given, N is the number of these axes. Dates and durations (datetime64,
        timedelta64) count in seconds, whatever their resolution.
    axis : int or tuple of int, optional
        The axes to differentiate along. By default all axes. Negative numbers count from the last
        axis.
    edge_order : int, default: 1
        Order of accuracy of the one-sided differences at the ends of an axis, 1 to 8.
    accuracy : int, default: 2
        Order of accuracy of the central differences inside: 2, 4, 6 or 8.
    order : int, default: 1
        Which derivative: 1 to 6.

    Returns
    -------
    ndarray or tuple of ndarray
        The derivative along each axis, in the shape of ``f``: an array for one axis, otherwise a
        tuple with one array per axis. float32, float64, complex64 and complex128 keep their type.
        float16 gives float32, and other numbers give float64.

        Masked arrays, matrices, and quantities of astropy and pint give results of their kind.
        Times give timedelta64 of their unit, cut towards zero as numpy does.

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

    Notes
    -----
    A derivative is a sum of differences between a point and its neighbours. So the derivative of
    a constant is exactly 0, and a missing point is missing in the result too, where numpy writes
    a number made from its neighbours.

    A derivative of order m at accuracy p is exact for polynomials of a degree below m + p.

    References
    ----------
    .. [1] Fornberg, B. (1988). Generation of finite difference formulas on arbitrarily spaced
       grids. Mathematics of Computation 51, 699-706.

    Examples
    --------
    >>> import numpy as np
    >>> from gradcli import gradient
    >>> f = np.array([1.0, 2.0, 4.0, 7.0, 11.0, 16.0])
    >>> gradient(f)
    array([1. , 1.5, 2.5, 3.5, 4.5, 5. ])
    >>> gradient(f, 2)
    array([0.5 , 0.75, 1.25, 1.75, 2.25, 2.5 ])

    Coordinates may be uneven:

    >>> x = np.array([0.0, 1.0, 3.0, 4.0, 6.0, 10.0])
    >>> gradient(x**2, x, edge_order=2)
    array([ 0.,  2.,  6.,  8., 12., 20.])

    Second derivatives have weights of their own:

    >>> gradient(x**2, x, order=2, edge_order=1)
    array([2., 2., 2., 2., 2., 2.])

    Of two axes there are two arrays, the derivatives along the rows and along the columns:

    >>> down, across = gradient([[1, 2, 4], [1, 3, 9]])
    >>> across
    array([[1. , 1.5, 2. ],
           [2. , 4. , 6. ]])

    A missing value stays missing:

    >>> gradient([0.0, 1.0, np.nan, 9.0, 16.0])
    array([ 1., nan, nan, nan,  7.])
    """
    field = open_container(f, "values")
    values, close = open_field(field)
    axes = _axes(values.ndim, axis)
    scheme = checked_scheme(order=order, accuracy=accuracy, edge_order=_edge_order(edge_order))
    along = _one_an_axis([open_container(one, "coordinates") for one in coordinates], axes)
    units = [_unit(field, coordinate, order) for coordinate in along]
    found = []
    spacings = _spacings(values.shape, axes, along)
    for index, spacing, unit in zip(axes, spacings, units, strict=True):
        stencil = make_stencil(str(index), spacing, scheme)
        out = result_like(values, values.shape)
        _apply(stencil, real_view(values), index, real_view(out))
        closed = close(out)
        found.append(closed if unit is None else unit.make(closed, unit.unit))
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
    return axes


def _numbers(ndim: int, axis: object) -> tuple[int, ...]:
    """Return the requested axes as numbers, accepting what numpy accepts."""
    if axis is None:
        return tuple(range(ndim))
    if isinstance(axis, Iterable) and not (isinstance(axis, np.ndarray) and axis.ndim == 0):
        return tuple(whole_number("axis", one) for one in axis)
    return (whole_number("axis", axis),)


def _edge_order(edge_order: object) -> int:
    """Return the edge order as a whole number. To numpy, 2.0 is one."""
    if isinstance(edge_order, (float, np.floating)) and edge_order.is_integer():
        return int(edge_order)
    return whole_number("edge order", edge_order)


def _one_an_axis(given: list[Contents], axes: tuple[int, ...]) -> list[Contents]:
    """Return the coordinates or step of each axis; a single step is that of all axes."""
    if not given:
        return [Contents(np.asarray(1.0))] * len(axes)
    if len(given) == 1 and given[0].numbers.ndim == 0:
        return given * len(axes)
    if len(given) != len(axes):
        raise KindError(f"{len(given)} coordinates for {len(axes)} axes; give one, or one an axis")
    return given


def _unit(field: Contents, along: Contents, order: int) -> Unit | None:
    """Return the unit of a derivative, or None for a plain array."""
    times = field.numbers.dtype.kind in "mM"
    seconds = along.numbers.dtype.kind in "mM"
    if times and (seconds or along.unit is not None or field.unit is not None):
        raise KindError(
            f"values of type {field.numbers.dtype} can be differentiated along plain numbers only; "
            "give the values as plain numbers, in a unit of your choice"
        )
    per = along.unit
    if seconds and field.unit is not None:
        per = replace(field.unit, unit=field.unit.second)
    return derivative_unit(field.unit, per, order)


def _spacings(
    shape: tuple[int, ...], axes: tuple[int, ...], along: list[Contents]
) -> list[Spacing]:
    found = []
    for index, contents in zip(axes, along, strict=True):
        coordinate = open_coordinates(contents, str(index))
        if shape[index] == 0:
            raise InputError(f"axis {index}: has no points to differentiate")
        if coordinate.ndim == 0:
            step = _step(coordinate)
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


def _step(step: Array) -> float:
    """Return a step as a number, in seconds if it is a time."""
    if step.dtype.kind == "m":
        return float(seconds_of(step.reshape(1))[0][0])
    if step.dtype.kind == "M":
        raise KindError(f"a step of {step} is a date; give a timedelta64")
    return float(step)
