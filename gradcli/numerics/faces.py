"""Two-point differences from the points of a staggered grid to those halfway between them."""

from __future__ import annotations

from math import sqrt
from typing import TYPE_CHECKING

import numpy as np

from gradcli.numerics.stencils import Stencil
from gradcli.record import record

if TYPE_CHECKING:
    from gradcli.numerics.dtypes import Array


@record(frozen=True)
class FaceStencil(Stencil):
    """The difference of the two points beside each point, per index.

    ``shift`` is the index of the first of the two, for the point of index 0: -1 where the values
    lie behind the point of the same index. Rows are counted along the axis of the results, and
    reaches along that of the values, which they may leave.
    """

    shift: int = 0

    def reach(self, rows: slice) -> slice:
        """Return the points that must be read for some rows.

        >>> FaceStencil(5, (), shift=-1).reach(slice(0, 3))
        slice(-1, 3, None)
        """
        return slice(rows.start + self.shift, rows.stop + self.shift + 1)

    def halo(self) -> int:
        """Return how many points a block may have to read beyond its own rows."""
        return 1

    def gain(self) -> float:
        """Return the amplification of independent errors of the values."""
        return sqrt(2)

    def apply(self, values: Array, rows: slice, axis: int, out: Array) -> None:
        """Write the differences at some rows into ``out``.

        >>> out = np.empty(2)
        >>> FaceStencil(2, ()).apply(np.array([1.0, 3.0, 7.0]), slice(0, 2), 0, out)
        >>> out
        array([2., 4.])
        """
        first, second = (
            tuple(part if k == axis else slice(None) for k in range(values.ndim))
            for part in (slice(0, -1), slice(1, None))
        )
        np.subtract(values[second], values[first], out=out)
