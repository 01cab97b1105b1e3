"""The labels at the beginning of each row of an output, copied from the text of the input."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import compress
from typing import TYPE_CHECKING

from gradcli.errors import InputError
from gradcli.formats.csv.format import Words, words_of
from gradcli.formats.csv.slab import Slab
from gradcli.model.axes import Axis
from gradcli.numerics.dtypes import Array

if TYPE_CHECKING:
    from gradcli.formats.csv.source import CsvSource
Labels = list[bytes] | Words


def slabs_in(source: CsvSource, span: slice, whole: bool) -> Iterator[tuple[int, Slab | Words]]:
    """Yield the slabs that contain rows of ``span``, each with the number of its first row.

    If the text of the labels was kept, it is yielded instead of slabs, unless ``whole`` rows are
    wanted.
    """
    held: Iterator[tuple[int, Slab | Words]]
    if source.words is not None and not whole:
        held = ((first, source.words[first]) for first in sorted(source.words))
    else:
        held = ((slab.first_row, slab) for slab in source.text.slabs())
    end = 0
    for first, rows in held:
        end = first + (rows.rows if isinstance(rows, Slab) else rows.height)
        if max(first, span.start) < min(end, span.stop):
            yield first, rows
    if end < span.stop:
        raise InputError("the input became shorter while it was being read")


def labels_of(held: Slab | Words, source: CsvSource, whole: bool, few: bool) -> Labels:
    """Return the labels of the rows of a slab, or the ``whole`` rows.

    ``few`` says that only few numbers follow each label; then polars reads the labels.
    """
    if isinstance(held, Words):
        return held
    dialect = source.head.dialect
    mark = dialect.delimiter.encode()
    if few and source.labels and not whole:
        fields = source.head.width + dialect.trailing
        words = words_of(held, dialect, source.labels, fields)
        if words is not None:
            return words
    rows = held.text.split(b"\n")[:-1]
    if whole:
        return [row.removesuffix(mark) for row in rows] if dialect.trailing else rows
    if not source.labels:
        return [b""] * len(rows)
    if source.labels == [0] and not held.quoted and mark != b" ":
        return [row.partition(mark)[0] for row in rows]
    limit = max(source.labels) + 1
    cut = (dialect.raw_cells(row, limit) for row in held.rows_of_text())
    return [dialect.joiner.join([row[c] for c in source.labels]).encode() for row in cut]


def picked_of(labels: Labels, chosen: Array) -> Labels:
    """Return the labels of the chosen rows."""
    if isinstance(labels, Words):
        return labels.filter(chosen)
    return list(compress(labels, chosen.tolist()))


def points_of(axis: Axis, index: Array) -> Array:
    """Return the coordinates of points of an axis, or their indices if it has no coordinates.

    >>> import numpy as np
    >>> points_of(Axis("x", 3, start=4), np.array([0, 2]))
    array([4, 6])
    """
    if axis.values is None:
        return index + axis.start
    return axis.values[index]
