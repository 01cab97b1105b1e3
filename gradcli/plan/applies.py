"""Refuse options that have no effect on the axes, or on the outputs, of a run."""

from __future__ import annotations

from collections.abc import Iterable

from gradcli.errors import UsageError
from gradcli.formats.registry import Format
from gradcli.model.along import Along
from gradcli.model.fields import Field
from gradcli.model.protocols import Destination, Source
from gradcli.plan.choose import Choice
from gradcli.settings import Settings


def refuse_idle_axes(choices: Iterable[Choice], settings: Settings) -> None:
    """Raise UsageError for what is asked of coordinates, where no axis has any.

    It is asked of every axis: one of them that it applies to is enough.
    """
    along = [(choice.field, each) for choice in choices for each in choice.along]
    idle = {
        "--sort": settings.sort,
        "--duplicates": settings.duplicates is not None,
        "--no-snap": not settings.snap,
    }
    for option, given in idle.items():
        if given and not any(_has_coordinates(field, each) for field, each in along):
            raise UsageError(
                f"{option}: is about coordinates, and no axis that a derivative is taken along has "
                "any (--coords)"
            )
    closed = settings.periodic and all(each.periodic for _, each in along)
    if closed and settings.scheme.missing != "adapt":
        ends = {
            "--edge-order": settings.edge_order is not None,
            f"--edges {settings.scheme.edges}": settings.scheme.edges != "one-sided",
        }
        for option, given in ends.items():
            if given:
                raise UsageError(f"{option}: a periodic axis has no ends")
    if settings.follow_positive and not any(each.axis(field).down for field, each in along):
        raise UsageError(
            "--follow-positive: no axis that a derivative is taken along grows downwards "
            "(positive: down)"
        )


def _has_coordinates(field: Field, along: Along) -> bool:
    if along.step is not None:
        return False
    axis = field.axes[along.index]
    return axis.values is not None or axis.column is not None or along.sheet is not None


def refuse_idle_outputs(
    source: Source, settings: Settings, destination: Destination, kind: Format, alone: bool
) -> None:
    """Raise UsageError for what an output cannot show.

    ``alone`` says whether each array has a file of its own.
    """
    if alone and settings.name is not None:
        raise UsageError(
            f"--name: an array alone in {kind.title} has no name; name its file (-o, with "
            "{component})"
        )
    if destination.keep and (alone or source.format != kind.name):
        found = "an array alone" if alone else f"{kind.title} from another format"
        raise UsageError(f"--keep: {found} carries nothing along; leave it out")
    if destination.stack and kind.name == "csv" and not alone:
        raise UsageError("--stack makes one array of all components, and this CSV has columns")
    if destination.stack and kind.attributes:
        raise UsageError(
            f"--stack makes one array of all components, and {kind.title} holds each under its "
            "own name; leave it out"
        )
