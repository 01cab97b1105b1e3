"""Grids of ESRI as text: a header that gives sizes and coordinates, then a matrix, north first."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from gradcli.errors import InputError
from gradcli.model.axes import Axis
from gradcli.numerics.dtypes import Array
from gradcli.record import record

_ENTRY = re.compile(
    r"(ncols|nrows|[xy]ll(?:corner|center)|cellsize|dx|dy|nodata_value)\s+(\S+)", re.I
)
SUFFIXES = (".asc", ".asc.gz")


@record(frozen=True)
class Grid:
    """What the header of a grid says.

    Attributes
    ----------
    rows, columns : int
    x, y : float
        The centre of the lower left cell.
    dx, dy : float
        The size of a cell.
    nodata : float or None
        What stands for no value.
    lines : int
        How many lines the header has.
    """

    rows: int
    columns: int
    x: float
    y: float
    dx: float
    dy: float
    nodata: float | None
    lines: int

    def axis(self, name: str, key: str) -> Axis:
        """Return an axis, y from north to south, x from west to east."""
        if name == "y":
            falling = np.arange(self.rows - 1, -1, -1, dtype=np.float64)
            return Axis("y", self.rows, self.y + falling * self.dy, key=key)
        rising = np.arange(self.columns, dtype=np.float64)
        return Axis("x", self.columns, self.x + rising * self.dx, key=key)

    def check(self, rows: int, columns: int) -> None:
        """Raise InputError if the matrix has another size than the header says."""
        if (rows, columns) != (self.rows, self.columns):
            raise InputError(
                f"holds {rows} rows of {columns} numbers; its header says nrows {self.rows} and "
                f"ncols {self.columns}"
            )


def grid_of(texts: Sequence[str]) -> Grid | None:
    """Return what the first lines say of a grid, or None if they are no such header.

    >>> head = ["ncols 3", "NROWS 2", "xllcorner 0", "yllcenter 5", "cellsize 10", "1 2 3"]
    >>> grid_of(head)
    Grid(rows=2, columns=3, x=5.0, y=5.0, dx=10.0, dy=10.0, nodata=None, lines=5)
    >>> grid_of(["ncols nrows", "1 2"]) is None
    True
    """
    told: dict[str, float] = {}
    for text in texts[:8]:
        entry = _ENTRY.fullmatch(text.strip())
        if entry is None:
            break
        try:
            told[entry[1].lower()] = float(entry[2])
        except ValueError:
            return None
    dx, dy = told.get("dx", told.get("cellsize", 0.0)), told.get("dy", told.get("cellsize", 0.0))
    known = {key[:4] if key[1:3] == "ll" else key for key in told}
    if not {"ncols", "nrows", "xllc", "yllc"} <= known or dx <= 0 or dy <= 0:
        return None
    x = told["xllcenter"] if "xllcenter" in told else told["xllcorner"] + dx / 2
    y = told["yllcenter"] if "yllcenter" in told else told["yllcorner"] + dy / 2
    sizes = int(told["nrows"]), int(told["ncols"])
    return Grid(*sizes, x, y, dx, dy, told.get("nodata_value"), len(told))


def header_of(down: Axis, across: Axis, grid: Grid) -> bytes:
    """Return the header of a part of a grid; what is missing is written as nan."""
    y, x = _values(down), _values(across)
    size = f"cellsize {grid.dx!r}\n" if grid.dx == grid.dy else f"dx {grid.dx!r}\ndy {grid.dy!r}\n"
    return (
        f"ncols {len(x)}\nnrows {len(y)}\nxllcenter {float(x[0])!r}\n"
        f"yllcenter {float(y[-1])!r}\n{size}NODATA_value nan\n"
    ).encode()


def _values(axis: Axis) -> Array:
    assert axis.values is not None
    return axis.values
