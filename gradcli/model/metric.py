"""The metric: how lengths are measured, on the Earth or around an axis or a centre."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, get_args

from gradcli.errors import UsageError
from gradcli.record import field, record

MetricName = Literal["none", "sphere", "wgs84", "cylindrical", "spherical"]
PLACES = {"cylindrical": ("r", "phi", "z"), "spherical": ("r", "theta", "phi", "lat", "lon")}
RADII = ("r", "radius", "radial")  # names of axes that hold a distance from an axis or a centre
Pointing = Literal["earth", "grid"]  # which way the components of a vector point
RADIUS = 6371229.0  # metres; the sphere that weather models use


@record(frozen=True)
class Metric:
    """Whether coordinates are taken as they are, or as lengths on the Earth or around an axis.

    Attributes
    ----------
    name : str or None
        ``none``, ``sphere``, ``wgs84``, ``cylindrical`` or ``spherical``. None means that the user
        gave no metric: it differs from ``none`` in that operators that would mix degrees of
        longitude and latitude are refused.
    radius : float
        Radius of the sphere in metres.
    named : mapping of str to str
        For coordinates around an axis or a centre (``r``, ``phi`` …) the names of their axes, where
        the user gives them.

    Raises
    ------
    UsageError
        The metric is unknown, the radius is not positive, or the metric has no radius or no such
        coordinates.

    Examples
    --------
    >>> Metric("sphere").on_earth, Metric("none").on_earth, Metric().on_earth
    (True, False, False)
    """

    name: MetricName | None = None
    radius: float = RADIUS
    named: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.name is not None and self.name not in get_args(MetricName):
            raise UsageError(f"metric {self.name!r}; there are: {', '.join(get_args(MetricName))}")
        if not 0 < self.radius < float("inf") or 1 / self.radius == float("inf"):
            raise UsageError(f"--radius {self.radius}: a radius is in metres, finite and above 0")
        if self.radius != RADIUS and self.name != "sphere":
            raise UsageError(f"--radius {self.radius:.10g} is of a sphere; give --metric sphere")

        places = PLACES.get(str(self.name), ())
        for place in self.named:
            if place not in places:
                known = f"there are: {', '.join(places)}" if places else "it names no axes"
                raise UsageError(f"--metric {self.name}: no coordinate {place!r}; {known}")
        if {"phi", "lon"} <= {*self.named} or {"theta", "lat"} <= {*self.named}:
            raise UsageError(
                f"--metric {self.name}: phi and lon are one coordinate, and so are theta and lat"
            )

    @property
    def on_earth(self) -> bool:
        """Whether lengths are measured on the Earth."""
        return self.name in ("sphere", "wgs84")

    @property
    def around(self) -> bool:
        """Whether coordinates count around an axis or a centre."""
        return self.name in PLACES
