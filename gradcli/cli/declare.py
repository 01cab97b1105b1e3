"""How options are declared: texts that may be repeated, choices, and several as one decorator."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

F = TypeVar("F", bound=Callable[..., Any])


class Text(click.types.StringParamType):
    """Text of an option that may be repeated; each line of its environment variable is one."""

    envvar_list_splitter = "\n"


def stack_options(*options: Callable[[Any], Any]) -> Callable[[F], F]:
    """Return one decorator for several options, in their order."""

    def decorate(function: F) -> F:
        for option in reversed(options):
            function = option(function)
        return function

    return decorate


def choice(*names: str) -> click.Choice[str]:
    """Return the type of an option that takes one of a few words."""
    return click.Choice(names)
