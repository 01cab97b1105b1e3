"""The cells of a grid, from the points in their centres."""

from __future__ import annotations

import numpy as np

from gradcli.explore.places import Place
from gradcli.model.axes import Axis
from gradcli.numerics.dtypes import Array

HEMISPHERE = 85.0  # degrees from its middle to which a grid may reach to be drawn as one disc
POLAR = 80.0  # degrees of latitude beyond which longitudes are of no use as coordinates


def centres_of(axis: Axis) -> Array:
    """Return the coordinates of an axis, or its indices.

    >>> centres_of(Axis("x", 3))
    array([0., 1., 2.])
    """
    if axis.values is None:
        return np.arange(float(axis.size))
    return axis.values.astype(np.float64)


def edges_of(centres: Array) -> Array:
    """Return the edges of cells half way between the points.

    >>> edges_of(np.array([0.0, 1.0, 3.0]))
    array([-0.5,  0.5,  2. ,  4. ])
    """
    if len(centres) < 2:
        return np.array([centres[0] - 0.5, centres[0] + 0.5])
    middle = (centres[1:] + centres[:-1]) / 2
    first, last = 2 * centres[0] - middle[0], 2 * centres[-1] - middle[-1]
    return np.concatenate([[first], middle, [last]])


def are_even(edges: Array) -> bool:
    """Return whether cells are equally wide, to a hundredth."""
    steps = np.diff(edges)
    return bool(np.ptp(steps) <= 0.01 * abs(steps.mean()))


def corners_of(centres: Array) -> Array:
    """Return the corners of the cells of a grid whose lines run in any direction.

    >>> corners_of(np.array([[0.0, 1.0], [0.0, 1.0]]))[0]
    array([-0.5,  0.5,  1.5])
    """
    for _ in range(2):
        middle = (centres[1:] + centres[:-1]) / 2
        first, last = 2 * centres[:1] - middle[:1], 2 * centres[-1:] - middle[-1:]
        centres = np.concatenate([first, middle, last]).T
    return centres


def on_a_disc(lon: Array, lat: Array) -> Place | None:
    """Return a map of equal areas around the middle of a grid, if longitudes do not suit it.

    They do not where the grid crosses the meridian at which they jump, or comes near a pole.
    None says that they do, or that the grid covers more than half of the Earth.
    """
    with np.errstate(invalid="ignore"):
        jumps = max(
            (float(np.nanmax(np.abs(np.diff(lon, axis=k)), initial=0.0)) for k in (0, 1)),
            default=0.0,
        )
        polar = float(np.nanmax(np.abs(lat), initial=0.0)) > POLAR
    if jumps <= 180 and not polar:
        return None
    up = unit_vectors(lon, lat)
    known = up[np.isfinite(up).all(axis=-1)]
    middle = known.mean(axis=0)
    if not np.linalg.norm(middle) > 1e-3:
        return None
    middle /= np.linalg.norm(middle)
    if (known @ middle).min() < np.cos(np.radians(HEMISPHERE)):
        return None
    return _disc(middle)


def unit_vectors(lon: Array, lat: Array) -> Array:
    """Return the directions of points from the middle of the Earth."""
    lon, lat = np.radians(lon), np.radians(lat)
    return np.stack([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)], axis=-1)


def _disc(middle: Array) -> Place:
    """Return the azimuthal map of equal areas (Lambert's) around a point, in radii of the Earth."""
    if abs(middle[2]) > 0.99:  # around a pole: 0 degrees points down in the north, up in the south
        north = np.array([-1.0 if middle[2] > 0 else 1.0, 0.0, 0.0])
    else:
        north = np.array([0.0, 0.0, 1.0])
    north = north - (north @ middle) * middle
    north /= np.linalg.norm(north)
    east = np.cross(north, middle)

    def forward(lon: Array, lat: Array) -> tuple[Array, Array]:
        up = unit_vectors(lon, lat)
        with np.errstate(invalid="ignore", divide="ignore"):
            cosine = up @ middle
            size = np.sqrt(2 / (1 + np.where(cosine > -0.99, cosine, np.nan)))
        return size * (up @ east), size * (up @ north)

    def inverse(x: Array, y: Array) -> tuple[Array, Array]:
        square = x**2 + y**2
        with np.errstate(invalid="ignore"):
            size = np.sqrt(1 - np.where(square < 4, square, np.nan) / 4)
        up = (
            (size * x)[..., None] * east
            + (size * y)[..., None] * north
            + (1 - square / 2)[..., None] * middle
        )
        lat = np.degrees(np.arcsin(np.clip(up[..., 2], -1, 1)))
        return np.degrees(np.arctan2(up[..., 1], up[..., 0])), lat

    return Place(False, forward, inverse)
