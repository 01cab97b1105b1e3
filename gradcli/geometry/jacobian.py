"""The Jacobian of a curvilinear grid, inverted, as factors of derivatives."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from gradcli.cf.roles import radians_in
from gradcli.errors import InputError
from gradcli.geometry.auxiliary import Chart
from gradcli.model.blocks import relative
from gradcli.numerics.adapt import AdaptingStencil
from gradcli.numerics.earth import Earth, unit_parts
from gradcli.numerics.operator import Operator
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
    given : pair of ndarray
        x and y wherever the stencils of both axes reach.
    windows : pair of slice
        The points along both axes.
    reach : pair of slice
        What is given along both axes.
    """

    given: tuple[Array, Array]
    windows: tuple[slice, slice]
    reach: tuple[slice, slice]

    @property
    def x(self) -> Array:
        """The coordinate x at the points."""
        return self.part(self.given[0])

    @property
    def y(self) -> Array:
        """The coordinate y at the points."""
        return self.part(self.given[1])

    def part(self, values: Array, beside: int | None = None) -> Array:
        """Return values at the points, or where the stencil of an axis reaches from there."""
        parts = list(relative(self.windows, self.reach))
        if beside is not None:
            parts[beside] = slice(None)
        return np.ascontiguousarray(values[..., parts[0], parts[1]])


class Jacobian(NamedTuple):
    """How the Jacobian of a grid is computed and inverted.

    ``ea`` and ``eb`` are the weights of the derivatives along the slower and the faster axis in
    the eastward derivative, ``na`` and ``nb`` those in the northward derivative. ``ex`` … ``nz``
    are the components of the unit vectors east and north in space. ``da0`` … ``db2`` are the
    components in space of the vectors whose products with the derivatives of a vector along the two
    axes add up to its divergence, and ``ca0`` … ``cb2`` those that give its curl.

    Attributes
    ----------
    chart : Chart
    stencils : pair of Stencil
        Stencils of the first derivative along the two axes, per index.
    earth : Earth or None
        Without it, derivatives are per unit of the sheets.
    vectors : tuple of str
        The names of the factors that vectors need besides the first four.
    """

    chart: Chart
    stencils: tuple[Stencil, Stencil]
    earth: Earth | None
    vectors: tuple[str, ...]

    @property
    def names(self) -> list[str]:
        """The names of the factors."""
        return ["ea", "eb", "na", "nb", *self.vectors]

    def inverted(self, patch: Patch, rounding: Any) -> tuple[dict[str, Array], Array]:
        """Return the factors at the points of a patch, and where the Jacobian is singular.

        There they are missing. ``rounding`` is the error of the coordinates.
        """
        found: dict[str, Array] = {}
        scale_e: Any = 1.0
        scale_n: Any = 1.0
        if self.chart.angles:
            up, east, north = unit_parts(*patch.given)
            named = zip((*EAST, *NORTH), (*east, *north), strict=True)
            units = {name: patch.part(part) for name, part in named if name}
            (ea, na), (eb, nb) = self._on_sphere(patch, np.stack(up), units)
            found = {name: units[name] for name in units if name in self.vectors}
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
        found |= {"na": -eb / det * scale_n, "nb": ea / det * scale_n}
        for name in self.vectors:
            if name not in found:
                found[name] = _flux(found, name)
        return found, singular

    def _on_sphere(
        self, patch: Patch, up: Array, units: dict[str, Array]
    ) -> list[tuple[Array, Array]]:
        """Return the eastward and northward component of a step along each axis.

        Positions (``up``) are differentiated in three dimensions, where longitude has no jump.
        """
        found = []
        for axis in (0, 1):
            change = np.empty((3, *units["ex"].shape))
            derive(self.stencils[axis], patch.part(up, axis), patch.windows[axis], axis + 1, change)
            e, n = (
                sum(units[name] * part for name, part in zip(unit, change, strict=True) if name)
                for unit in (EAST, NORTH)
            )
            found.append((e, n))
        return found

    def _both(self, patch: Patch, place: int) -> tuple[Array, Array]:
        """Return the derivatives of x (0) or of y (1) along both axes."""
        found = []
        for axis in (0, 1):
            out = np.empty(tuple(part.stop - part.start for part in patch.windows))
            given = patch.part(patch.given[place], axis)
            derive(self.stencils[axis], given, patch.windows[axis], axis, out)
            found.append(out)
        return found[0], found[1]


def flux_names(divergence: bool, axis: str) -> list[tuple[str, ...]]:
    """Return the names of the factors of a divergence or a curl along an axis of the grid.

    >>> flux_names(True, "a")
    [('da0',), ('da1',), ('da2',)]
    """
    return [(f"{'d' if divergence else 'c'}{axis}{part}",) for part in range(3)]


def vector_names(operators: Iterable[Operator]) -> tuple[str, ...]:
    """Return the names of the factors that operators of vectors need.

    >>> from gradcli.numerics.operators import make_operator
    >>> vector_names([make_operator("jacobian")])
    ('ex', 'ey', 'nx', 'ny', 'nz')
    """
    found: list[str] = []
    for operator in operators:
        if operator.vector:
            found += [name for name in (*EAST, *NORTH) if name]
        for wanted in operator.wanted(2, 1) if operator.flux else ():
            along_itself = wanted.along == (wanted.component,)
            found += [name for axis in "ab" for (name,) in flux_names(along_itself, axis)]
    return tuple(dict.fromkeys(found))


def _flux(found: dict[str, Array], name: str) -> Array:
    """Return a factor of a divergence or a curl.

    The divergence is ``e . dV/de + n . dV/dn``, and the curl ``n . dV/de - e . dV/dn``, where
    ``dV/de = ea dV/da + eb dV/db``, and so on. Its terms along b stand in the partial that is
    subtracted from the other, so they have the opposite sign.
    """
    kind, axis, part = tuple(name)
    total: Array | None = None
    for row, unit in (("e", EAST), ("n", NORTH)):
        component = (unit if kind == "d" else NORTH if row == "e" else EAST)[int(part)]
        if component is not None:
            product = found[row + axis] * found[component]
            if kind == "c" and (row == "n") == (axis == "a"):
                np.negative(product, out=product)
            total = product if total is None else total + product
    assert total is not None
    return total


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
