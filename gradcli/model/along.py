"""An axis to differentiate along."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gradcli.model.axes import Axis, axis_label
from gradcli.model.fields import Field
from gradcli.record import record

if TYPE_CHECKING:
    from gradcli.model.columns import Column
    from gradcli.model.poles import Poles


@record(frozen=True)
class Along:
    """An axis to differentiate along, and how.

    Attributes
    ----------
    index : int
        Index of the axis in the field.
    label : str
        Name of the axis in results: the user's word for it, or the name of the dimension.
    step : float or None
        Equal spacing given by the user.
    periodic : bool
    period : float or None
    repeated : bool
        Whether the last point of a periodic axis repeats the first.
    turn : float or None
        A full turn in the units of an angle, by which its values are unwrapped.
    scale : float
        Factor on the coordinates. It converts units, and is negative to make downwards upwards.
    units : str or None
        The units that the user requested.
    sheet : Axis or None
        Metadata of the two-dimensional coordinate that the axis stands for.
    poles : Poles or None
        How a latitude goes on across the poles.
    """

    index: int
    label: str
    step: float | None = None
    periodic: bool = False
    period: float | None = None
    repeated: bool = False
    turn: float | None = None
    scale: float = 1.0
    units: str | None = None
    sheet: Axis | None = None
    poles: Poles | None = None

    def axis(self, field: Field) -> Axis:
        """Return the axis or sheet that gives a derivative its units and description."""
        return self.sheet or field.axes[self.index]

    def column(self, field: Field) -> Column | None:
        """Return the coordinates that differ by column, if they are taken."""
        return None if self.step is not None or self.sheet else field.axes[self.index].column

    def name(self, field: Field) -> str:
        """Return the name of the dimension, or of the coordinate over several dimensions."""
        column = self.column(field)
        if column is not None:
            return column.name
        return axis_label(field.axes, self.index) if self.sheet is None else str(self.sheet.name)
