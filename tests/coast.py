"""Make the coast lines that pictures show from Natural Earth's land, 1:110m (public domain).

``python -m tests.coast land-110m.json`` writes ``gradcli/explore/coast.npz``. The input is the file
of that name in version 2.0.2 of the npm package ``world-atlas``, which holds version 4.1.0 of
Natural Earth as TopoJSON.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np

from tests.places import PACKAGE

TARGET = PACKAGE / "explore" / "coast.npz"


def arcs_of(topology: dict[str, Any]) -> list[np.ndarray]:
    """Return the arcs in degrees; each is stored as steps between whole numbers."""
    scale, start = (np.array(topology["transform"][name]) for name in ("scale", "translate"))
    return [np.cumsum(np.array(arc), axis=0) * scale + start for arc in topology["arcs"]]


def rings_of(topology: dict[str, Any]) -> list[np.ndarray]:
    """Return the closed lines around all land."""
    arcs = arcs_of(topology)
    (land,) = topology["objects"]["land"]["geometries"]
    found = []
    for polygon in land["arcs"]:
        for ring in polygon:
            parts = [arcs[i] if i >= 0 else arcs[~i][::-1] for i in ring]
            found.append(np.concatenate([parts[0], *(part[1:] for part in parts[1:])]))
    return found


def coasts_of(ring: np.ndarray) -> list[np.ndarray]:
    """Return a ring without what lies along the edges of a world map, which is no coast."""
    edge = (np.abs(ring[:, 0]) > 179.99) | (ring[:, 1] < -84.5)
    drawn = ~(edge[1:] & edge[:-1])
    cuts = np.flatnonzero(~drawn)
    starts, stops = [0, *(cuts + 1)], [*(cuts + 1), len(ring)]
    return [ring[a:b] for a, b in zip(starts, stops, strict=True) if b - a > 1]


def main(path: str) -> None:
    lines = [
        line for ring in rings_of(json.loads(Path(path).read_text())) for line in coasts_of(ring)
    ]
    sizes = np.array([len(line) for line in lines], np.uint16)
    points = np.round(np.concatenate(lines) * 100).astype(np.int16)
    np.savez_compressed(TARGET, sizes=sizes, points=points)
    print(f"{TARGET}: {len(lines)} lines, {len(points)} points, {TARGET.stat().st_size} bytes")


if __name__ == "__main__":
    main(sys.argv[1])
