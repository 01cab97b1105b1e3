"""Latitudes whose stencils go across the poles (``--edges pole``)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

import numpy as np

from gradcli.cf.roles import radians_in
from gradcli.cf.vectors import pointing_of, turns_at_pole
from gradcli.errors import UsageError
from gradcli.geometry.geographic import Geographic
from gradcli.geometry.poles import across, find_poles, one_sided_end
from gradcli.geometry.terms import Geometry
from gradcli.model.along import Along
from gradcli.model.axes import axis_label
from gradcli.model.fields import Field
from gradcli.numerics.assemble import make_continued_stencil, reach_beyond
from gradcli.numerics.coordinates import FLOAT64_EPS, Spacing, fit_spacing
from gradcli.numerics.schemes import Scheme
from gradcli.numerics.stencils import Stencil
from gradcli.plan.choose import Choice
from gradcli.record import replace
from gradcli.settings import Settings


def over_poles(
    choice: Choice,
    alongs: tuple[Along, ...],
    geometry: Geometry,
    settings: Settings,
    notes: list[str],
) -> tuple[Along, ...]:
    """Return the axes, of which a latitude goes on across the poles if the user asks for that.

    Raises
    ------
    UsageError
        The user asks for it, and the grid does not go around the poles.
    """
    origin, scheme = choice.field, settings.scheme
    place = geometry.over[1] if isinstance(geometry, Geographic) else None
    if scheme.edges != "pole":
        offers = scheme.edges == "one-sided" and scheme.accuracy > 2 and scheme.smooth is None
        if place is not None and offers and alongs[place].step is None:
            notes += _offer(origin, alongs[place])
        return alongs
    if place is None or not isinstance(geometry, Geographic):
        raise UsageError(
            f"{origin.name}: --edges pole is for derivatives along a latitude that is an axis of "
            "its own, of scalars, and of components that lie along the axes of the grid; these go "
            f"along {', '.join(along.label for along in alongs)}, {geometry.text}"
        )
    along = alongs[place]
    if along.step is not None or along.periodic or origin.axes[along.index].tracks is not None:
        raise UsageError(
            f"axis {along.label}: --edges pole excludes --spacing, --periodic and --by of it"
        )
    poles = find_poles(origin)
    notes += one_sided_end(origin, poles)
    latitude = origin.axes[poles.latitude]
    assert latitude.values is not None
    turn = radians_in(latitude)
    beyond, before = across(latitude.values, poles, np.pi / 2 / turn, poles.size)
    geometry.continue_across(beyond * turn, before)
    return (*alongs[:place], replace(along, poles=poles), *alongs[place + 1 :])


def turned_at_poles(
    choice: Choice, geometry: Geometry, settings: Settings, notes: list[str]
) -> tuple[int, ...]:
    """Return the components that change sign across a pole.

    Of a vector, they are those eastward and northward. A field by itself is a scalar unless its
    attributes say that it is such a component. Near the pole of a rotated grid, which is no pole
    of the Earth, components eastward and northward on the Earth are smooth.
    """
    if any(operator.vector for operator in settings.operators):
        assert isinstance(geometry, Geographic)
        return tuple(place for place in geometry.over if place is not None)
    origin = choice.field
    rotated = any(axis.standard_name == "grid_latitude" for axis in origin.axes)
    if not turns_at_pole(origin.attributes):
        return ()
    if rotated and pointing_of(origin.attributes) == "earth":
        return ()
    notes.append(f"{origin.name}: changes sign across the poles, as a component of a vector")
    return (0,)


def _offer(origin: Field, along: Along) -> Iterator[str]:
    """Yield a note where ``--edges pole`` would do better than one-sided differences."""
    with suppress(UsageError):
        find_poles(origin)
        yield (
            f"{along.label}: rows next to a pole use one-sided differences; those across the pole "
            "are more accurate (--edges pole)"
        )


def polar_stencil(origin: Field, along: Along, own: Spacing, scheme: Scheme, snap: bool) -> Stencil:
    """Return the stencil of a latitude that goes on across the poles."""
    axis, poles = origin.axes[along.index], along.poles
    assert axis.values is not None
    assert poles is not None
    limit = np.pi / 2 / radians_in(axis)
    nodes, before = across(axis.values, poles, limit, reach_beyond(scheme))
    precision = axis.precision if snap else min(axis.precision, FLOAT64_EPS)
    whole = fit_spacing(axis_label(origin.axes, along.index), nodes, precision).scaled(along.scale)
    if whole.is_equal and own.is_equal:
        whole = replace(whole, step=own.step)
    return make_continued_stencil(along.label, own, whole, before, scheme)
