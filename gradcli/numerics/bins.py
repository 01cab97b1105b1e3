"""Centres of bins, of which a file gives the edges."""

from __future__ import annotations

from gradcli.numerics.dtypes import Array


def centres_of(edges: Array) -> Array | None:
    """Return the centres of bins, or None if their edges neither rise nor fall throughout.

    >>> import numpy as np
    >>> centres_of(np.array([0.0, 1.0, 3.0])), centres_of(np.array([0.0, 3.0, 2.0, 5.0]))
    (array([0.5, 2. ]), None)
    """
    steps = edges[1:] - edges[:-1]
    if not ((steps > 0).all() or (steps < 0).all()):
        return None
    return edges[:-1] + steps / 2
