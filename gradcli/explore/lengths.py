"""Lengths of the units of coordinates along a path, in metres on the Earth with a metric."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from gradcli.cf.roles import is_latitude, is_longitude, radians_in
from gradcli.geometry.terms import earth_of
from gradcli.model.axes import Axis
from gradcli.numerics.weights import Floats
from gradcli.settings import Settings


class Scales:
    """The length of one unit of each coordinate, in metres along longitude and latitude."""

    def __init__(
        self,
        plain: Floats,
        settings: Settings | None = None,
        axes: Sequence[Axis] = (),
        fixed: float | None = None,
        latitude: Axis | None = None,
    ) -> None:
        self._plain, self._fixed = plain, fixed
        self._lon = [k for k, axis in enumerate(axes) if is_longitude(axis)]
        self._lat = [k for k, axis in enumerate(axes) if is_latitude(axis)]
        if settings is not None and latitude is not None:
            self._earth, _ = earth_of(settings.metric)
            self._turn = radians_in(latitude)

    def __call__(self, place: Floats) -> Floats:
        """Return the lengths at a place."""
        if not self._lon and not self._lat:
            return self._plain
        found = self._plain.copy()
        latitude = np.array((place[self._lat[0]] if self._lat else self._fixed or 0.0) * self._turn)
        for k in self._lat:
            found[k] = self._earth.meridian(latitude) * self._turn
        for k in self._lon:
            found[k] = self._earth.parallel(latitude) * self._turn
        return found
