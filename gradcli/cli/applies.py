"""Refuse options that another one contradicts, or that need one which is not given."""

from __future__ import annotations

import click
from click.core import ParameterSource

from gradcli.catalogue import BY_NAME, ROWS
from gradcli.cli.page import name_of
from gradcli.errors import UsageError

GIVEN = (ParameterSource.COMMANDLINE, ParameterSource.ENVIRONMENT)


def refuse_idle(ctx: click.Context) -> None:
    """Raise UsageError for an option without effect, by the table of options."""
    given = _given(ctx)
    known = {name_of(param) for param in ctx.command.params if isinstance(param, click.Option)}
    for row in ROWS:
        if row.name not in given:
            continue
        needs = [name for name in row.needs.split() if name in known]
        if needs and not given & {*needs}:
            raise UsageError(f"--{row.name} {row.why}")
        for name in row.excludes.split():
            if name in given:
                raise UsageError(f"--{row.name} and --{name} exclude each other; give one of them")


def _given(ctx: click.Context) -> set[str]:
    """Return the options that are given and say something; a flag may be turned off."""
    found = set()
    for param in ctx.command.params:
        value = ctx.params.get(str(param.name))
        if value is None or value is False or value in ((), {}):
            continue
        if ctx.get_parameter_source(str(param.name)) in GIVEN:
            found.add(name_of(param))
    return found & BY_NAME.keys()
