"""Draw the fields of an input and their derivatives, and write the picture."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from gradcli.errors import InputError, OutputError, UsageError, located
from gradcli.explore.arrows import Flow, dimension_of_first, flow_of, vector_of_panels
from gradcli.explore.figure import require_matplotlib, write_figure
from gradcli.explore.panels import FIELD, Panel
from gradcli.explore.picture import FLOWS, Kind, Picture, format_of
from gradcli.explore.pictured import check, panels_of
from gradcli.model.names import fill_template
from gradcli.numerics.operators import DEFAULT
from gradcli.settings import Request
from gradcli.system.paths import STDIN, split_suffix
from gradcli.system.publish import Staging


class Plotted(NamedTuple):
    """A picture that was written.

    Attributes
    ----------
    output : str
        Its file.
    kind : str
    panels : list of Panel
    notes : list of str
    """

    output: str
    kind: Kind
    panels: list[Panel]
    notes: list[str]


class Scene(NamedTuple):
    """What is drawn: panels, and the vectors over them, by the field that they belong to."""

    kind: Kind
    panels: list[Panel]
    flows: dict[str, Flow]


def plot(
    request: Request,
    output: str | None,
    show: tuple[str, ...] = (),
    at: Mapping[str, str] | None = None,
    picture: Picture | None = None,
    overwrite: bool = False,
) -> Plotted:
    """Draw the fields of an input and their derivatives, and write the picture.

    Parameters
    ----------
    request : Request
    output : str or None
        A file that ends in ``.png``, ``.svg`` or ``.pdf``, a template with ``{stem}``, or ``-``;
        by default ``STEM_plot.png`` beside the input.
    show, at
        As `panels_of` takes them.
    picture : Picture, optional
    overwrite : bool
        Whether a file that exists is replaced.

    Returns
    -------
    Plotted

    Raises
    ------
    UsageError
        The suffix of the output, a name in ``show`` or ``at``, or the kind does not fit.
    MissingPackageError
        matplotlib is not installed.
    OutputError
        The output exists or cannot be written.
    """
    picture = picture or Picture()
    path = output_of(request, output)
    form = format_of(path)
    require_matplotlib()
    notes: list[str] = []
    with Staging(overwrite) as staging:
        try:
            target = staging.add(path)
        except OutputError:
            check(request, show)  # a wrong axis is said before an output that exists
            raise
        made = scene_of(request, show, at or {}, picture, notes)
        notes += write_figure(target, form, made.panels, made.kind, made.flows, picture)
    return Plotted(path, made.kind, made.panels, list(dict.fromkeys(notes)))


def output_of(request: Request, output: str | None) -> str:
    """Return the path of a picture: the one that is asked for, or one beside the input."""
    formula = request.hints.grid is not None
    stem = "formula" if formula else "stdin" if request.path == STDIN else ""
    stem, suffix = (stem, "") if stem else split_suffix(request.path)
    if output is None:
        folder = "" if formula else os.path.dirname(request.path)
        return os.path.join(folder, f"{stem}_plot.png")
    return fill_template("-o", output, {"stem": stem, "suffix": suffix})


def scene_of(
    request: Request,
    show: tuple[str, ...],
    at: Mapping[str, str],
    picture: Picture,
    notes: list[str],
) -> Scene:
    """Return what is drawn: the panels that are asked for, as the kind of the picture needs them.

    Raises
    ------
    UsageError
        The kind does not fit what is shown.
    """
    try:
        if picture.kind in FLOWS:
            return _flowing(request, show, at, picture, notes)
        dimensions = 1 if picture.kind == "line" else 2
        panels = panels_of(request, show, at, picture.pixels, dimensions, notes)
        flat = all(len(panel.axes) == 1 for panel in panels)
        if flat and picture.kind not in (None, "line"):
            raise UsageError(f"--kind {picture.kind}: needs two axes, and only one is shown")
        return Scene("line" if flat else picture.kind or "map", panels, {})
    except (InputError, UsageError) as error:
        raise located(request.path, error) from error


def _flowing(
    request: Request,
    show: tuple[str, ...],
    at: Mapping[str, str],
    picture: Picture,
    notes: list[str],
) -> Scene:
    """Return maps, and the vectors over them: those that are named, or the gradients of fields."""
    settings = request.settings
    kind = picture.kind or "arrows"
    wanted = show or (FIELD,)
    vector = settings.components is not None or len(",".join(settings.var).split(",")) == 2
    needed = FIELD if vector else DEFAULT
    if not vector and settings.scheme.order != 1:
        raise UsageError(f"--kind {kind}: shows first derivatives; leave out --order")
    asked = tuple(dict.fromkeys((*wanted, needed)))
    every = panels_of(request, asked, at, picture.pixels, 2, notes)
    every = [panel for panel in every if len(panel.axes) == 2]
    if not every:
        raise UsageError(f"--kind {kind}: needs two axes, and only one is shown")
    panels = [panel for panel in every if panel.operator in wanted]
    if not vector:
        origins = dict.fromkeys(panel.origin for panel in panels)
        return Scene(kind, panels, {origin: flow_of(every, origin) for origin in origins})
    parts = [panel for panel in every if panel.operator == FIELD]
    if len(parts) != 2:
        raise UsageError(f"--kind {kind}: needs two components; there are {len(parts)}")
    length, flow = vector_of_panels(parts[0], parts[1], dimension_of_first(parts[0], settings.axis))
    notes.append(f"{kind} show the vector of {parts[0].name} and {parts[1].name}")
    others = [panel for panel in panels if panel.operator != FIELD]
    drawn = [length, *others] if FIELD in wanted else others
    return Scene(kind, drawn, dict.fromkeys((panel.origin for panel in drawn), flow))


def summary(panels: Sequence[Panel]) -> list[dict[str, object]]:
    """Return what panels show, as plain values: names, units, and the ends of their values.

    >>> import numpy as np
    >>> summary([Panel("T", "T", None, np.array([1.0, np.nan]), (), False)])[0]["missing"]
    1
    """
    import numpy as np

    found: list[dict[str, object]] = []
    for panel in panels:
        known = panel.values[np.isfinite(panel.values)]
        ends = (float(known.min()), float(known.max())) if known.size else (None, None)
        found.append(
            {
                "name": panel.name,
                "title": panel.title,
                "units": panel.units,
                "operator": panel.operator,
                "axes": [axis.name for axis in panel.axes],
                "shape": list(panel.values.shape),
                "smallest": ends[0],
                "largest": ends[1],
                "missing": int(np.isnan(panel.values).sum()),
            }
        )
    return found
