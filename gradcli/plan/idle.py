"""Notes on options that name an axis or a variable, and change nothing of it.

They describe the data, and may be right; so they are noted, not refused.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from gradcli.formats.registry import Format
from gradcli.plan.asked import by_axis
from gradcli.plan.choose import Choice
from gradcli.settings import Settings


def idle_notes(choices: Sequence[Choice], settings: Settings, kind: Format) -> Iterator[str]:
    """Yield a note for each step or unit that is given, and that no result depends on.

    Parameters
    ----------
    choices : sequence of Choice
        What is differentiated, and along which axes.
    settings : Settings
    kind : Format
        The format of the outputs.
    """
    for name, step in settings.spacing.items():
        if not (name is None or name in settings.sel or _is_along(choices, name)):
            yield (
                f"--spacing {name}={step:g} changes nothing: no derivative is taken along {name} "
                "(--axis)"
            )
    decisive = bool(settings.units) and _may_decide(choices, settings)
    outcomes = (each for operator in settings.operators for each in operator.outcomes(2, 1))
    composed = any(outcome.units is None for outcome in outcomes)
    for name, unit in settings.units.items():
        told = f"--units {name}={unit} changes nothing"
        is_along = _is_along(choices, name)
        if not (is_along or composed) and _is_chosen(choices, name):
            yield f"{told}: the units of the results do not depend on it"
        elif is_along or _is_chosen(choices, name):
            if not (kind.attributes or decisive or (is_along and settings.per)):
                yield f"{told}: {kind.title} keeps no units; they would show in .nc or .h5 (-o)"
        elif not (_has_further(choices) or (decisive and _is_axis(choices, name))):
            yield f"{told}: {name} is neither differentiated, nor an axis that it is done along"


def _may_decide(choices: Sequence[Choice], settings: Settings) -> bool:
    """Return whether units of axes may decide which numbers come out: roles, lengths, sums."""
    if settings.metric.name not in (None, "none") or settings.sel or settings.isel:
        return True
    if any(operator.mixes for operator in settings.operators):
        return True
    known = {axis.name for each in choices for field in each.components for axis in field.axes}
    named = (*settings.axis, *settings.per, *filter(None, settings.spacing))
    return any(len(name) == 1 and name.isalpha() and name not in known for name in named)


def _has_further(choices: Sequence[Choice]) -> bool:
    """Return whether there are coordinates over several axes, which have units of their own."""
    return any(
        choice.chart or any(axis.column is not None for axis in choice.field.axes)
        for choice in choices
    )


def _is_axis(choices: Sequence[Choice], name: str) -> bool:
    fields = (field for choice in choices for field in choice.components)
    return any(by_axis(field, {name: None}) for field in fields)


def _is_along(choices: Sequence[Choice], name: str) -> bool:
    """Return whether a derivative is taken along an axis of this name."""
    return any(
        each.index in by_axis(field, {name: None})
        for choice in choices
        for field in choice.components
        for each in (*choice.along, *choice.beneath)
    )


def _is_chosen(choices: Sequence[Choice], name: str) -> bool:
    return any(
        name in (field.name, field.base, field.name.rpartition("/")[2])
        for choice in choices
        for field in choice.components
    )
