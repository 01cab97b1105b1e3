"""The gradient of arrays in memory, with numpy's calling convention."""

from __future__ import annotations

import os

import numpy as np
from numpy.typing import ArrayLike

from gradcli.errors import UsageError
from gradcli.numerics.assemble import make_stencil
from gradcli.numerics.coordinates import Spacing, fit_spacing, index_spacing
from gradcli.numerics.dtypes import Array, real_view, result_like, stored_precision, working_array
from gradcli.numerics.schemes import checked_scheme
from gradcli.numerics.stencils import Stencil

THREADED_CELLS = 2**18  # a smaller array is done before a thread has started


def gradient(
    array: ArrayLike,
    *coordinates: ArrayLike,
    axis: int | tuple[int, ...] | None = None,
    edge_order: int = 1,
    accuracy: int = 2,
    order: int = 1,
) -> Array | tuple[Array, ...]:
    """Return the derivatives of an array along its axes, as ``numpy.gradient`` is called.

    Parameters
    ----------
    array : array_like, N-D
        Floating, complex, integer or boolean; NaN is missing.
    *coordinates : scalars or 1-D arrays
        Nothing (steps of one), one step for all axes, or for each axis a step or coordinates.
    axis : int or tuple of int, optional
        Axes to differentiate along; all by default.
    edge_order : int
        Order of accuracy of the one-sided differences at the ends, 1 to 8.
    accuracy : int
        Order of accuracy inside: 2, 4, 6 or 8.
    order : int
        Which derivative, 1 to 6.

    Returns
    -------
    ndarray, or tuple of ndarray
        One array for one axis, else a tuple in the order of the axes. float32 and complex64 keep
        their type, float16 gives float32, integers and booleans give float64.

    Raises
    ------
    UsageError
        An option out of range, an axis that is not there, coordinates that do not fit.
    InputError
        Coordinates that repeat, change direction or are missing; an axis that is too short.

    Examples
    --------
    >>> gradient(np.array([0.0, 1.0, 9.0]), np.array([0.0, 1.0, 3.0]), edge_order=2)
    array([0., 2., 6.])
    """
    values = working_array(np.asanyarray(array))
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
    """Apply a stencil to a whole array, in threads where that is worth their start."""
    jobs = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    if out.size < THREADED_CELLS or jobs == 1:
        stencil.apply(values, slice(0, out.shape[axis]), axis, out)
        return
    from concurrent.futures import ThreadPoolExecutor

    # Slabs of an outer axis, each the same bytes as in one piece; of the first they are in one run.
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


def _axes(ndim: int, axis: int | tuple[int, ...] | None) -> tuple[int, ...]:
    wanted = tuple(range(ndim)) if axis is None else (axis,) if isinstance(axis, int) else axis
    axes = tuple(index + ndim if index < 0 else index for index in wanted)
    for index, given in zip(axes, wanted, strict=True):
        if not 0 <= index < ndim:
            raise UsageError(f"axis {given} of an array with {ndim} axes")
    if len(set(axes)) < len(axes):
        raise UsageError(f"axes {wanted} name an axis twice")
    if not axes:
        raise UsageError("an array without axes has no gradient")
    return axes


def _spacings(
    shape: tuple[int, ...], axes: tuple[int, ...], coordinates: tuple[ArrayLike, ...]
) -> list[Spacing]:
    given = [np.asanyarray(c) for c in coordinates]
    if not given:
        given = [np.asarray(1.0)] * len(axes)
    elif len(given) == 1 and given[0].ndim == 0:
        given = given * len(axes)
    if len(given) != len(axes):
        raise UsageError(f"{len(given)} coordinates for {len(axes)} axes; give one, or one an axis")
    found = []
    for index, coordinate in zip(axes, given, strict=True):
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
        numbers = coordinate.astype(np.float64)
        found.append(fit_spacing(str(index), numbers, stored_precision(coordinate.dtype)))
    return found
