"""The Jacobian of a curvilinear grid, inverted, as factors of derivatives."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from gradcli.cf.roles import radians_in
from gradcli.errors import InputError
from gradcli.geometry.auxiliary import Chart
from gradcli.numerics.adapt import AdaptingStencil
from gradcli.numerics.earth import Earth, unit_vectors
from gradcli.numerics.stencils import Stencil

if TYPE_CHECKING:
    from gradcli.numerics.dtypes import Array

SINGULAR = 1e-12  # sine of the angle between grid lines up to which they count as parallel
EAST = ("ex", "ey", None)
NORTH = ("nx", "ny", "nz")


class Patch(NamedTuple):
    """Coordinates at some points of a grid, and at those that stencils reach from them.

    Attributes
    ----------
    x, y : ndarray
        The coordinates at the points.
    beside : pair of (ndarray, ndarray)
        x and y where the stencil along the slower and that along the faster axis reach.
    windows : pair of slice
        The points along both axes.
    """

    x: Array
    y: Array
    beside: tuple[tuple[Array, Array], tuple[Array, Array]]
    windows: tuple[slice, slice]


class Jacobian(NamedTuple):
    """How the Jacobian of a grid is computed and inverted.

    ``ea`` and ``eb`` are the weights of the derivatives along the slower and the faster axis in
    the eastward derivative, ``na`` and ``nb`` those in the northward derivative. ``ex`` … ``nz``
    are the components of the unit vectors east and north in space.

    Attributes
    ----------
    chart : Chart
    stencils : pair of Stencil
        Stencils of the first derivative along the two axes, per index.
    earth : Earth or None
        Without it, derivatives are per unit of the sheets.
    vectors : bool
        Whether the unit vectors are needed.
    """

    chart: Chart
    stencils: tuple[Stencil, Stencil]
    earth: Earth | None
    vectors: bool

    @property
    def names(self) -> list[str]:
        """The names of the factors."""
        more = [name for name in (*EAST, *NORTH) if name] if self.vectors else []
        return ["ea", "eb", "na", "nb", *more]

    def inverted(self, patch: Patch, rounding: Any) -> tuple[dict[str, Array], Array]:
        """Return the factors at the points of a patch, and where the Jacobian is singular.

        There they are missing. ``rounding`` is the error of the coordinates.
        """
        found: dict[str, Array] = {}
        scale_e: Any = 1.0
        scale_n: Any = 1.0
        if self.chart.angles:
            _, east, north = unit_vectors(patch.x, patch.y)
            (ea, na), (eb, nb) = self._on_sphere(patch, east, north)
            if self.vectors:
                found = {"ex": east[..., 0], "ey": east[..., 1]}
                found |= dict(zip(NORTH, np.moveaxis(north, -1, 0), strict=True))
            if self.earth is None:
                scale_e = np.cos(patch.y) * radians_in(self.chart.x.axis)
                scale_n = radians_in(self.chart.y.axis)
            else:
                scale_e = 1 / self.earth.normal(patch.y)
                scale_n = 1 / self.earth.meridian(patch.y)
        else:
            (ea, eb), (na, nb) = (self._both(patch, place) for place in (0, 1))
        det = ea * nb - eb * na
        a, b = np.hypot(ea, na), np.hypot(eb, nb)
        singular = np.abs(det) <= SINGULAR * a * b + rounding * (a + b)
        if singular.any():
            det = np.where(singular, np.nan, det)
        found |= {"ea": nb / det * scale_e, "eb": -na / det * scale_e}
        return found | {"na": -eb / det * scale_n, "nb": ea / det * scale_n}, singular

    def _on_sphere(self, patch: Patch, east: Array, north: Array) -> list[tuple[Array, Array]]:
        """Return the eastward and northward component of a step along each axis.

        Positions are differentiated in three dimensions, where longitude has no jump.
        """
        found = []
        for axis in (0, 1):
            up, _, _ = unit_vectors(*patch.beside[axis])
            e, n = np.zeros(patch.x.shape), np.zeros(patch.x.shape)
            for m in range(3):
                change = np.empty(patch.x.shape)
                derive(self.stencils[axis], up[..., m], patch.windows[axis], axis, change)
                e += east[..., m] * change
                n += north[..., m] * change
            found.append((e, n))
        return found

    def _both(self, patch: Patch, place: int) -> tuple[Array, Array]:
        """Return the derivatives of x (0) or of y (1) along both axes."""
        found = []
        for axis in (0, 1):
            out = np.empty(patch.x.shape)
            given = patch.beside[axis][place]
            derive(self.stencils[axis], given, patch.windows[axis], axis, out)
            found.append(out)
        return found[0], found[1]


def singular_error(
    names: tuple[str, str], where: str, place: tuple[float, float], field: str, value: float
) -> InputError:
    """Return the error for a point with derivatives whose Jacobian is singular.

    ``place`` holds its coordinates, and ``value`` is that of the field. Models write zeros on land
    that they do not compute.
    """
    told = f"{names[0]} and {names[1]} have a singular Jacobian at {where}: points there coincide"
    if place == (0.0, 0.0):
        return InputError(
            f"{told} (both are 0), as where a model computes nothing; {field} is {value:.10g} "
            f"there: --missing-value {value:.10g} makes such points missing, or select a part "
            "without them (--isel, --no-halo)"
        )
    return InputError(
        f"{told}, or lie in a line; mark such points as missing, or select a part without them "
        "(--isel, --no-halo)"
    )


def derive(stencil: Stencil, values: Array, rows: slice, axis: int, out: Array) -> None:
    """Write the derivative of values, beside missing ones too if the stencil adapts."""
    given = np.ascontiguousarray(values)
    stencil.apply(given, rows, axis, out)
    if isinstance(stencil, AdaptingStencil):
        stencil.adapt(given, rows, axis, out)


def around(reach: slice, size: int) -> Iterator[slice]:
    """Yield the rows of a reach; those beyond one end of a periodic axis lie at the other.

    >>> list(around(slice(-1, 2), 5))
    [slice(4, 5, None), slice(0, 2, None)]
    """
    start = reach.start
    while start < reach.stop:
        first = start % size
        stop = min(size, first + reach.stop - start)
        yield slice(first, stop)
        start += stop - first
