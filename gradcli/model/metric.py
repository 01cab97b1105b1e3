"""The metric: how lengths along longitude and latitude are measured."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from gradcli.errors import UsageError

MetricName = Literal["none", "sphere", "wgs84"]
Pointing = Literal["earth", "grid"]  # which way the components of a vector point
RADIUS = 6371229.0  # metres; the sphere that weather models use


@dataclass(frozen=True)
class Metric:
    """Whether longitude and latitude are taken as they are, or as lengths on the Earth.

    Attributes
    ----------
    name : str or None
        ``none``, ``sphere`` or ``wgs84``. None means that the user gave no metric: it differs from
        ``none`` in that operators that would mix degrees of longitude and latitude are refused.
    radius : float
        Radius of the sphere in metres.

    Raises
    ------
    UsageError
        The metric is unknown, the radius is not positive, or the metric has no radius.

    Examples
    --------
    >>> Metric("sphere").on_earth, Metric("none").on_earth, Metric().on_earth
    (True, False, False)
    """

    name: MetricName | None = None
    radius: float = RADIUS

    def __post_init__(self) -> None:
        if self.name is not None and self.name not in get_args(MetricName):
            raise UsageError(f"metric {self.name!r}; there are: {', '.join(get_args(MetricName))}")
        if not 0 < self.radius < float("inf") or 1 / self.radius == float("inf"):
            raise UsageError(f"--radius {self.radius}: a radius is in metres, finite and above 0")
        if self.radius != RADIUS and self.name != "sphere":
            raise UsageError(f"--radius {self.radius:.10g} is of a sphere; give --metric sphere")

    @property
    def on_earth(self) -> bool:
        """Whether lengths are measured on the Earth."""
        return self.name not in (None, "none")
