"""Blocks of which nothing was ever written in the input: their results are missing everywhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gradcli.model.blocks import Window
from gradcli.model.protocols import Source
from gradcli.numerics.dtypes import Array
from gradcli.plan.tasks import Task

if TYPE_CHECKING:
    from gradcli.model.fields import Field


def is_nothing(source: Source, task: Task, window: Window) -> bool:
    """Return whether all that a block reads of a task's field was never written, and is missing.

    Formats that store chunks know it without reading a value.

    Parameters
    ----------
    source : Source
    task : Task
    window : tuple of slice
        Counted from the first points of the field's axes (``task.inside``).
    """
    if task.dtype.kind != "f" or task.grid is not None:
        return False
    reads = task.reads(window)
    return all(_is_unwritten(source, part, reads) for part in task.components)


def _is_unwritten(source: Source, part: Field, reads: Window) -> bool:
    if part.fixed is not None or any(
        axis.arrangement is not None or axis.tracks is not None for axis in part.axes
    ):
        return False
    window = []
    for rows, axis in zip(reads, part.axes, strict=True):
        within = rows.start >= 0 and rows.stop <= axis.size
        # Beyond the ends of a periodic axis, and across the poles, any row may be meant.
        rows = rows if within else slice(0, axis.size)
        window.append(slice(axis.start + rows.start, axis.start + rows.stop))
    return source.is_unwritten(part.name, tuple(window))


def missing(task: Task, window: Window) -> Array:
    """Return missing values for a block, all of which are one number in memory."""
    shape = tuple(part.stop - part.start for part in window)
    return np.broadcast_to(np.array(np.nan, task.dtype), shape)
