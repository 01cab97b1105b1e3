"""Pictures of panels in a terminal: half blocks in colours, or characters without any."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import zip_longest

import numpy as np

from gradcli.cf.dates import counts_from_date, date_text
from gradcli.errors import printable
from gradcli.explore.braille import draw_line
from gradcli.explore.colours import LEVELS, Colours, levels_of, palette
from gradcli.explore.panels import Panel
from gradcli.model.axes import Axis, axis_label
from gradcli.numerics.dtypes import Array

RAMP = ".:-=+*#%@"  # from the smallest to the largest; a blank is missing
NARROWEST = 36  # columns of one of several panels beside each other
GAP = 2
RESET = "\x1b[0m"
CUT = 98.0  # the percentile of the size of a derivative at which its colours end
NOTABLE = 1.01  # times the limit, by which the largest value must exceed it to be told
WIDEST, TALLEST = 8.0, 1.0  # width over height, and height over width, of a picture
BAR = 16  # columns of the scale

Line = tuple[str, int]  # text, and how many columns it takes


def render(panels: Sequence[Panel], width: int, colours: Colours) -> str:
    """Return panels as the text of a picture for a terminal.

    A panel of two dimensions has two cells above each other in each character, the upper half
    block ``▀`` in two colours; without colours, each character is a cell. A panel of one dimension
    is a line of braille dots. Above each panel stands its title, and below it a scale with the
    smallest and the largest value.

    Parameters
    ----------
    panels : sequence of Panel
    width : int
        Columns of the terminal.
    colours : {'24bit', '256', 'none'}
        What the terminal can show, as `colours_of` finds out.

    Returns
    -------
    str
        Lines, each ended by a line break, and no longer than the terminal is wide.

    Examples
    --------
    >>> axes = Axis("y", 2), Axis("x", 4)
    >>> values = np.array([[0.0, 1, 2, 3], [4, 5, 6, np.nan]])
    >>> print(render([Panel("T", "T (K)", "K", values, axes, False)], 12, "none"), end="")
    T (K)
    ...:::===+++
    ...:::===+++
    ***%%%@@@
    0 .:-=+*#%@…
    x: 0 to 3; …
    """
    width = max(width, 8)
    across = max(1, min(len(panels), (width + GAP) // (NARROWEST + GAP)))
    share = (width - GAP * (across - 1)) // across
    blocks = [_block(panel, share, colours) for panel in panels]
    lines: list[str] = []
    for first in range(0, len(blocks), across):
        lines += [""] * bool(lines)
        row = blocks[first : first + across]
        for beside in zip_longest(*row, fillvalue=("", 0)):
            padded = [text + " " * (share - size) for text, size in beside]
            lines.append((" " * GAP).join(padded).rstrip(" "))
    return "".join(f"{line}\n" for line in lines)


def _block(panel: Panel, width: int, colours: Colours) -> list[Line]:
    """Return the title, the picture, the scale and the axes of a panel."""
    values = np.where(np.isfinite(panel.values), panel.values, np.nan).astype(np.float64)
    title = [_plain(line, width) for line in panel.title.splitlines()]
    if np.isnan(values).all():
        return [*title, _plain("every value is missing", width)]
    low, high = limits_of(values, panel.signed)
    if values.ndim == 1:
        picture = draw_line(values, panel.axes[0].values, width, colours != "none")
        scale = _plain(_ends(values, panel.units), width)
        return [*title, *((line, width) for line in picture), scale, _axes_line(panel, width)]
    levels = levels_of(_resized(panel, values, width, colours == "none"), low, high)
    picture = _characters(levels) if colours == "none" else _halves(levels, panel.signed, colours)
    scale = _scale(values, panel, (low, high), colours, width)
    size = levels.shape[1]
    return [*title, *((line, size) for line in picture), scale, _axes_line(panel, width)]


def limits_of(values: Array, signed: bool) -> tuple[float, float]:
    """Return the values at which the colours end.

    Those of a derivative are centred on 0, and leave out the largest: they end at the 98th
    percentile of its size.

    >>> limits_of(np.array([1.0, 4.0, np.nan]), False), limits_of(np.array([-4.0, 4.0]), True)
    ((1.0, 4.0), (-4.0, 4.0))
    """
    if not signed:
        return float(np.nanmin(values)), float(np.nanmax(values))
    size = np.abs(values)
    most = float(np.nanpercentile(size, CUT)) or float(np.nanmax(size))
    return -most, most


def _resized(panel: Panel, values: Array, width: int, plain: bool) -> Array:
    """Return the means of the cells in each cell of the picture, the upper rows first."""
    to_left, downwards = _turned(panel)
    values = values[:: 1 if downwards else -1, :: -1 if to_left else 1]
    ratio = _ratio(panel)
    columns = width if ratio <= TALLEST else max(width // 4, round(width * TALLEST / ratio), 1)
    rows = max(2, round(width * min(max(ratio, 1 / WIDEST), TALLEST)))
    rows = (rows + 1) // 2 if plain else rows + rows % 2
    return _means(_means(values, rows, 0), columns, 1)


def _turned(panel: Panel) -> tuple[bool, bool]:
    """Return whether columns go to the left, and rows downwards.

    Larger coordinates are to the right and further up; an array without any is an image, whose
    first row is the upper one.
    """
    upright, across = panel.axes
    if panel.positions is not None:
        x, y = panel.positions
        with np.errstate(invalid="ignore"):
            return bool(np.nansum(np.diff(x, axis=1)) < 0), bool(np.nansum(np.diff(y, axis=0)) < 0)
    downwards = upright.values is None or _falls(upright) != upright.down
    return _falls(across), downwards


def _falls(axis: Axis) -> bool:
    return axis.values is not None and axis.size > 1 and bool(axis.values[0] > axis.values[-1])


def _ratio(panel: Panel) -> float:
    """Return the height over the width of a panel: by its lengths if they are alike, else cells."""
    extents = [
        abs(float(axis.values[-1]) - float(axis.values[0])) * size / max(size - 1, 1)
        for axis, size in zip(panel.axes, panel.values.shape, strict=True)
        if axis.values is not None
    ]
    alike = len({_kind(axis.units) for axis in panel.axes}) == 1 and panel.positions is None
    if alike and len(extents) == 2 and all(0 < extent < np.inf for extent in extents):
        return float(extents[0] / extents[1])
    rows, columns = panel.values.shape
    return float(rows / columns)


def _kind(units: str | None) -> str:
    return "degree" if units is not None and units.startswith("degree") else units or ""


def _means(values: Array, count: int, axis: int) -> Array:
    """Return the means of runs of cells along an axis, without missing ones; or repeat cells."""
    size = values.shape[axis]
    starts = np.arange(count) * size // count
    if count >= size:
        repeated: Array = np.take(values, starts, axis)
        return repeated
    known = ~np.isnan(values)
    sums = np.add.reduceat(np.where(known, values, 0.0), starts, axis)
    counts = np.add.reduceat(known.astype(np.int64), starts, axis)
    with np.errstate(invalid="ignore", over="ignore"):
        found: Array = np.where(counts > 0, sums / np.maximum(counts, 1), np.nan)
    return found


def _halves(levels: Array, signed: bool, colours: Colours) -> list[str]:
    """Return lines of half blocks, whose codes are written only where the colours change."""
    codes = palette(signed, colours)
    lines = []
    for upper, lower in zip(levels[::2].tolist(), levels[1::2].tolist(), strict=True):
        parts, now = [], (-1, -1)
        for pair in zip(upper, lower, strict=True):
            if pair != now:
                parts.append(f"\x1b[38;{codes[pair[0]]};48;{codes[pair[1]]}m")
                now = pair
            parts.append("▀")
        lines.append("".join(parts) + RESET)
    return lines


def _characters(levels: Array) -> list[str]:
    marks = [RAMP[level * len(RAMP) // LEVELS] for level in range(LEVELS)] + [" "]
    return ["".join(marks[level] for level in row) for row in levels.tolist()]


def _scale(
    values: Array, panel: Panel, limits: tuple[float, float], colours: Colours, width: int
) -> Line:
    """Return the smallest value, the colours, the largest value, its units, and where it cuts."""
    least, most = float(np.nanmin(values)), float(np.nanmax(values))
    ends = levels_of(np.array([least, most]), *limits)
    if colours == "none":
        bar, size = RAMP, len(RAMP)
    else:
        size = min(BAR, max(width // 4, 1))
        shown = np.linspace(ends[0], ends[1], size).round().astype(int)
        codes = palette(panel.signed, colours)
        bar = "".join(f"\x1b[38;{codes[level]}m█" for level in shown) + RESET
    before, after = f"{least:.4g} ", f" {most:.4g}"
    after += f" {panel.units}" if panel.units else ""
    if panel.signed and max(-least, most) > limits[1] * NOTABLE:
        after += f" (cut at ±{limits[1]:.4g})"
    left = _plain(before, width)
    rest = _plain(after, max(width - left[1] - size, 1))
    if left[1] + size + rest[1] > width:
        return _plain(f"{before}{RAMP}{after}" if colours == "none" else before + after, width)
    return left[0] + bar + rest[0], left[1] + size + rest[1]


def _ends(values: Array, units: str | None) -> str:
    words = f"{np.nanmin(values):.4g} to {np.nanmax(values):.4g}"
    return f"{words} {units}" if units else words


def _axes_line(panel: Panel, width: int) -> Line:
    """Return the line that says what lies to the right and upwards."""
    labels = [axis_label(panel.axes, place) for place in range(len(panel.axes))]
    words = []
    for label, axis in zip(labels, panel.axes, strict=True):
        if axis.values is None or not axis.size:
            words.append(f"{label}: 0 to {axis.size - 1}")
            continue
        low, high = sorted((axis.values[0].item(), axis.values[-1].item()))
        if counts_from_date(axis):
            words.append(f"{label}: {date_text(axis, low)} to {date_text(axis, high)}")
            continue
        units = f" {axis.units}" if axis.units else ""
        words.append(f"{label}: {low:.6g} to {high:.6g}{units}")
    return _plain("; ".join(reversed(words)), width)


def _plain(text: str, width: int) -> Line:
    """Return a text without control characters, cut to a width."""
    shown = printable(text)
    shown = shown if len(shown) <= width else shown[: width - 1] + "…"
    return shown, len(shown)
