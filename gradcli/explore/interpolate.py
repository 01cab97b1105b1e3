"""Values between the points of a grid: multilinear, of the fewest windows that hold them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from itertools import product
from math import prod
from typing import NamedTuple

import numpy as np

from gradcli.explore.evaluate import Evaluation
from gradcli.model.blocks import Window
from gradcli.model.protocols import Limits
from gradcli.model.sharing import Room
from gradcli.numerics.dtypes import Array
from gradcli.plan.tasks import Task
from gradcli.system.threads import Threads, in_order

SMALL = 1024  # cells of a window that is not worth cutting
SPARSE = 16  # cells of a window for each point in it


class Corners(NamedTuple):
    """Points along some axes of a grid, and their weights in a value between them.

    Attributes
    ----------
    axes : tuple of int
    points : tuple of tuple of int
        For each point its index along each of these axes.
    weights : tuple of float
    """

    axes: tuple[int, ...]
    points: tuple[tuple[int, ...], ...]
    weights: tuple[float, ...]


class _Box(NamedTuple):
    """A window, and the points in it that are wanted, by their rows."""

    window: Window
    rows: Array


def interpolate(
    found: Evaluation, task: int, places: Sequence[Sequence[Corners]], limits: Limits
) -> dict[str, Array]:
    """Return all results of a task at places between the points of its grid.

    Parameters
    ----------
    found : Evaluation
    task : int
    places : sequence of sequence of Corners
        For each place where it lies along the axes; each axis belongs to one of its corners.
    limits : Limits
        Memory for decoded chunks, which windows share, and threads.

    Returns
    -------
    dict of str to ndarray
        Missing where a point is missing that has a weight. The value of a point itself is exact.
    """
    count = len(found.results(task)[0].axes)
    owners, points, weights = _spread(places, count)
    unique, back = np.unique(points, axis=0, return_inverse=True)
    made: dict[str, Array] = {}
    for name, values in values_at(found, task, unique, limits).items():
        total = np.full(len(places), -0.0, np.result_type(values.dtype, np.float64))
        np.add.at(total, owners, weights * values[back.reshape(-1)])
        made[name] = total.astype(values.dtype)
    return made


def _spread(places: Sequence[Sequence[Corners]], count: int) -> tuple[Array, Array, Array]:
    """Return for each point with a weight its place, its index along each axis, and the weight."""
    owners: list[int] = []
    points: list[list[int]] = []
    weights: list[float] = []
    for owner, place in enumerate(places):
        for chosen in product(*(range(len(each.points)) for each in place)):
            weight = prod(each.weights[k] for each, k in zip(place, chosen, strict=True))
            if not weight:
                continue
            point = [0] * count
            for each, k in zip(place, chosen, strict=True):
                for axis, index in zip(each.axes, each.points[k], strict=True):
                    point[axis] = index
            owners.append(owner)
            points.append(point)
            weights.append(weight)
    return np.array(owners), np.array(points, np.int64).reshape(-1, count), np.array(weights)


def values_at(found: Evaluation, task: int, points: Array, limits: Limits) -> dict[str, Array]:
    """Return all results of a task at points of its grid, each chunk of the file read once.

    Parameters
    ----------
    found : Evaluation
    task : int
    points : ndarray of int, shape (n, axes)
        The index of each point along each axis.
    limits : Limits
    """
    about = found.tasks[task]
    names = dict.fromkeys(part.name for part in about.components)
    for name in names:
        found.source.hold(name, Room(limits.memory // 4 // len(names)))
    made = {r.name: np.empty(len(points), r.dtype) for r in found.results(task)}
    boxes = list(_boxes(points, _chunks_of(about, points)))
    workers = min(limits.jobs, len(boxes))
    step = partial(_evaluate, found, task)
    with Threads(workers) as pool:
        for box, values in in_order(pool, step, boxes, workers):
            starts = [part.start for part in box.window]
            inside = tuple((points[box.rows] - starts).T)
            for name, part in values.items():
                made[name][box.rows] = part[inside]
    for name in names:
        found.source.hold(name, Room())
    return made


def _evaluate(found: Evaluation, task: int, box: _Box) -> tuple[_Box, dict[str, Array]]:
    return box, found.values(task, box.window)


def _chunks_of(task: Task, points: Array) -> Array:
    """Return the chunk of the file that each point lies in, as its index along each axis."""
    field = task.field
    chunks = field.storage.chunks
    if not chunks:
        return np.zeros_like(points)
    sizes = np.array([chunks[field.stored_axis(axis)] for axis in range(points.shape[1])])
    starts = np.array([axis.start + axis.points.start for axis in field.axes])
    found: Array = (points + starts) // sizes
    return found


def _boxes(points: Array, chunks: Array) -> Iterator[_Box]:
    """Yield windows that hold all points, those of the same chunk after each other."""
    order = np.lexsort(chunks.T[::-1])
    ends = np.flatnonzero(np.any(np.diff(chunks[order], axis=0) != 0, axis=1)) + 1
    for rows in np.split(order, ends):
        yield from _cut(points, rows)


def _cut(points: Array, rows: Array) -> Iterator[_Box]:
    """Yield windows that hold some points and few other cells."""
    low, high = points[rows].min(axis=0), points[rows].max(axis=0) + 1
    sizes = high - low
    if prod(sizes.tolist()) <= max(SMALL, SPARSE * len(rows)):
        yield _Box(tuple(map(slice, low.tolist(), high.tolist())), rows)
        return
    longest = int(sizes.argmax())
    middle = low[longest] + sizes[longest] // 2
    lower = points[rows, longest] < middle
    yield from _cut(points, rows[lower])
    yield from _cut(points, rows[~lower])
