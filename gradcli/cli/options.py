"""Every shared option, written once."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, TypeVar

import click

from gradcli.cli import format_with_examples
from gradcli.errors import UsageError

# A number, a date, or a date and a time of day, whose colons separate nothing.
_BOUND = r"[+-]?\d+-\d+-\d+(?:T\d+:\d+:\d+)?|[^:]+"

F = TypeVar("F", bound=Callable[..., Any])


class Text(click.types.StringParamType):
    """Text of an option that may be repeated; in the environment a line each, blanks included."""

    envvar_list_splitter = "\n"


class Command(click.Command):
    """A command whose help shows examples first."""

    examples = ""

    def format_help(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write usage, examples, then the rest."""
        format_with_examples(self, ctx, formatter, self.examples)


def _pairs(values: tuple[str, ...], option: str, split: bool) -> list[tuple[str, str | None]]:
    """Return ``AXIS=VALUE`` as pairs; the value is None where there is no ``=``."""
    parts = [p for value in values for p in (value.split(",") if split else [value]) if p]
    pairs = []
    for part in parts:
        axis, equals, value = part.partition("=")
        if not axis.strip():
            raise UsageError(f"{option} {part!r}: an axis is missing before '='")
        pairs.append((axis.strip(), value.strip() if equals else None))
    return pairs


def parse_number(option: str, text: str) -> float:
    """Return a number that an option gives."""
    try:
        return float(text)
    except ValueError:
        raise UsageError(f"{option}: {text!r} is no number") from None


def parse_spacing(_: click.Context, __: click.Parameter, values: tuple[str, ...]) -> Any:
    """Return ``S`` and ``AXIS=S`` as a mapping; None stands for every axis."""
    steps: dict[str | None, float] = {}
    for axis, step in _pairs(values, "--spacing", True):
        name = axis if step is not None else None
        steps[name] = parse_number("--spacing", axis if step is None else step)
    return steps


def parse_coords(_: click.Context, __: click.Parameter, values: tuple[str, ...]) -> Any:
    """Return ``AXIS=FILE`` as a mapping."""
    files = {}
    for axis, path in _pairs(values, "--coords", False):
        if not path:
            raise UsageError(f"--coords {axis}: write AXIS=FILE")
        files[axis] = path
    return files


def parse_periodic(_: click.Context, __: click.Parameter, values: tuple[str, ...]) -> Any:
    """Return ``AXIS`` and ``AXIS=PERIOD`` as a mapping."""
    return {
        axis: None if period is None else parse_number("--periodic", period)
        for axis, period in _pairs(values, "--periodic", True)
    }


def parse_isel(_: click.Context, __: click.Parameter, values: tuple[str, ...]) -> Any:
    """Return ``AXIS=I`` as an index and ``AXIS=I:J`` as a pair."""
    parts: dict[str, int | tuple[int | None, int | None]] = {}
    for axis, text in _pairs(values, "--isel", True):
        try:
            ends = [int(end) if end else None for end in (text or "").split(":")]
        except ValueError:
            ends = []
        if len(ends) == 1 and ends[0] is not None:
            parts[axis] = ends[0]
        elif len(ends) == 2:
            parts[axis] = (ends[0], ends[1])
        else:
            raise UsageError(
                f"--isel {axis}={text or ''}: write AXIS=I or AXIS=I:J, counted from 0"
            )
    return parts


def parse_sel(_: click.Context, __: click.Parameter, values: tuple[str, ...]) -> Any:
    """Return ``AXIS=V`` and ``AXIS=V:W`` as pairs of numbers or dates, still text."""
    parts: dict[str, tuple[str, str | None]] = {}
    for axis, text in _pairs(values, "--sel", True):
        match = re.fullmatch(rf"({_BOUND})(?::({_BOUND}))?", text or "")
        if match is None:
            raise UsageError(f"--sel {axis}={text or ''}: write AXIS=V or AXIS=V:W")
        parts[axis] = (match[1], match[2])
    return parts


def _stack_options(*options: Callable[[Any], Any]) -> Callable[[F], F]:
    def decorate(function: F) -> F:
        for option in reversed(options):
            function = option(function)
        return function

    return decorate


def choice(*names: str) -> click.Choice[str]:
    """Return a type for an option that takes one of a few words."""
    return click.Choice(names)


FORMATS = ("csv", "npy", "npz", "hdf5", "netcdf")

reading = _stack_options(
    click.option(
        "--format", type=choice(*FORMATS), help="Format of stdin or of a file of odd suffix."
    ),
    click.option(
        "--dims",
        metavar="A,B,…",
        help="Names for the axes of an array that has none, slowest first; for CSV tables: "
        "which columns are coordinates.",
    ),
    click.option(
        "--csv-layout",
        type=choice("matrix", "crosstab", "table", "long"),
        help="How a CSV is laid out. Default: told by its content.",
    ),
    click.option(
        "--decimal", type=choice(".", ","), help="Decimal mark of a CSV. Default: recognised."
    ),
)

