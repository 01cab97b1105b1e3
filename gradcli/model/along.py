"""An axis to differentiate along."""

from __future__ import annotations

from dataclasses import dataclass

from gradcli.model.axes import Axis, axis_label
from gradcli.model.fields import Field


@dataclass(frozen=True)
class Along:
    """An axis to differentiate along.

    Attributes
    ----------
    index : int
        Which axis of the field.
    label : str
        What it is called in results: as it was asked for, or the dimension's own name.
    step : float or None
        Equal spacing given by the user.
    periodic : bool
    period : float or None
    repeated : bool
        Whether the last point of a periodic axis is its first once more.
    turn : float or None
        What an angle goes around in; its values are unwrapped.
    scale : float
        What coordinates are multiplied by: units that were asked for, upwards for downwards.
    units : str or None
        Those that were asked for.
    sheet : Axis or None
        The two-dimensional coordinate that it stands for, as it says of itself.
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

    def axis(self, field: Field) -> Axis:
        """Return what says the units and the words of a derivative along it."""
        return self.sheet or field.axes[self.index]

    def name(self, field: Field) -> str:
        """Return the name of the dimension, or of the two-dimensional coordinate."""
        return axis_label(field.axes, self.index) if self.sheet is None else str(self.sheet.name)
