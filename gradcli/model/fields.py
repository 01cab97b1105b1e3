"""Fields and results, described but not read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from gradcli.model.axes import Axis
from gradcli.model.blocks import Window
from gradcli.record import field, record

if TYPE_CHECKING:
    import numpy as np

    from gradcli.numerics.dtypes import Array

AUTOMATIC = "automatic"  # codecs of a Zarr array that are chosen for its numbers
MARK_ULPS = 4  # by which a value may differ from a mark, since packed numbers are rounded


@record(frozen=True)
class Storage:
    """How a field is stored in its file. ``chunks`` is None if it is in one piece.

    ``item`` is the size of a stored number in bytes. ``deflate`` (0 means none), ``shuffle`` and
    ``checksum`` are the filters of results that are stored like the field. ``foreign`` names
    filters that results cannot have. Chunks may be larger than an axis that ``grows``. If the array
    lies in ``fortran`` order, its first axis is the fastest. In Zarr several chunks may lie in one
    of the ``shards``, and ``codecs`` are those of the array, ``AUTOMATIC`` or None for none.
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
    fortran: bool = False
    shards: tuple[int, ...] | None = None
    codecs: Any = None

    @property
    def written(self) -> tuple[int, ...] | None:
        """The points that are written at once: a shard, or a chunk."""
        return self.shards or self.chunks


@record(frozen=True)
class Field:
    """A named array on a grid, described but not read.

    Attributes
    ----------
    name : str
        Path of the variable in its file.
    axes : tuple of Axis
        Its dimensions, slowest first, with the points that stencils may use beyond the part that
        is selected.
    stored : str
        The type in the file, as text (``int16``).
    dtype : numpy.dtype
        Type that ``Source.read`` returns: floating or complex.
    result_dtype : numpy.dtype
        Default type of a derivative.
    kind : str
        ``data``, or the reason not to differentiate it by default: ``coordinate``, ``bounds`` …
    missing : str
        Description of what marks a missing value.
    cell_bytes : int
        Bytes per cell while it is read: stored form, converted form, masks.
    precision : float
        Relative rounding of the stored numbers, needed if they serve as coordinates.
    fixed : (axis, index) or None
        If the field is one component of an array: the array's axis of components, and the index.
    label : str
        Name to use in results, if it differs from the name of the variable.
    unheeded : tuple of str
        What its attributes say of missing values that is not heeded, for notes.
    marks : tuple of float
        Further values that the user says mean missing.
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
    unheeded: tuple[str, ...] = ()
    marks: tuple[float, ...] = ()

    @property
    def shape(self) -> tuple[int, ...]:
        """The number of selected points along each axis."""
        return tuple(part.stop - part.start for part in self.window)

    @property
    def window(self) -> Window:
        """The selected part, counted from the first point of each axis."""
        return tuple(axis.points for axis in self.axes)

    def marked(self, values: Array, met: set[float] | None = None) -> Array:
        """Return values that were read from the field, with NaN for those that mean missing.

        The marks that occur are added to ``met``.
        """
        if not self.marks:
            return values
        import numpy as np

        values = values if values.flags.writeable else values.copy()
        slack = MARK_ULPS * np.finfo(values.dtype).eps
        with np.errstate(invalid="ignore", over="ignore"):
            for mark in self.marks:
                found = np.abs(values - values.dtype.type(mark)) <= slack * abs(mark)
                values[found] = np.nan
                if met is not None and mark not in met and found.any():
                    met.add(mark)
        return values

    def stored_axis(self, index: int) -> int:
        """Return the index of an axis in the stored array, which may have an axis of components.

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
        """The path of the group with a trailing slash; empty for the root."""
        if self.label and self.name.endswith(self.label):  # a slash in the name of a column
            return self.name[: len(self.name) - len(self.label)]
        return self.name[: self.name.rfind("/") + 1]


@record(frozen=True)
class Decisions:
    """What was decided for a derivative, in words and numbers for the user.

    Attributes
    ----------
    axis : str
        Names of the axes that it is taken along.
    order : int
    accuracy : int or None
        None if polynomials are fitted; ``smooth`` then describes the fit.
    smooth : str or None
    edges : str
    edge_order : int or None
        None if no edge is one-sided.
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


@record(frozen=True)
class Result:
    """One array to write. Without a ``storage`` of its own it is stored like its origin.

    The plan uses ``units`` and ``decisions``; ``attributes`` record them in the file.
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
        """How it is to be stored in its file."""
        return self.storage or self.origin.storage

    @property
    def shape(self) -> tuple[int, ...]:
        """The number of points along each axis."""
        return tuple(axis.size for axis in self.axes)


def text(value: object) -> str | None:
    """Return an attribute as text without surrounding blanks; None if it is not text, or empty.

    >>> text(b" K "), text(" "), text(3)
    ('K', None, None)
    """
    if isinstance(value, bytes):
        value = value.decode("utf-8", "replace")
    return value.strip() if isinstance(value, str) and value.strip() else None
