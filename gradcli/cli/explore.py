"""What the commands share that write no results: their options, and how they begin."""

from __future__ import annotations

import gc
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import click

from gradcli.cli import options
from gradcli.cli.complete import complete_input
from gradcli.cli.declare import stack_options
from gradcli.cli.keywords import input_of, keywords_of
from gradcli.cli.meaning import meaning
from gradcli.system.limits import require_base
from gradcli.system.logbook import Item, Logbook

if TYPE_CHECKING:
    from gradcli.settings import Request

# The parameters of `compute` that say what is differentiated, and how.
asking = stack_options(
    click.argument("path", metavar="INPUT", required=False, shell_complete=complete_input),
    options.formula,
    options.choosing,
    options.differencing,
    meaning,
    options.reading,
    options.computing,
)


def begin(log: Logbook | None, path: str) -> None:
    """Prepare a watched process that reads one input; call this before numpy is imported."""
    require_base()
    from gradcli.system.allocator import keep_freed_memory
    from gradcli.system.supervisor import be_watched

    gc.enable()
    keep_freed_memory()
    log = log or Logbook()  # there is none if --help is the value of an option
    log.set_out([Item(path)], False, False)
    be_watched(log)
    log.begin(0)


def asked(log: Logbook | None, given: Mapping[str, Any], **more: Any) -> Request:
    """Begin, and return what the options of ``asking`` ask for.

    Parameters
    ----------
    log : Logbook or None
    given : mapping
        The parameters of ``asking``, by name.
    **more
        Further keywords of `differentiate`, such as ``operator``.
    """
    path = input_of(given["path"], given["formula"], given["grid"])
    begin(log, path)
    from gradcli.api import request

    kept = {name: value for name, value in given.items() if name not in ("path", "formula")}
    return request(path, None, **keywords_of(kept), **more)
