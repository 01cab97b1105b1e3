"""The layout of a CSV output: that of the input if the results fit it, otherwise a new one."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from gradcli.formats.csv.stamps import Unit, date_unit
from gradcli.model.fields import Result
from gradcli.model.protocols import Source

if TYPE_CHECKING:
    from gradcli.formats.csv.source import CsvSource


def csv_of(like: Source) -> CsvSource | None:
    """Return a source as a CsvSource, or None if it is of another format."""
    # The class itself cannot be imported: its module imports this one. Several CSV files that
    # are joined are of this format too, but have no text of their own.
    return cast("CsvSource", like) if like.format == "csv" and hasattr(like, "head") else None


def layout_of(results: list[Result], like: Source) -> str:
    """Return the layout of a CSV output; ``mixed`` if the results have different axes."""
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
    """Return whether the results have the axes of a CSV input, so that its text can be copied."""
    source = csv_of(like)
    if (
        source is None
        or source.head.grid is not None
        or any(tuple(a.key for a in r.axes) != source.keys for r in results)
    ):
        return False
    # The text of the input is of no use if the order or the coordinates were changed by options.
    if any(axis.arrangement is not None for result in results for axis in result.axes):
        return False
    given = any(axis.given for result in results for axis in result.axes)
    return source.layout == "matrix" or not given


def dates_in(results: list[Result], source: CsvSource | None) -> dict[str, Unit]:
    """Return the axes that were read from dates in a CSV, each with the unit of its dates."""
    if source is None:
        return {}
    return {
        axis.key: date_unit(axis.values, axis.units or "")
        for axis in results[0].axes
        if axis.role == "t" and not axis.given and axis.values is not None
    }
