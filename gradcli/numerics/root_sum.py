"""The root of the sum of two squares, several times faster than ``hypot``.

``hypot`` scales every pair of numbers. Here squares are summed as they are, and only the few pairs
whose sum leaves the range in which it is exact to rounding are left to ``hypot``. Results may
differ from its own in the last bit.
"""

from __future__ import annotations

import numpy as np

from gradcli.numerics.dtypes import Array
from gradcli.numerics.kernel import Scratch, tile_extents, tiles

TILE_BYTES = 2**18


def root_sum(first: Array, second: Array, out: Array) -> None:
    """Write the root of the sum of squares into ``out``, which may be one of both.

    It is NaN where either is, also where the other is infinite.

    Parameters
    ----------
    first, second, out : ndarray, floating
        Of one type and shape.

    Examples
    --------
    >>> found = np.array([3.0, 3e300, 3e-310])
    >>> root_sum(found, np.array([4.0, 4e300, 4e-310]), found)
    >>> found
    array([5.e+000, 5.e+300, 5.e-310])
    """
    if out.flags.f_contiguous and not out.flags.c_contiguous:
        first, second, out = first.T, second.T, out.T
    scratch, kind = Scratch(out.dtype), np.finfo(out.dtype)
    # Below the least sum, the square of a part that counts may have lost digits.
    least, most = kind.smallest_normal / kind.eps**2, kind.max
    extents = tile_extents(out.shape, TILE_BYTES // out.itemsize)
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):
        for tile in tiles(out.shape, extents, out.ndim - 1) if out.size else ():
            one, other, into = first[tile], second[tile], out[tile]
            total, square = (
                scratch.take(use, into.size).reshape(into.shape) for use in ("total", "square")
            )
            np.multiply(one, one, out=total)
            np.multiply(other, other, out=square)
            np.add(total, square, out=total)
            odd, exact = None, None
            if not least <= np.fmin.reduce(total, axis=None) or (
                np.fmax.reduce(total, axis=None) > most
            ):
                odd = (total < least) | (total > most)
                exact = np.hypot(one[odd], other[odd])
            np.sqrt(total, out=into)
            if odd is not None:
                into[odd] = exact
