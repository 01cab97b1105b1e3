"""Colours of a terminal: what it can show, and colour maps of a few anchors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Literal, TypeAlias

import numpy as np

from gradcli.numerics.dtypes import Array

Colours: TypeAlias = Literal["24bit", "256", "none"]

# Viridis at tenths of its length, by S. van der Walt and N. Smith, who gave it to the public
# domain (CC0, https://bids.github.io/colormap).
SEQUENTIAL = (
    (0x44, 0x01, 0x54), (0x48, 0x24, 0x75), (0x41, 0x44, 0x87), (0x35, 0x5F, 0x8D),
    (0x2A, 0x78, 0x8E), (0x21, 0x91, 0x8C), (0x22, 0xA8, 0x84), (0x44, 0xBF, 0x70),
    (0x7A, 0xD1, 0x51), (0xBD, 0xDF, 0x26), (0xFD, 0xE7, 0x25),
)  # fmt: skip
# Our own: blue over white to red, whose lightness falls evenly from the centre to both ends.
DIVERGING = (
    (0x0A, 0x2F, 0x6B), (0x2B, 0x6C, 0xB8), (0x7F, 0xB2, 0xDD), (0xC8, 0xDF, 0xEF),
    (0xF7, 0xF7, 0xF7),
    (0xF6, 0xD3, 0xC3), (0xE8, 0x95, 0x79), (0xC0, 0x3C, 0x3A), (0x69, 0x08, 0x22),
)  # fmt: skip
MISSING = (0x80, 0x80, 0x80)
LEVELS = 255  # an odd number, so that the middle of a diverging map is its centre


def colours_of(environ: Mapping[str, str], encoding: str | None) -> Colours:
    """Return what a terminal can show, by its environment and its encoding.

    ``none`` stands for plain characters: NO_COLOR is set (https://no-color.org), the terminal is
    dumb, or its encoding has no blocks.

    >>> colours_of({"COLORTERM": "truecolor"}, "utf-8"), colours_of({"NO_COLOR": "1"}, "utf-8")
    ('24bit', 'none')
    """
    if environ.get("NO_COLOR") or environ.get("TERM") == "dumb":
        return "none"
    if (encoding or "").lower().replace("-", "").replace("_", "") != "utf8":
        return "none"
    return "24bit" if environ.get("COLORTERM", "").lower() in ("truecolor", "24bit") else "256"


@cache
def palette(signed: bool, colours: Colours) -> tuple[str, ...]:
    """Return the codes of the colours of a map, as they follow ``38;`` or ``48;``; missing last.

    >>> palette(True, "24bit")[127], palette(True, "24bit")[-1], len(palette(False, "256"))
    ('2;247;247;247', '2;128;128;128', 256)
    """
    anchors = np.array(DIVERGING if signed else SEQUENTIAL, dtype=np.float64)
    places = np.linspace(0, len(anchors) - 1, LEVELS)
    known = np.arange(len(anchors))
    channels = [np.interp(places, known, anchors[:, channel]) for channel in range(3)]
    shades = [*np.stack(channels, -1).round().astype(int).tolist(), list(MISSING)]
    if colours == "24bit":
        return tuple("2;{};{};{}".format(*shade) for shade in shades)
    return tuple(f"5;{_nearest_of_256(shade)}" for shade in shades)


def _nearest_of_256(shade: Sequence[int]) -> int:
    """Return the number of the nearest of xterm's 256 colours: its cube of 216, and 24 greys.

    >>> _nearest_of_256((255, 0, 0)), _nearest_of_256((128, 128, 128))
    (196, 244)
    """
    steps = (0, 95, 135, 175, 215, 255)
    cube = [min(range(6), key=lambda level: abs(steps[level] - part)) for part in shade]
    grey = min(range(24), key=lambda level: abs(8 + 10 * level - sum(shade) / 3))
    far_cube = sum((steps[level] - part) ** 2 for level, part in zip(cube, shade, strict=True))
    far_grey = sum((8 + 10 * grey - part) ** 2 for part in shade)
    if far_grey < far_cube:
        return 232 + grey
    return 16 + 36 * cube[0] + 6 * cube[1] + cube[2]


def levels_of(values: Array, low: float, high: float) -> Array:
    """Return the level of each value in a palette; that of missing values is ``LEVELS``.

    >>> levels_of(np.array([-1.0, 0.0, 9.0, np.nan]), -1.0, 1.0)
    array([  0, 127, 254, 255])
    """
    width = high / 2 - low / 2  # half of it, because all of it may be too large for a float
    share = (values / 2 - low / 2) / width if width > 0 else np.full(values.shape, 0.5)
    share = np.where(np.isnan(values), 0.0, np.clip(share, 0.0, 1.0))
    levels: Array = np.rint(share * (LEVELS - 1)).astype(np.int64)
    levels[np.isnan(values)] = LEVELS
    return levels
