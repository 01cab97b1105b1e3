"""What is said of axes without coordinates, whose step is taken as 1."""

from __future__ import annotations

from gradcli.model.along import Along
from gradcli.model.axes import axis_label
from gradcli.model.fields import Field
from gradcli.model.protocols import Source
from gradcli.plan.auxiliary import UNNAMED
from gradcli.plan.variables import listed


def step_notes(source: Source, chosen: list[tuple[Field, tuple[Along, ...]]]) -> list[str]:
    """Return notes on axes whose step is assumed, with the arrays of the file that would fit.

    Fields of which the same is true share a note, which names them if there are further notes.
    """
    said: dict[str, list[str]] = {}
    for field, along in chosen:
        bare = [each for each in along if _is_assumed(field, each)]
        if bare:
            said.setdefault(_words(source, field, bare), []).append(field.name)
    if len(said) == 1 and len(chosen) == len(next(iter(said.values()))):
        return list(said)
    return [f"{listed(names)}: {words}" for words, names in said.items()]


def _words(source: Source, field: Field, bare: list[Along]) -> str:
    labels = [axis_label(field.axes, each.index) for each in bare]
    what = f"axis {labels[0]} has" if len(bare) == 1 else f"axes {', '.join(labels)} have"
    fits = [other for each in bare for other in fitting(source, field, each.index)]
    advice = "give it with --spacing or --coords"
    if fits:
        advice = f"{listed(list(dict.fromkeys(fits)))} would fit (--axis {fits[0]})"
    return f"{what} no coordinates, so the step is 1; {advice}"


def _is_assumed(field: Field, along: Along) -> bool:
    axis = field.axes[along.index]
    placed = axis.values is not None or axis.live is not None or axis.column is not None
    return along.step is None and along.sheet is None and not placed


def fitting(source: Source, field: Field, index: int) -> list[str]:
    """Return the arrays beside a field that are as long as one of its axes, and of no other."""
    size = field.axes[index].size
    if source.format not in UNNAMED or [a.size for a in field.axes].count(size) != 1:
        return []
    return [name for name in source.once(_lengths).get(size, ()) if name != field.name]


def _lengths(source: Source) -> dict[int, list[str]]:
    """Return the arrays of one axis, by its length."""
    found: dict[int, list[str]] = {}
    for field in source.fields.values():
        if len(field.axes) == 1:
            found.setdefault(field.axes[0].size, []).append(field.name)
    return found
