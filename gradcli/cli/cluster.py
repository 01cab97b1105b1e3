"""The options ``--cluster`` and ``--resume``: one output from the workers of a scheduler."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from gradcli.cli.declare import stack_options
from gradcli.cli.parts import part, runner

if TYPE_CHECKING:
    from gradcli.engine.report import Report

spreading = stack_options(
    part,
    click.option(
        "--cluster",
        metavar="ADDRESS|FILE|local:N",
        help="Have the workers of a Dask scheduler compute the output, by its address or its file; "
        "local:N starts N workers here.",
    ),
    click.option(
        "--resume",
        is_flag=True,
        help="Go on from what --cluster had done when it was stopped. --part always does.",
    ),
)


def runner_of(given: dict[str, Any]) -> Callable[..., Report]:
    """Return the function that works on an input, called as `differentiate` is.

    The options that choose it are taken out of those given, unless it takes them.
    """
    share, cluster = given.pop("part"), given["cluster"]
    if share is not None:
        del given["resume"]
        return runner(share)
    if cluster is not None:
        # Dask prints what it meets, also what is no error; errors are raised here all the same.
        logging.disable()
    from gradcli.api import run

    return run
