"""What a picture is asked to be: its kind, its format, its size. Nothing here imports numpy."""

from __future__ import annotations

import os
import re
from typing import Literal, get_args

from gradcli.errors import UsageError
from gradcli.record import record

Kind = Literal["map", "line", "surface", "arrows", "stream"]
KINDS: tuple[Kind, ...] = get_args(Kind)
FLOWS: tuple[Kind, ...] = ("arrows", "stream")
FORMATS = {".png": "png", ".svg": "svg", ".pdf": "pdf"}
DPI = 150
LEAST_DPI, MOST_DPI = 10, 2400
LEAST_SIDE, MOST_SIDE = 16, 20_000  # pixels
MOST_PIXELS = 100_000_000
LARGER = {1: 1.6, 2: 1.2}  # times that one or two panels are larger than several
MOST_ROWS = 4096  # of a grid that a panel shows, and columns


@record(frozen=True)
class Picture:
    """What a picture is asked to be.

    Attributes
    ----------
    kind : str or None
        None for what fits: lines for one axis, maps for two.
    size : (int, int) or None
        Width and height in pixels; by default what the panels need.
    dpi : int
        Pixels per inch.
    """

    kind: Kind | None = None
    size: tuple[int, int] | None = None
    dpi: int = DPI

    def __post_init__(self) -> None:
        if self.kind is not None and self.kind not in KINDS:
            raise UsageError(f"--kind {self.kind!r}; there are: {', '.join(KINDS)}")
        if not LEAST_DPI <= self.dpi <= MOST_DPI:
            raise UsageError(f"--dpi {self.dpi}; it is {LEAST_DPI} to {MOST_DPI}")
        if self.size is not None:
            refuse_size(self.size, f"--size {self.size[0]}x{self.size[1]}")

    def pixels(self, count: int, ratio: float) -> tuple[int, int]:
        """Return about how many rows and columns of pixels each of some panels has.

        Parameters
        ----------
        count : int
            The number of panels.
        ratio : float
            How many times wider than high they are.

        Examples
        --------
        >>> Picture().pixels(4, 1.0), Picture(size=(800, 600)).pixels(4, 1.0)
        ((360, 360), (300, 400))
        """
        if self.size is None:
            width, height = (round(side * self.dpi) for side in panel_inches(count, ratio))
        else:
            # In rows and columns; of two or three, a single row or column gives each more.
            share = max(1.0, count**0.5) if count > 3 else 1.0
            width, height = (round(side / share) for side in self.size)
        return min(MOST_ROWS, height), min(MOST_ROWS, width)


def panel_inches(count: int, ratio: float) -> tuple[float, float]:
    """Return the width and the height of the box of one of some panels, by its form.

    >>> panel_inches(4, 1.0), panel_inches(1, 0.5)
    ((2.4, 2.4), (3.04, 6.08))
    """
    width = min(4.8, max(1.9, 2.4 * ratio)) * LARGER.get(count, 1.0)
    return width, max(0.8, width / ratio)


def parse_size(text: str) -> tuple[int, int]:
    """Return the width and the height that a text says, in pixels.

    >>> parse_size("800x600")
    (800, 600)
    """
    found = re.fullmatch(r"\s*([0-9]{1,9})\s*[xX×]\s*([0-9]{1,9})\s*", text)
    if found is None:
        raise UsageError(f"--size {text!r}; write WIDTHxHEIGHT in pixels, as 800x600")
    return int(found[1]), int(found[2])


def refuse_size(size: tuple[int, int], what: str) -> None:
    """Raise UsageError if a picture is too small or too large to be drawn."""
    if not LEAST_SIDE <= min(size) <= max(size) <= MOST_SIDE:
        raise UsageError(f"{what}: a side of a picture has {LEAST_SIDE} to {MOST_SIDE} pixels")
    if size[0] * size[1] > MOST_PIXELS:
        raise UsageError(f"{what}: more than {MOST_PIXELS:,} pixels")


def format_of(path: str) -> str:
    """Return the format of a picture by the suffix of its file.

    >>> format_of("out/wave.SVG"), format_of("-")
    ('svg', 'png')
    """
    suffix = os.path.splitext(path)[1]
    if path == "-":
        return "png"
    if suffix.lower() not in FORMATS:
        told = f"{suffix!r} is not a format of pictures" if suffix else "its name has no suffix"
        raise UsageError(f"-o {path}: {told}; there are: {', '.join(FORMATS)}")
    return FORMATS[suffix.lower()]
