"""Help pages: examples first, then options, all in their groups or the few that people use."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Protocol

import click

from gradcli.catalogue import Row, listed

SCREEN = 48  # lines of a short page
FEW = 20  # options that may fit on one with all that is said of them
TERM = 26  # columns of an option and its value

CODES = (
    ("0", "done"),
    ("1", "an input or output failed, or data were refused"),
    ("2", "wrong usage: an unknown name, or an option that does not apply"),
    ("3", "some inputs of several failed; the others are done"),
    ("130", "interrupted; no output is half-written"),
)


class Shown(Protocol):
    """What a page shows of a command, beside what any command of click has."""

    name: str | None
    short_help: str | None
    params: list[click.Parameter]
    examples: str
    operator: str

    def format_usage(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the first line."""

    def format_help_text(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write what the command does."""

    def get_params(self, ctx: click.Context) -> list[click.Parameter]:
        """Return the parameters, and the options of help."""


class Help(click.Option):
    """The options ``-h``, which shows a short page, and ``--help``, which shows all."""

    def __init__(self) -> None:
        super().__init__(
            ["-h", "--help"],
            is_flag=True,
            flag_value="--help",
            type=click.STRING,
            expose_value=False,
            is_eager=True,
            allow_from_autoenv=False,
            callback=_show,
            help="Show the options that people use (-h), or all of them (--help).",
        )

    def add_to_parser(self, parser: click.parser._OptionParser, ctx: click.Context) -> None:
        """Let the parser tell the two names apart."""
        for name in self.opts:
            parser.add_option(
                obj=self, opts=[name], dest=self.name, action="store_const", const=name
            )


def _show(ctx: click.Context, _: click.Parameter, value: str | None) -> None:
    if value is None or ctx.resilient_parsing:
        return
    short = getattr(ctx.command, "get_short_page", None)
    click.echo(short(ctx) if value == "-h" and short else ctx.get_help(), color=ctx.color)
    ctx.exit()


def write_page(command: Shown, ctx: click.Context, formatter: click.HelpFormatter) -> None:
    """Write a page of all options, in their groups."""
    _write_groups(command, ctx, formatter)
    if any(each.name == "json" for each in command.params):
        with formatter.section("Environment"):
            prefix = ctx.auto_envvar_prefix or "GRADCLI"
            formatter.write_text(f"Every option can be a variable: {prefix}_JSON=1 is --json.")
    with formatter.section("Exit codes"):
        _write_terms(formatter, CODES, 3)


def short_page(command: Shown, ctx: click.Context) -> str:
    """Return a page that fits on a screen: all options if there are few, else those in use."""
    formatter = ctx.make_formatter()
    every = dict(_options(command, ctx))
    if len(every) <= FEW:
        _write_groups(command, ctx, formatter)
        whole = formatter.getvalue().rstrip("\n")
        if whole.count("\n") < SCREEN:
            return whole
        formatter = ctx.make_formatter()
    _begin(command, ctx, formatter)
    formatter.write_paragraph()
    with formatter.indentation():
        formatter.write_text(command.short_help or "")
    often = [row for row in every if row.is_often(command.operator)]
    with formatter.section("Options"):
        _write_terms(formatter, [(written(every[row], ctx), row.brief) for row in often])
    formatter.write_paragraph()
    formatter.write(f"{ctx.command_path} --help lists all {len(every)} options.\n")
    return formatter.getvalue().rstrip("\n")


def _write_groups(command: Shown, ctx: click.Context, formatter: click.HelpFormatter) -> None:
    _begin(command, ctx, formatter)
    command.format_help_text(ctx, formatter)
    for heading, options in sections(command, ctx):
        with formatter.section(heading):
            _write_terms(formatter, [(written(each, ctx), each.help or "") for each in options])


def _begin(command: Shown, ctx: click.Context, formatter: click.HelpFormatter) -> None:
    command.format_usage(ctx, formatter)
    formatter.write_paragraph()
    formatter.write(command.examples.strip() + "\n")


def _options(command: Shown, ctx: click.Context) -> Iterator[tuple[Row, click.Option]]:
    """Yield the options that a page lists, in the order of the table."""
    found = {name_of(each): each for each in command.get_params(ctx)}
    for row in listed(str(command.name), command.operator):
        option = found.get(row.name)
        if isinstance(option, click.Option):
            yield row, option


def sections(command: Shown, ctx: click.Context) -> Iterator[tuple[str, list[click.Option]]]:
    """Yield the headings of a page, each with its options."""
    groups: dict[str, list[click.Option]] = {}
    for row, option in _options(command, ctx):
        groups.setdefault(row.group, []).append(option)
    named = {name_of(each) for options in groups.values() for each in options}
    others = [
        each
        for each in command.get_params(ctx)
        if isinstance(each, click.Option) and name_of(each) not in named and not each.hidden
    ]
    yield from groups.items()
    if others and not groups:  # a command that is not in the table
        yield "Options", others


def name_of(option: click.Parameter) -> str:
    """Return the name that an option has in the table.

    >>> name_of(click.Option(["-a", "--axis"])), name_of(click.Option(["--keep/--no-keep"]))
    ('axis', 'keep')
    """
    return max(option.opts, key=len).lstrip("-")


def written(option: click.Option, ctx: click.Context) -> str:
    """Return how an option is written, with its value."""
    names = ", ".join(sorted(option.opts, key=len))
    if option.secondary_opts:
        return f"{names}/{option.secondary_opts[-1]}"
    if option.is_flag:
        return names
    kind = option.type
    if option.metavar is None and isinstance(kind, click.Choice):
        return f"{names} {'|'.join(kind.choices)}"
    return f"{names} {option.make_metavar(ctx)}"


def _write_terms(
    formatter: click.HelpFormatter, terms: Iterable[tuple[str, str]], column: int = TERM
) -> None:
    """Write terms with their meaning beside them, or below one that is long."""
    margin = " " * (column + 4)
    for term, meaning in terms:
        lines = list(_wrapped(meaning, formatter.width - len(margin)))
        beside = len(term) <= column
        formatter.write(f"  {term.ljust(column)}  {lines[0]}\n" if beside else f"  {term}\n")
        for line in lines[beside:]:
            formatter.write(f"{margin}{line}\n")


def _wrapped(text: str, width: int) -> Iterator[str]:
    """Yield a text in lines; `textwrap` takes as long as all else of a page.

    >>> list(_wrapped("one two three", 7))
    ['one two', 'three']
    """
    line = ""
    for word in text.split(" "):
        if line and len(line) + 1 + len(word) > width:
            yield line
            line = word
        else:
            line = f"{line} {word}" if line else word
    yield line
