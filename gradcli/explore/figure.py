"""Draw panels as a figure of matplotlib, and write it. No other file begins with matplotlib."""

from __future__ import annotations

import textwrap
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from gradcli.errors import missing_package, printable
from gradcli.explore.arrows import Flow, draw_flow
from gradcli.explore.coast import Coasts
from gradcli.explore.layout import FORM, LINE, POINT, Rectangle, Sheet, letters_in, sheet_of
from gradcli.explore.lines import draw_line
from gradcli.explore.maps import draw_map
from gradcli.explore.panels import Panel
from gradcli.explore.picture import FLOWS, Kind, Picture, refuse_size
from gradcli.explore.scales import Scale, scale_of, words_of
from gradcli.explore.surfaces import draw_surface

_SIZES = {
    "font.size": 8.5,
    "axes.titlesize": 9,
    "axes.labelsize": 8,
    "axes.labelpad": 2,
    "xtick.labelsize": 7,
    "ytick.labelsize": 7,
    "axes.linewidth": 0.6,
    "xtick.major.size": 2.5,
    "ytick.major.size": 2.5,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
}
_STYLE = {
    "text.parse_math": False,  # names are not formulas
    "svg.hashsalt": "gradcli",
    "svg.fonttype": "none",
    "savefig.facecolor": "white",
}
_NO_DATE: dict[str, dict[str, Any]] = {"svg": {"Date": None}, "pdf": {"CreationDate": None}}


def require_matplotlib() -> None:
    """Raise MissingPackageError if matplotlib is not installed."""
    try:
        import matplotlib.figure  # noqa: F401
    except ImportError:
        raise missing_package("matplotlib") from None


def write_figure(
    target: str,
    form: str,
    panels: Sequence[Panel],
    kind: Kind,
    flows: Mapping[str, Flow],
    picture: Picture,
) -> list[str]:
    """Draw panels and write them to a file.

    Parameters
    ----------
    target : str
        A path.
    form : {'png', 'svg', 'pdf'}
    panels : sequence of Panel
    kind : {'map', 'line', 'surface', 'arrows', 'stream'}
    flows : mapping of str to Flow
        The vectors of arrows and stream lines, by the field that they belong to.
    picture : Picture

    Returns
    -------
    list of str
        Notes.
    """
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        with drawn_figure(panels, kind, flows, picture) as figure:
            figure.savefig(target, format=form, dpi=picture.dpi, metadata=_NO_DATE.get(form))
    return _notes([str(each.message) for each in caught])


