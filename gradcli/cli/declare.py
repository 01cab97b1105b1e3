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


class Choice(click.Choice[str]):
    """One of a few words; some others are known to mean something else."""

    def __init__(self, names: tuple[str, ...], others: dict[str, str]) -> None:
        super().__init__(names)
        self._others = others

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the word, or refuse it with what it was meant to be."""
        if value in self._others:
            self.fail(f"{value!r} is no such word; {self._others[value]}", param, ctx)
        return super().convert(value, param, ctx)


def choice(*names: str, **others: str) -> click.Choice[str]:
    """Return the type of an option that takes one of a few words; others get a hint."""
    return Choice(names, others)
