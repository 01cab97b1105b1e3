"""Fields and axes: described, never read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from gradcli.model.axes import Axis

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True)
class Storage:
    """How a field lies in its file; ``chunks`` is None where it is in one piece.

    ``item`` is the bytes of a stored number, ``deflate`` the level of what is written alike (0:
    not at all), with or without ``shuffle`` and ``checksum``; ``foreign`` are filters that
    results do not have. Chunks may be larger than an axis that ``grows``.
    """

    layout: str = "contiguous"
    chunks: tuple[int, ...] | None = None
    compression: str | None = None
    item: int = 8
    deflate: int = 0
    shuffle: bool = False
    checksum: bool = False
    foreign: str | None = None
    grows: tuple[bool, ...] = ()


@dataclass(frozen=True)
class Field:
    """A named array on a grid, described but not read.

    Attributes
    ----------
    name : str
        Path of the variable in its file.
    axes : tuple of Axis
        Its dimensions, slowest first.
    stored : str
        The type in the file, for people (``int16``).
    dtype : numpy.dtype
        What ``Source.read`` returns: floating or complex.
    result_dtype : numpy.dtype
        The type of a derivative where none is asked for.
    kind : str
        ``data``, or why it is not differentiated unasked: ``coordinate``, ``bounds`` …
    missing : str
        What marks a missing value, for people.
    cell_bytes : int
        Bytes a cell needs while it is read: stored form, converted form, masks.
    precision : float
        Relative rounding of the stored numbers, where they are to be coordinates.
    fixed : (axis, index) or None
        Where the field is one component of an array: the array's axis that tells them apart.
    label : str
        What results are named after, where it is not the variable's own name.
    """

    name: str
    axes: tuple[Axis, ...]
    stored: str
    dtype: np.dtype[Any]
    result_dtype: np.dtype[Any]
    units: str | None = None
    attributes: Mapping[str, Any] = field(default_factory=dict)
    storage: Storage = Storage()
    kind: str = "data"
    missing: str = ""
    cell_bytes: int = 16
    precision: float = 2.0**-52
    fixed: tuple[int, int] | None = None
    label: str = ""

    @property
    def shape(self) -> tuple[int, ...]:
        """The number of points along each axis."""
        return tuple(axis.size for axis in self.axes)

    def stored_axis(self, index: int) -> int:
        """Return which axis of the array in the file an axis is, one for components counted.

        >>> import numpy as np
        >>> double = np.dtype("f8")
        >>> axes = Axis("y", 2), Axis("x", 3)
        >>> Field("w", axes, "f8", double, double, fixed=(1, 0)).stored_axis(1)
        2
        """
        return index + (self.fixed is not None and index >= self.fixed[0])

    @property
    def base(self) -> str:
        """The name without its group."""
        return self.label or self.name.rpartition("/")[2]

    @property
    def group(self) -> str:
        """The path of the group, with a slash behind it, or nothing."""
        return self.name[: self.name.rfind("/") + 1]


@dataclass(frozen=True)
class Decisions:
    """What was decided for a derivative, in words and numbers for people.

    Attributes
    ----------
    axis : str
        The axes that it is taken along, by name.
    order : int
    accuracy : int or None
        None where polynomials are fitted, which ``smooth`` then describes.
    smooth : str or None
    edges : str
    edge_order : int or None
        None where no edge is one-sided.
    spacing : str
    metric : str
    missing : str
    """

    axis: str
    order: int
    accuracy: int | None
    smooth: str | None
    edges: str
    edge_order: int | None
    spacing: str
    metric: str
    missing: str


@dataclass(frozen=True)
class Result:
    """One array to write; without a ``storage`` of its own it lies as its origin does.

    A plan knows the ``units`` and the ``decisions``; ``attributes`` tell them in the file.
    """

    name: str
    axes: tuple[Axis, ...]
    dtype: np.dtype[Any]
    component: str
    origin: Field
    attributes: Mapping[str, Any] = field(default_factory=dict)
    storage: Storage | None = None
    units: str | None = None
    decisions: Decisions | None = None

    @property
    def stored(self) -> Storage:
        """How it is to lie in its file."""
        return self.storage or self.origin.storage

    @property
    def shape(self) -> tuple[int, ...]:
        """The number of points along each axis."""
        return tuple(axis.size for axis in self.axes)


def text(value: object) -> str | None:
    """Return an attribute that is text, without blanks around it.

    >>> text(b" K "), text(" "), text(3)
    ('K', None, None)
    """
    if isinstance(value, bytes):
        value = value.decode("utf-8", "replace")
    return value.strip() if isinstance(value, str) and value.strip() else None
