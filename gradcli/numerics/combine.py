"""Combine the partial derivatives of a block into the results of an operator.

Each function takes an iterator of partials and yields results. A partial that owns its memory
belongs to the function, which may return it changed; one that is a view is left alone, because
something else needs it. Numpy is imported only inside functions, so that ``gradcli --help`` can
list the operators without it.
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
    found = _own(next(partials))
    for part in partials:
        found += part
    yield found


def _own(part: Array) -> Array:
    """Return a partial that may be changed."""
    return part if part.flags.owndata else part.copy()


def norm(partials: Partials) -> Iterator[Array]:
    """Yield the length of the vector of partials, without overflow and underflow.

    >>> import numpy as np
    >>> next(norm(iter([np.array([3e300]), np.array([4e300])])))
    array([5.e+300])
    """
    from gradcli.numerics.root_sum import root_sum

    found, several = _real(next(partials)), False
    for part in partials:
        more = _real(part)
        into = next((each for each in (found, more) if each.flags.owndata), None)
        into = found.copy() if into is None else into
        root_sum(found, more, into)
        found, several = into, True
    yield found if several else abs(found)


def _real(part: Array) -> Array:
    """Return real values as they are, and the absolute ones of complex values."""
    import numpy as np

    if part.dtype.kind != "c":
        return part
    found: Array = np.abs(part)
    found[np.isnan(part)] = np.nan  # a value that lacks either part
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


def means(partials: Partials) -> Iterator[Array]:
    """Yield the mean of each pair of partials: of a Jacobian's couples, its symmetric part.

    >>> list(means(iter([2.0, 2.0, 1.0, 3.0])))
    [2.0, 2.0]
    """
    for first in partials:
        yield (first + next(partials)) * 0.5


def second_invariant(partials: Partials) -> Iterator[Array]:
    """Yield half the squared rotation less the squared strain, from all couples of a Jacobian J.

    The Q-criterion [1]_ is ``(|W|^2 - |S|^2) / 2`` with the antisymmetric part W of J and the
    symmetric part S. This is ``-sum_ij J_ij J_ji / 2``. Where the divergence is 0, it is the second
    invariant of J. In a vortex it is positive.

    Raises
    ------
    UsageError
        The partials are complex.

    References
    ----------
    .. [1] Hunt, J. C. R., Wray, A. A. and Moin, P. (1988). Eddies, streams, and convergence zones
       in turbulent flows. Center for Turbulence Research, Report CTR-S88, 193-208.

    Examples
    --------
    >>> import numpy as np
    >>> zero, turn = np.array([0.0]), np.array([3.0])
    >>> next(second_invariant(iter([zero, zero, -turn, turn, -turn, turn, zero, zero])))
    array([9.])
    """
    found: Array | None = None
    for first in partials:
        both = _of_real(first, "Q-criterion") * next(partials)
        both *= -0.5
        found = both if found is None else found.__iadd__(both)
    assert found is not None
    yield found


def strain_over_rotation(partials: Partials) -> Iterator[Array]:
    """Yield the squared strain less the squared vorticity, from the couples of a Jacobian.

    The parameter of Okubo [1]_ and Weiss [2]_ is ``s_n^2 + s_s^2 - w^2`` with the normal strain
    ``u_x - v_y``, the shear strain ``v_x + u_y`` and the vorticity ``v_x - u_y``; the last two
    terms are ``4 v_x u_y``. In an eddy it is negative.

    Raises
    ------
    UsageError
        The partials are complex.

    References
    ----------
    .. [1] Okubo, A. (1970). Horizontal dispersion of floatable particles in the vicinity of
       velocity singularities such as convergences. Deep-Sea Research 17, 445-454.
    .. [2] Weiss, J. (1991). The dynamics of enstrophy transfer in two-dimensional hydrodynamics.
       Physica D 48, 273-294.

    Examples
    --------
    >>> import numpy as np
    >>> zero, turn = np.array([0.0]), np.array([3.0])
    >>> next(strain_over_rotation(iter([zero, zero, -turn, turn, zero, zero])))
    array([-36.])
    """
    first, _, upper, lower, second, _ = partials
    found = _of_real(first, "Okubo-Weiss parameter") - second
    found *= found
    shear = upper * lower
    shear *= 4
    found += shear
    yield found


def _of_real(part: Array, name: str) -> Array:
    """Return a partial; raise UsageError if it is complex, as squares of it then mean nothing."""
    if part.dtype.kind == "c":
        raise UsageError(f"a complex vector has no {name}")
    return part


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