@contextmanager
def drawn_figure(
    panels: Sequence[Panel], kind: Kind, flows: Mapping[str, Flow], picture: Picture
) -> Iterator[Any]:
    """Draw panels on a figure, which must be written inside the block: its style holds there."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    size, dpi = picture.size, picture.dpi
    held = [*dict.fromkeys(panel.held for panel in panels)]
    common = printable(held[0]) if len(held) == 1 else ""
    headings = [heading_of(panel, not common) for panel in panels]
    shape = FORM if size is None else size[0] / size[1]
    sheet = sheet_of(panels, kind, form=shape)
    inches = sheet.size() if size is None else (size[0] / dpi, size[1] / dpi)
    text = sheet.scale(inches)
    share = 0.72 if kind == "surface" else 0.86  # of a cell that a title may take
    width = letters_in(inches[0] / sheet.columns * share, 9 * text)
    titles = ["\n".join(textwrap.wrap(heading, width)) for heading in headings]
    sheet = sheet_of(panels, kind, max(title.count("\n") for title in titles) + 1, shape)
    if size is None:
        inches = sheet.size(0.25 * bool(common) + 0.2 * (kind != "line"))
        refuse_size((round(inches[0] * dpi), round(inches[1] * dpi)), f"--dpi {dpi}")
    with mpl.rc_context(_style(mpl.rcParamsDefault, text)):
        figure = Figure(figsize=inches, dpi=dpi)
        _Page(figure, sheet, kind, flows, text).draw(panels, titles, common)
        yield figure


class _Page:
    """A figure that is being drawn.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
    sheet : Sheet
    kind : str
    flows : mapping of str to Flow
    text : float
        How many times larger than usual text is.
    """

    def __init__(
        self, figure: Any, sheet: Sheet, kind: Kind, flows: Mapping[str, Flow], text: float
    ) -> None:
        self._figure, self._sheet, self._kind = figure, sheet, kind
        self._flows, self._text = flows, text
        self._size = (float(figure.get_figwidth()), float(figure.get_figheight()))
        self._above: dict[int, Any] = {}  # the first panel of each column of lines
        self._coasts = Coasts()

    def draw(self, panels: Sequence[Panel], titles: Sequence[str], common: str) -> None:
        """Draw panels, what stands above all of them, and what must be said of their colours."""
        scales = [scale_of(panel) for panel in panels if len(panel.axes) > 1]
        missing = self._kind not in ("line", "surface") and any(
            not np.isfinite(panel.values).all() for panel in panels if len(panel.axes) > 1
        )
        words = words_of(scales, missing)
        top = self._across(common, 9.5, 1.0)
        low = self._across(words, 7, 0.0)
        for number, panel in enumerate(panels):
            box = self._sheet.box(number, self._size, top, low)
            self._panel(number, panel, box, titles[number])

    def _across(self, text: str, points: float, edge: float) -> float:
        """Write a text across the page, above or below everything, and return its height."""
        if not text:
            return 0.04
        points *= self._text
        lines = textwrap.wrap(text, letters_in(self._size[0] * 0.96, points))
        height = (len(lines) * LINE + 0.5) * points * POINT
        self._figure.text(
            0.5,
            edge + (1 - 2 * edge) * 0.25 * points * POINT / self._size[1],
            "\n".join(lines),
            fontsize=points,
            ha="center",
            va="top" if edge else "bottom",
            color="black" if edge else "0.3",
        )
        return height

    def _rect(self, box: Rectangle) -> tuple[float, float, float, float]:
        """Return a box in shares of the page."""
        width, height = self._size
        return box.left / width, box.low / height, box.width / width, box.height / height

    def _panel(self, number: int, panel: Panel, box: Rectangle, title: str) -> None:
        names = self._sheet.is_named(number)
        if self._kind == "line":
            column = self._sheet.places[number][1]
            ax = self._figure.add_axes(self._rect(box), sharex=self._above.get(column))
            self._above.setdefault(column, ax)
            draw_line(ax, panel, names[1], box.width / self._text)
        elif len(panel.axes) == 1:
            ax = self._figure.add_axes(self._rect(box))
            draw_line(ax, panel, True, box.width / self._text)
        elif self._kind == "surface":
            ax = self._figure.add_axes(self._rect(box), projection="3d")
            drawn, scale = draw_surface(ax, panel)
            ax.set_box_aspect(None, zoom=1.0)
            ratio = Rectangle(box.left, box.low + 0.2 * box.height, box.width, 0.6 * box.height)
            self._bar(drawn, scale, ratio, 0.3)
        else:
            ax = self._figure.add_axes(self._rect(box))
            inches = (box.height / self._text, box.width / self._text)
            below = self._kind in FLOWS
            made = draw_map(ax, panel, self._coasts, inches, below)
            box = box.fitted(made.ratio)
            ax.set_position(self._rect(box))
            if panel.origin in self._flows and self._kind in FLOWS:
                draw_flow(ax, self._flows[panel.origin], self._kind)
            self._bar(made.drawn, made.scale, box, 0.1)
            if not names[0]:
                ax.tick_params(labelleft=False)
                ax.set_ylabel("")
            if not names[1]:
                ax.tick_params(labelbottom=False)
                ax.set_xlabel("")
        ax.set_title(title, pad=4 * self._text, y=1.0)

    def _bar(self, drawn: Any, scale: Scale, box: Rectangle, gap: float) -> None:
        """Draw a colour bar beside a box."""
        left = box.left + box.width + gap * self._text
        beside = Rectangle(left, box.low, 0.11 * self._text, box.height)
        bar = self._figure.colorbar(
            drawn, cax=self._figure.add_axes(self._rect(beside)), extend=scale.extend
        )
        bar.locator = _locator(box.height / self._text)
        bar.formatter.set_powerlimits((-3, 4))
        bar.formatter.set_useOffset(False)
        bar.outline.set_linewidth(0.5)
        bar.update_ticks()
        bar.ax.yaxis.offsetText.set_horizontalalignment("left")


def _locator(inches: float) -> Any:
    """Return what chooses the ticks of a colour bar."""
    from matplotlib.ticker import MaxNLocator

    return MaxNLocator(max(2, min(9, int(inches / 0.28))), steps=[1, 2, 2.5, 5, 10])


def _style(plain: Any, text: float) -> Any:
    """Return the settings of a picture, whatever a file of the user says."""
    return {**plain, **{name: size * text for name, size in _SIZES.items()}, **_STYLE}


def heading_of(panel: Panel, with_held: bool) -> str:
    """Return what stands above a panel."""
    title = printable(panel.title)
    if with_held or not panel.held:
        return title
    return title.removesuffix(f", {printable(panel.held)}")


def _notes(warned: Sequence[str]) -> list[str]:
    """Return what must be said of the warnings of matplotlib: signs that its font lacks.

    >>> _notes(["Glyph 28201 (CJK) missing from font(s) DejaVu Sans.", "other"])
    ['the font of pictures lacks 1 sign of the names, drawn as a box']
    """
    lacking = {message for message in warned if message.startswith("Glyph ")}
    if not lacking:
        return []
    signs = "1 sign" if len(lacking) == 1 else f"{len(lacking)} signs"
    return [f"the font of pictures lacks {signs} of the names, drawn as a box"]
