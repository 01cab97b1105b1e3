"""Counts of what a run did to points next to missing ones."""

from __future__ import annotations

import threading
from typing import Any

from gradcli.numerics.adapt import Counts


class Tally:
    """How many points next to missing ones each result gives a value, over all blocks."""

    def __init__(self) -> None:
        self.counts: dict[str, Counts] = {}
        self._lock = threading.Lock()

    def add(self, name: str, counts: Counts) -> None:
        """Add those of a block; any thread may."""
        with self._lock:
            self.counts[name] = self.counts.get(name, Counts()).plus(counts)

    def tell(self, variables: list[dict[str, Any]], notes: list[str]) -> None:
        """Write them into the variables and notes of a report."""
        for axis in (axis for variable in variables for axis in variable["axes"]):
            if axis["result"] in self.counts:
                axis["adapted"], axis["lost"] = counts = self.counts[axis["result"]]
                if counts.lost:
                    points = "1 point" if counts.lost == 1 else f"{counts.lost} points"
                    notes.append(f"{points} of {axis['result']} lost: too few valid neighbours")
