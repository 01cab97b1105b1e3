"""Inputs that are one field along an axis."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

from gradcli.cli.declare import stack_options
from gradcli.errors import UsageError
from gradcli.system.logbook import Item

joining = stack_options(
    click.option(
        "--join",
        metavar="AXIS",
        help="The inputs are one field along this axis, in the order of its coordinate: stencils "
        "cross from one to the next. One output, or with --output-dir or {stem} one each.",
    ),
    click.option(
        "--open-files",
        metavar="N",
        type=click.IntRange(min=1),
        help="With --join: inputs that are open at once. "
        "[default: 64, or fewer as --memory allows]",
    ),
)


def joined_items(items: list[Item], given: dict[str, Any], folder: str | None) -> list[Item]:
    """Return the inputs that are worked on one after another: with ``--join`` it is one.

    The paths of all of them then go to the options ``given``.
    """
    if given.get("join") is None:
        if given.get("open_files") is not None:
            raise UsageError("--open-files goes with --join AXIS")
        return items
    given["joined"] = tuple(item.path for item in items)
    return [Item(items[0].path, folder)]


def has_each(given: Mapping[str, Any], folder: str | None) -> bool:
    """Return whether each input has an output of its own.

    >>> has_each({"join": "t", "output": "all.nc"}, None), has_each({"join": None}, None)
    (False, True)
    """
    return given.get("join") is None or folder is not None or "{stem}" in (given["output"] or "")
