"""The Earth as a surface of revolution: its radii of curvature, and how they change."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradcli.record import record

Floats = NDArray[np.float64]
Parts = tuple[Floats, Floats, Floats]  # along the three axes in space

POLE = 1e-7  # radians (less than a metre) within which a latitude counts as the pole


@record(frozen=True)
class Earth:
    """An ellipsoid of revolution, or a sphere if the squared eccentricity is 0.

    Attributes
    ----------
    radius : float
        Radius of the equator in metres.
    eccentricity2 : float
        The squared eccentricity.
    """

    radius: float
    eccentricity2: float = 0.0

    def meridian(self, latitude: Floats) -> Floats:
        """Return metres per radian of latitude: the radius of curvature of the meridian.

        Snyder (1987), Map projections, USGS Professional Paper 1395, equation 4-18.

        >>> Earth(2.0).meridian(np.array([0.5]))
        array([2.])
        """
        bulge = 1 - self.eccentricity2 * np.sin(latitude) ** 2
        found: Floats = self.radius * (1 - self.eccentricity2) / bulge**1.5
        return found

    def parallel(self, latitude: Floats) -> Floats:
        """Return metres per radian of longitude: the radius of the parallel, 0 at a pole.

        Snyder (1987), equation 4-20, times the cosine of the latitude.

        >>> Earth(2.0).parallel(np.array([0.0, np.pi / 2]))
        array([2., 0.])
        """
        bulge = 1 - self.eccentricity2 * np.sin(latitude) ** 2
        found: Floats = self.radius * np.cos(latitude) / np.sqrt(bulge)
        return np.where(self.at_pole(latitude), 0.0, found)

    def normal(self, latitude: Floats) -> Floats:
        """Return the radius of curvature normal to the meridian: `parallel` over cos(latitude).

        >>> Earth(2.0).normal(np.array([np.pi / 2]))
        array([2.])
        """
        found: Floats = self.radius / np.sqrt(1 - self.eccentricity2 * np.sin(latitude) ** 2)
        return found

    def parallel_change(self, latitude: Floats) -> Floats:
        """Return the derivative of `parallel` with respect to latitude: ``-M sin(latitude)``."""
        return -self.meridian(latitude) * np.sin(latitude)

    def meridian_change(self, latitude: Floats) -> Floats:
        """Return the derivative of `meridian` with respect to latitude."""
        sine, cosine = np.sin(latitude), np.cos(latitude)
        bulge = 1 - self.eccentricity2 * sine**2
        found: Floats = 3 * self.eccentricity2 * sine * cosine / bulge * self.meridian(latitude)
        return found

    def at_pole(self, latitude: Floats) -> NDArray[np.bool_]:
        """Return which latitudes count as a pole."""
        return np.abs(np.abs(latitude) - np.pi / 2) < POLE


def unit_vectors(longitude: Floats, latitude: Floats) -> tuple[Any, Any, Any]:
    """Return the unit vectors up, east and north, each of shape (..., 3); angles are in radians.

    >>> up, east, north = unit_vectors(np.array(0.0), np.array(0.0))
    >>> up, east, north
    (array([1., 0., 0.]), array([-0.,  1.,  0.]), array([-0., -0.,  1.]))
    """
    up, east, north = (np.stack(parts, -1) for parts in unit_parts(longitude, latitude))
    return up, east, north


def unit_parts(longitude: Floats, latitude: Floats) -> tuple[Parts, Parts, Parts]:
    """Return the components in space of the unit vectors up, east and north, as `unit_vectors`."""
    sl, cl = np.sin(longitude), np.cos(longitude)
    sp, cp = np.sin(latitude), np.cos(latitude)
    return (cp * cl, cp * sl, sp), (-sl, cl, np.zeros_like(sl)), (-sp * cl, -sp * sl, cp)
