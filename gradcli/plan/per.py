"""Units of derivatives as ``--per`` asks for them: factors on coordinates, or on metres."""

from __future__ import annotations

from gradcli.cf.units import unit_factor
from gradcli.geometry.terms import Geometry
from gradcli.model.along import Along
from gradcli.model.fields import Field
from gradcli.record import replace


def converted(
    origin: Field, alongs: tuple[Along, ...], geometry: Geometry
) -> tuple[tuple[Along, ...], Geometry]:
    """Return axes with their units converted, and the geometry with its metres converted.

    Raises
    ------
    UsageError
        Units cannot be converted.
    """
    found, lengths = [], {}
    for place, along in enumerate(alongs):
        if along.units is None:
            found.append(along)
        elif place in geometry.units or along.sheet is not None:
            own = geometry.units.get(place, along.axis(origin).units)
            lengths[place] = along.units, 1 / unit_factor(along.label, own, along.units)
            found.append(along)
        else:
            axis = along.axis(origin)
            factor = unit_factor(along.label, axis.units, along.units, axis.calendar)
            period = None if along.period is None else factor * along.period
            found.append(replace(along, scale=factor * along.scale, period=period))
    if not lengths:
        return tuple(found), geometry
    from gradcli.geometry.rescaled import InLengths

    return tuple(found), InLengths(geometry, lengths)
