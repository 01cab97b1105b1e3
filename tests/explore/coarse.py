"""Coarse versions of pictures, which fonts hardly change, and what text in a figure overlaps."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np

ROWS, COLUMNS = 12, 20
APART = 0.10  # of the bits that may differ


def hash_of(path: Path) -> str:
    """Return the hash of a coarse version of a picture: where it gets brighter, to the right."""
    from PIL import Image

    with Image.open(path) as opened:
        grey = opened.convert("L").resize((COLUMNS + 1, ROWS), Image.Resampling.BOX)
        levels = np.asarray(grey, dtype=np.int16)
    return np.packbits(np.diff(levels, axis=1) > 2).tobytes().hex()


def distance(one: str, other: str) -> float:
    """Return the share of bits by which two hashes differ."""
    first, second = (np.frombuffer(bytes.fromhex(text), np.uint8) for text in (one, other))
    return float(np.unpackbits(first ^ second).mean())


def texts_of(figure: Any) -> list[tuple[str, Any]]:
    """Return every text of a drawn figure that is seen, with its box in pixels."""
    from matplotlib.text import Text

    figure.draw_without_rendering()
    found, hidden = [], _hidden(figure)
    for text in figure.findobj(Text):
        if text.get_visible() and text.get_text().strip() and id(text) not in hidden:
            found.append((text.get_text(), text.get_window_extent()))
    return found


def _hidden(figure: Any) -> set[int]:
    """Return the labels that are not drawn, by id: those of ticks beyond the ends of an axis."""
    found = set()
    for ax in figure.axes:
        for axis in ax._axis_map.values():
            low, high = sorted(axis.get_view_interval())
            for tick in (*axis.majorTicks, *axis.minorTicks):
                seen = tick in axis.get_major_ticks() and low <= tick.get_loc() <= high
                if ax.name == "3d" or not seen:
                    found |= {id(tick.label1), id(tick.label2)}
    return found


def overlaps(figure: Any) -> Iterator[tuple[str, str]]:
    """Yield pairs of texts that lie over each other, and texts that the page cuts."""
    texts = texts_of(figure)
    width, height = figure.get_size_inches() * figure.dpi
    for name, box in texts:
        if box.x0 < -1 or box.y0 < -1 or box.x1 > width + 1 or box.y1 > height + 1:
            yield name, "cut by the page"
    for (one, a), (other, b) in combinations(texts, 2):
        if min(a.x1, b.x1) - max(a.x0, b.x0) > 1 and min(a.y1, b.y1) - max(a.y0, b.y0) > 1:
            yield one, other
