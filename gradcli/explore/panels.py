"""What a picture shows: one panel for each field and each derivative, as numbers and words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gradcli.model.axes import Axis
from gradcli.numerics.dtypes import Array
from gradcli.record import record

if TYPE_CHECKING:
    from gradcli.explore.places import Place

FIELD = "field"  # what stands for the operator of a panel that shows the field itself


@record(frozen=True)
class Panel:
    """One panel of a picture.

    Attributes
    ----------
    name : str
        The result, such as ``dT_dx``.
    title : str
        What stands above it: the name, its units, and where the axes that are not shown are held.
    units : str or None
    values : ndarray of float64
        One or two dimensions, the slower axis first; missing values are NaN. Complex results give
        their magnitude.
    axes : tuple of Axis
        One for each dimension of ``values``, with as many points.
    signed : bool
        Whether the sign matters, as it does for derivatives: colours are then centred on 0.
    positions : (ndarray, ndarray) or None
        Two-dimensional coordinates of every point, to the right and upwards, where the axes
        themselves are mere indices (a curvilinear grid).
    origin : str
        The field that it belongs to; of a vector the first component.
    operator : str
        What was done to the field: the name of an operator, or ``field`` for nothing.
    along : int or None
        The dimension of ``values`` that a first derivative is taken along, or that a component of
        a vector points along.
    place : Place or None
        Where on the Earth the axes or the positions lie, if they do.
    held : str
        Where the axes that are not shown are held, in words.
    """

    name: str
    title: str
    units: str | None
    values: Array
    axes: tuple[Axis, ...]
    signed: bool
    positions: tuple[Array, Array] | None = None
    origin: str = ""
    operator: str = FIELD
    along: int | None = None
    place: Place | None = None
    held: str = ""
