"""How results lie in a CSV file: as their input does, or anew."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from gradcli.formats.csv.parse import Unit, date_unit
from gradcli.model.fields import Result
from gradcli.model.protocols import Source

if TYPE_CHECKING:
    from gradcli.formats.csv.source import CsvSource


def csv_of(like: Source) -> CsvSource | None:
    """Return a source as what it is, where it is a CSV."""
    # The class itself cannot be imported: its module imports this one.
    return cast("CsvSource", like) if like.format == "csv" else None


def layout_of(results: list[Result], like: Source) -> str:
    """Return how results lie in a CSV file; ``mixed`` where they do not share their axes."""
    grids = {tuple((axis.key, axis.start, axis.size) for axis in r.axes) for r in results}
    if len(grids) > 1:
        return "mixed"
    if fits(results, like):
        return cast("CsvSource", like).layout
    axes = results[0].axes
    if len(axes) == 1:
        return "table"
    if len(axes) > 2:
        return "long"
    return "matrix" if any(axis.values is None for axis in axes) else "crosstab"


def fits(results: list[Result], like: Source) -> bool:
    """Return whether the results lie on the axes of a CSV input, so that its text is kept."""
    source = csv_of(like)
    if source is None or any(tuple(a.key for a in r.axes) != source.keys for r in results):
        return False
    # Coordinates that the user gave take the place of those in the text, as does another order.
    if any(axis.arrangement is not None for result in results for axis in result.axes):
        return False
    given = any(axis.given for result in results for axis in result.axes)
    return source.layout == "matrix" or not given


def dates_in(results: list[Result], source: CsvSource | None) -> dict[str, Unit]:
    """Return which axes were read from dates in a CSV, and how fine these are."""
    if source is None:
        return {}
    return {
        axis.key: date_unit(axis.values, axis.units or "")
        for axis in results[0].axes
        if axis.role == "t" and not axis.given and axis.values is not None
    }
