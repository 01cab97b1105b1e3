"""Combine the partial derivatives of a block into the results of an operator.

Each function takes an iterator of partials, changes none of them, and yields results. Numpy is
imported only inside functions, so that ``gradcli --help`` can list the operators without it.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from gradcli.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gradcli.numerics.dtypes import Array

    Partials = Iterator[Array]


def unchanged(partials: Partials) -> Iterator[Array]:
    """Yield the partials unchanged.

    >>> list(unchanged(iter([1, 2])))
    [1, 2]
    """
    yield from partials


def total(partials: Partials) -> Iterator[Array]:
    """Yield the sum of the partials.

    >>> import numpy as np
    >>> next(total(iter([np.array([3.0]), np.array([4.0])])))
    array([7.])
    """
    found = next(partials).copy()
    for part in partials:
        found += part
    yield found


def norm(partials: Partials) -> Iterator[Array]:
    """Yield the length of the vector of partials, by ``hypot`` to avoid overflow and underflow.

    >>> import numpy as np
    >>> next(norm(iter([np.array([3e300]), np.array([4e300])])))
    array([5.e+300])
    """
    import numpy as np

    found = _sizes(next(partials))
    for part in partials:
        sizes = _sizes(part)
        # hypot(inf, nan) is inf; what lacks a component is missing.
        infinite = any(np.fmax.reduce(v, axis=None, initial=0) == np.inf for v in (found, sizes))
        lost = np.isnan(found + sizes) if infinite else None
        np.hypot(found, sizes, out=found)
        if lost is not None:
            found[lost] = np.nan
    yield found


def _sizes(part: Array) -> Array:
    """Return absolute values; of complex values that lack either part, none."""
    import numpy as np

    found: Array = np.abs(part)
    if part.dtype.kind == "c":
        found[np.isnan(part)] = np.nan
    return found


def differences(partials: Partials) -> Iterator[Array]:
    """Yield the difference of each pair of partials.

    >>> list(differences(iter([5, 3, 4, 1])))
    [2, 3]
    """
    for first in partials:
        yield first - next(partials)


def opposite_differences(partials: Partials) -> Iterator[Array]:
    """Yield the difference of each pair of partials, with the opposite sign.

    >>> list(opposite_differences(iter([5, 3, 4, 1])))
    [-2, -3]
    """
    for first in partials:
        yield next(partials) - first


def angle(partials: Partials, bearing: bool = False, downslope: bool = False) -> Iterator[Array]:
    """Yield the direction of two partials; it is missing where both are 0.

    It is in radians from the first to the second or, as a bearing, in degrees clockwise from the
    second.

    Raises
    ------
    UsageError
        The partials are complex.

    Examples
    --------
    >>> import numpy as np
    >>> next(angle(iter([np.array([1.0]), np.array([0.0])]), bearing=True))
    array([90.])
    """
    import numpy as np

    x, y = partials
    if x.dtype.kind == "c":
        raise UsageError("the gradient of a complex field has no direction")
    sign = -1 if downslope else 1
    flat = (x == 0) & (y == 0)
    x, y = sign * x + 0.0, sign * y + 0.0  # -0.0 would turn an angle of pi into -pi
    found = np.arctan2(x, y) if bearing else np.arctan2(y, x)
    if bearing:
        found = np.mod(np.degrees(found), 360)
        found[found == 360] = 0  # an angle just below 360, rounded
    found[flat] = np.nan
    yield found


def projection(partials: Partials, vector: tuple[float, ...] = ()) -> Iterator[Array]:
    """Yield the derivative in the direction of a vector, which may have any length.

    >>> import numpy as np
    >>> next(projection(iter([np.array([5.0]), np.array([10.0])]), (3, 4)))
    array([11.])
    """
    import numpy as np

    # By a power of two, so that no square overflows or vanishes and no bit of a share changes.
    exponent = math.frexp(max(map(abs, vector)))[1]
    vector = tuple(math.ldexp(share, -exponent) for share in vector)
    length = float(np.linalg.norm(vector))
    found: Array | None = None
    for part, share in zip(partials, vector, strict=True):
        term = part * part.real.dtype.type(share / length)
        found = term if found is None else np.add(found, term, out=found)
    assert found is not None
    yield found