choosing = _stack_options(
    click.option(
        "-a",
        "--axis",
        metavar="A,B",
        help="Axes to differentiate along: names, indices (0, -1), CF roles (x, y, z, t) or "
        "standard names. Default: all axes of more than one point.",
    ),
    click.option(
        "-v",
        "--var",
        metavar="N,M",
        multiple=True,
        type=Text(),
        help="Variables, HDF5 dataset paths, CSV columns. Default: every one that is data.",
    ),
    click.option(
        "--isel",
        metavar="AXIS=I[:J]",
        multiple=True,
        type=Text(),
        callback=parse_isel,
        help="Work on part of the field, by index (J left out of it).",
    ),
    click.option(
        "--sel",
        metavar="AXIS=V[:W]",
        multiple=True,
        type=Text(),
        callback=parse_sel,
        help="Work on part of the field, by coordinate or date (W included; V alone: the nearest).",
    ),
)

differencing = _stack_options(
    click.option(
        "--order",
        type=int,
        metavar="N",
        default=1,
        show_default=True,
        help="Which derivative, 1 to 6.",
    ),
    click.option(
        "--accuracy",
        type=int,
        metavar="N",
        help="Order of accuracy inside: 2, 4, 6, 8 (default 2); forward or backward: 1 to 8 "
        "(default 1).",
    ),
    click.option(
        "--edge-order",
        type=int,
        metavar="N",
        help="Order of accuracy at the ends, 1 to 8. Default: 1 for accuracy 2 and order 1, else "
        "the accuracy.",
    ),
    click.option(
        "--edges",
        type=choice("one-sided", "missing"),
        default="one-sided",
        show_default=True,
        help="What points get where the stencil does not fit.",
    ),
    click.option(
        "--scheme",
        type=choice("central", "forward", "backward"),
        default="central",
        show_default=True,
        help="On which side neighbours are taken.",
    ),
    click.option(
        "--smooth",
        metavar="savgol:WINDOW,DEGREE",
        help="Derivative of the polynomial fitted to the nearest WINDOW points, in place of "
        "--accuracy, --edge-order and --scheme.",
    ),
    click.option(
        "--spacing",
        metavar="[AXIS=]S",
        multiple=True,
        type=Text(),
        callback=parse_spacing,
        help="Equal steps for axes without coordinates, or instead of them. Default 1.",
    ),
    click.option(
        "--coords",
        metavar="AXIS=FILE",
        multiple=True,
        type=Text(),
        callback=parse_coords,
        help="Coordinates from a file: x.npy, x.csv or x.txt (one number a line), file.nc:name, "
        "file.h5:/path.",
    ),
    click.option(
        "--sort", is_flag=True, help="Put axes whose coordinates go back and forth in rising order."
    ),
    click.option(
        "--duplicates",
        type=choice("first", "mean"),
        help="Of points that share a coordinate take the first, or the mean of the valid ones. "
        "Default: refuse.",
    ),
    click.option(
        "--no-snap",
        is_flag=True,
        help="Take float32 coordinates as stored, not as the equal steps that they round.",
    ),
    click.option(
        "--periodic",
        metavar="AXIS[=PERIOD]",
        multiple=True,
        type=Text(),
        callback=parse_periodic,
        help="The axis closes on itself; PERIOD is needed when spacing is uneven.",
    ),
)

writing = _stack_options(
    click.option(
        "-o",
        "--output",
        metavar="PATH",
        help="Where to; '-' is stdout; a template may hold {stem}, {suffix}, {component}.",
    ),
    click.option(
        "--output-dir", metavar="DIR", help="Default names, in this folder, made if need be."
    ),
    click.option("-O", "--overwrite", is_flag=True, help="Replace existing outputs."),
    click.option(
        "--skip-existing", is_flag=True, help="Leave existing outputs as they are and go on."
    ),
    click.option("--stack", is_flag=True, help="All components in one array, as a new first axis."),
    click.option("--dtype", type=choice("f4", "f8"), help="Type of the results."),
    click.option(
        "--name",
        metavar="T",
        help="Names of results, a template: {var}, {axis}, {order}, {component}. "
        "Default d{var}_d{axis}.",
    ),
    click.option("--keep", is_flag=True, help="Carry every variable of the input along."),
    click.option("--no-history", is_flag=True, help="Write no line into the history attribute."),
)

running = _stack_options(
    click.option(
        "--memory",
        metavar="SIZE",
        help="Cap for the run (256MiB, 2GB). Default: 1 GiB or a quarter of the machine's.",
    ),
    click.option(
        "-j",
        "--jobs",
        type=int,
        metavar="N",
        help="Threads. Default: the processors this process may use.",
    ),
    click.option("--dry-run", is_flag=True, help="Print the plan, read no values, write nothing."),
    click.option("--json", is_flag=True, help="One JSON object an input on stdout."),
    click.option("-q", "--quiet", is_flag=True, help="No notes and no progress."),
    click.option(
        "--progress/--no-progress",
        default=None,
        help="Progress on stderr. Default: at a terminal, after one second.",
    ),
)

debugging = click.option(
    "--debug", is_flag=True, expose_value=False, help="Show the traceback of an error."
)
