"""Notes on options that name an axis or a variable, and change nothing of it.

They describe the data, and may be right; so they are noted, not refused.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from gradcli.formats.registry import Format
from gradcli.model.fields import Field
from gradcli.plan.asked import by_axis
from gradcli.plan.choose import Choice
from gradcli.settings import Settings


def idle_notes(choices: Sequence[Choice], settings: Settings, kind: Format | None) -> Iterator[str]:
    """Yield a note for each step or unit that is given, and that no result depends on.

    Parameters
    ----------
    choices : sequence of Choice
        What is differentiated, and along which axes.
    settings : Settings
    kind : Format or None
        The format of the outputs; None if there are none, but numbers to be shown.
    """
    for name, step in settings.spacing.items():
        if not (name is None or name in settings.sel or _is_along(choices, name)):
            yield (
                f"--spacing {name}={step:g} changes nothing: no derivative is taken along {name} "
                "(--axis)"
            )
    fields = [field for choice in choices for field in choice.components]
    decisive = bool(settings.units) and _may_decide(fields, settings)
    vector = any(operator.vector for operator in settings.operators)
    outcomes = (each for operator in settings.operators for each in operator.outcomes(2, 1))
    composed = any(outcome.units is None for outcome in outcomes)
    for name, unit in settings.units.items():
        told = f"--units {name}={unit} changes nothing"
        is_along = _is_along(choices, name)
        if not (is_along or composed) and _is_among(fields, name):
            yield f"{told}: the units of the results do not depend on it"
        elif is_along or _is_among(fields, name):
            matters = vector or (is_along and (decisive or settings.per))
            if kind is not None and not (kind.attributes or matters):
                yield f"{told}: {kind.title} keeps no units; they would show in .nc or .h5 (-o)"
        elif not (_has_further(choices) or (decisive and _is_axis(fields, name))):
            yield f"{told}: {name} is neither differentiated, nor an axis that it is done along"


def untold_notes(
    fields: Iterable[Field], settings: Settings, told: str, lengths: bool
) -> Iterator[str]:
    """Yield a note for each unit that is given, where numbers are told without units.

    Parameters
    ----------
    fields : iterable of Field
        What is differentiated.
    settings : Settings
    told : str
        What is told without units.
    lengths : bool
        Whether the units of axes decide lengths all the same.
    """
    every = list(fields)
    decisive = lengths or bool(settings.per) or _may_decide(every, settings)
    for name, unit in settings.units.items():
        if _is_among(every, name) or (not decisive and _is_axis(every, name)):
            yield f"--units {name}={unit} changes nothing: {told}"


def _may_decide(fields: Iterable[Field], settings: Settings) -> bool:
    """Return whether units of axes may decide which numbers come out: roles, lengths, sums."""
    if settings.metric.name not in (None, "none") or settings.sel or settings.isel:
        return True
    if any(operator.mixes for operator in settings.operators):
        return True
    known = {axis.name for field in fields for axis in field.axes}
    named = (*settings.axis, *settings.per, *filter(None, settings.spacing))
    return any(len(name) == 1 and name.isalpha() and name not in known for name in named)


def _has_further(choices: Sequence[Choice]) -> bool:
    """Return whether there are coordinates over several axes, which have units of their own."""
    return any(
        choice.chart or any(axis.column is not None for axis in choice.field.axes)
        for choice in choices
    )


def _is_axis(fields: Iterable[Field], name: str) -> bool:
    return any(by_axis(field, {name: None}) for field in fields)


def _is_along(choices: Sequence[Choice], name: str) -> bool:
    """Return whether a derivative is taken along an axis of this name."""
    return any(
        each.index in by_axis(field, {name: None})
        for choice in choices
        for field in choice.components
        for each in (*choice.along, *choice.beneath)
    )


def _is_among(fields: Iterable[Field], name: str) -> bool:
    return any(name in (field.name, field.base, field.name.rpartition("/")[2]) for field in fields)
