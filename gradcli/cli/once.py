"""Options that are given twice: lists accumulate, and two different values are refused."""

from __future__ import annotations

from collections.abc import Mapping
from copy import copy
from typing import Any

import click
from click.core import ParameterSource

from gradcli.errors import UsageError

LISTS = ("axis", "also", "dims", "show")  # options whose text is a list, separated by commas


class Option(click.Option):
    """An option that never drops a value: click keeps the last one of an option given twice."""

    def add_to_parser(self, parser: Any, ctx: click.Context) -> None:
        """Let the parser collect all values of an option that takes one."""
        if self.multiple or self.count:
            super().add_to_parser(parser, ctx)
        elif not self.is_flag:
            parser.add_option(
                obj=self, opts=self.opts, dest=self.name, action="append", nargs=self.nargs
            )
        else:
            for names, value in ((self.opts, True), (self.secondary_opts, False)):
                if names:
                    parser.add_option(
                        obj=self, opts=names, dest=self.name, action="append_const", const=value
                    )

    def consume_value(
        self, ctx: click.Context, opts: Mapping[str, Any]
    ) -> tuple[Any, ParameterSource]:
        """Return the only value of the option, or its lists in one."""
        given = opts.get(str(self.name))
        if self.multiple or self.count or not isinstance(given, list):
            return super().consume_value(ctx, opts)
        if self.name in LISTS:
            value: Any = ",".join(given)
        else:
            different = list(dict.fromkeys(given))
            if len(different) > 1 and not ctx.resilient_parsing:
                raise UsageError(_twice(self, different))
            value = different[-1]
        return super().consume_value(ctx, {**opts, str(self.name): value})

    @classmethod
    def of(cls, known: click.Parameter) -> click.Parameter:
        """Return a parameter as it is, but an option as one of this class.

        >>> type(Option.of(click.Option(["--jobs"]))).__module__
        'gradcli.cli.once'
        """
        if not isinstance(known, click.Option):
            return known
        made = copy(known)
        made.__class__ = cls  # nothing is added to what an option of click holds
        return made


def _twice(option: Option, values: list[Any]) -> str:
    if option.is_flag:
        names = f"{option.opts[-1]} and {option.secondary_opts[-1]}"
        return f"{names} exclude each other; give one of them"
    words = " and ".join(map(repr, values[:3]))
    return f"{option.opts[-1]} is given {len(values)} times, as {words}; give it once"
