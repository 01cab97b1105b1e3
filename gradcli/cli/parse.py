"""Parse the text of options into plain values: pairs of axis and value, numbers, ranges."""

from __future__ import annotations

import os
import re
from typing import Any

import click

from gradcli.errors import UsageError


def _pairs(values: tuple[str, ...], option: str, split: bool) -> list[tuple[str, str | None]]:
    """Return ``AXIS=VALUE`` as pairs; the value is None if there is no ``=``.

    A name may hold ``=`` where the value holds none, which is everywhere but in names of files.

    Raises
    ------
    UsageError
        An axis is missing, or has two different values.
    """
    parts = [p for value in values for p in (value.split(",") if split else [value]) if p]
    pairs: list[tuple[str, str | None]] = []
    for part in parts:
        axis, equals, value = part.partition("=") if option == "--coords" else part.rpartition("=")
        axis, value = (axis, value) if equals else (part, "")
        if not axis.strip():
            raise UsageError(f"{option} {part!r}: an axis is missing before '='")
        pairs.append((axis.strip(), value.strip() if equals else None))
    said: dict[str, str | None] = {}
    for axis, text in pairs:
        if said.setdefault(axis, text) != text:
            first, second = (
                f"{option} {axis}" if word is None else f"{option} {axis}={word}"
                for word in (said[axis], text)
            )
            raise UsageError(f"{first} and {second}: give {axis} one value")
    return pairs


def _with_commas(value: str) -> tuple[str, ...]:
    """Return the parts of a list in which every part has a ``=``; commas before it are of a name.

    >>> _with_commas("x=1,Time, s=2"), _with_commas("x=1,2")
    (('x=1', 'Time, s=2'), ('x=1', '2'))
    """
    parts, rest = [], ""
    for part in value.split(","):
        rest = f"{rest},{part}" if rest else part
        if "=" in part:
            parts.append(rest)
            rest = ""
    return (*parts, *filter(None, rest.split(",")))


def _named(values: tuple[str, ...], option: str) -> list[tuple[str, str | None]]:
    """Return pairs from lists in which every axis has a value."""
    return _pairs(tuple(part for value in values for part in _with_commas(value)), option, False)


def _mapping(pairs: list[tuple[str, str | None]], option: str, form: str) -> dict[str, str]:
    """Return pairs as a mapping; raise UsageError if a value is missing."""
    for axis, value in pairs:
        if not value:
            raise UsageError(f"{option} {axis}: write {form}")
    return {axis: value for axis, value in pairs if value}


def parse_number(option: str, text: str) -> float:
    """Return the number that the text of an option holds."""
    try:
        return float(text)
    except ValueError:
        raise UsageError(f"{option}: {text!r} is not a number") from None


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def parse_spacing(_: click.Context, __: click.Parameter, values: tuple[str, ...]) -> Any:
    """Return steps as a mapping, or as a tuple of one per axis; None stands for every axis.

    >>> parse_spacing(None, None, ("25,5",)), parse_spacing(None, None, ("x=2,y=3", "1"))
    ((25.0, 5.0), {'x': 2.0, 'y': 3.0, None: 1.0})
    """
    form = "write S, S1,S2,… (one for each axis) or AXIS=S,…"
    steps: dict[str | None, float] = {}
    bare: list[str] = []
    for value in dict.fromkeys(values):
        numbers = any(map(_is_number, value.split(",")))
        pairs = _pairs((value,), "--spacing", True) if numbers else _named((value,), "--spacing")
        alone = [axis for axis, step in pairs if step is None]
        if alone and len(alone) < len(pairs):
            raise UsageError(f"--spacing {value}: mixes steps with and without an axis; {form}")
        if alone:
            bare.append(value)
    for axis, step in _named(tuple(v for v in values if v not in bare), "--spacing"):
        steps[axis] = parse_number("--spacing", step or "")
    if len(bare) > 1:
        raise UsageError(f"--spacing is given twice, as {' and '.join(bare)}; {form}")
    several = tuple(parse_number("--spacing", each) for value in bare for each in value.split(","))
    if len(several) > 1:
        if steps:
            raise UsageError(f"--spacing {bare[0]}: mixes steps with and without an axis; {form}")
        return several
    return steps | dict.fromkeys((None,) * len(several), sum(several))


def parse_coords(_: click.Context, __: click.Parameter, values: tuple[str, ...]) -> Any:
    """Return ``AXIS=FILE`` as a mapping; a list has a comma before each further ``AXIS=``."""
    parts = tuple(part for value in values for part in _several(value))
    return _mapping(_pairs(parts, "--coords", False), "--coords", "AXIS=FILE")


def _several(value: str) -> list[str]:
    """Return the parts of a list of ``AXIS=FILE``, in which points are a list too.

    >>> _several("x=x.npy,y=0,1,3"), _several("Time, s=t.npy")
    (['x=x.npy', 'y=0,1,3'], ['Time, s=t.npy'])
    """
    parts: list[str] = []
    for piece in value.split(","):
        if parts and ("=" not in piece or "=" not in parts[-1]):
            parts[-1] += f",{piece}"
        else:
            parts.append(piece)
    whole = os.path.exists(value.partition("=")[2])  # a name of a file may hold both signs
    return [value] if whole else parts


def parse_at(_: click.Context, __: click.Parameter, values: tuple[str, ...]) -> Any:
    """Return ``AXIS=V`` as a mapping to text."""
    return _mapping(_pairs(values, "--at", True), "--at", "AXIS=V, as in time=2020-01")


def parse_per(_: click.Context, __: click.Parameter, values: tuple[str, ...]) -> Any:
    """Return ``AXIS=UNIT`` as a mapping."""
    return _mapping(_named(values, "--per"), "--per", "AXIS=UNIT, as in time=s")


def parse_units(_: click.Context, __: click.Parameter, values: tuple[str, ...]) -> Any:
    """Return ``NAME=UNIT`` as a mapping. Units may hold commas and blanks, so each has its own."""
    form = "NAME=UNIT, as in lat=degrees_north"
    return _mapping(_pairs(values, "--units", False), "--units", form)


def parse_periodic(_: click.Context, __: click.Parameter, values: tuple[str, ...]) -> Any:
    """Return ``AXIS`` and ``AXIS=PERIOD`` as a mapping."""
    return {
        axis: None if period is None else parse_number("--periodic", period)
        for axis, period in _pairs(values, "--periodic", True)
    }


def parse_isel(_: click.Context, __: click.Parameter, values: tuple[str, ...]) -> Any:
    """Return ``AXIS=I`` as an index and ``AXIS=I:J`` as a pair."""
    parts: dict[str, int | tuple[int | None, int | None]] = {}
    for axis, text in _named(values, "--isel"):
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
    for axis, text in _named(values, "--sel"):
        part = _bounds(text or "")
        if part is None:
            raise UsageError(f"--sel {axis}={text or ''}: write AXIS=V or AXIS=V:W")
        parts[axis] = part
    return parts


def _bounds(text: str) -> tuple[str, str | None] | None:
    """Return one or two bounds, or None for another text. Colons in times of day part nothing.

    >>> _bounds("2:3"), _bounds("2000-01-01T06:30"), _bounds("2000-01-01T06:2000-02")
    (('2', '3'), ('2000-01-01T06:30', None), ('2000-01-01T06', '2000-02'))
    """
    if _is_bound(text):
        return text, None
    for colon in re.finditer(":", text):
        low, high = text[: colon.start()].strip(), text[colon.end() :].strip()
        if _is_bound(low) and _is_bound(high):
            return low, high
    return None


def _is_bound(text: str) -> bool:
    from gradcli.cf.dates import is_date  # only --sel has dates

    return is_date(text) or (bool(text) and ":" not in text)


def parse_chunks(_: click.Context, parameter: click.Parameter, text: str | None) -> Any:
    """Return ``A=N,B=M`` as a mapping and ``N,M`` as a tuple; ``all`` becomes 0, a whole axis."""
    if text is None:
        return None
    option = f"--{parameter.name}"
    pairs = _pairs((text,), option, True)
    bare = [axis for axis, size in pairs if size is None]
    if len(bare) == len(pairs) and bare:
        return tuple(_chunk(option, text, size) for size in bare)
    sizes = {axis: _chunk(option, text, size) for axis, size in pairs if size is not None}
    if bare or len(sizes) < len(pairs):
        raise UsageError(f"{option} {text}: write A=N,B=M, each axis once, or N,M,K, one an axis")
    return sizes


def _chunk(option: str, text: str, size: str) -> int:
    if size == "all":
        return 0
    if not re.fullmatch("[0-9]+", size):
        raise UsageError(
            f"{option} {text}: {size!r} is not a number of points; 'all' is the whole axis"
        )
    return int(size)


def parse_toward(_: click.Context, __: click.Parameter, text: str | None) -> Any:
    """Return the numbers of a vector; a single number is a bearing."""
    if text is None:
        return ()
    return tuple(parse_number("--toward", part) for part in text.split(","))


def parse_grids(_: click.Context, __: click.Parameter, value: str | None) -> Any:
    """Return the grid of a formula as a mapping of axis to slice or coordinates."""
    if value is None:
        return None
    from gradcli.numerics.grids import parse_grid

    return parse_grid(value)


def parse_places(_: click.Context, param: click.Parameter, values: tuple[str, ...]) -> Any:
    """Return each ``AXIS=V,…`` as a mapping of axis to a coordinate, date or index, still text.

    >>> parse_places(None, click.Option(["--at"]), ("x=1,time=2020-01-05", "x=2"))
    ({'x': '1', 'time': '2020-01-05'}, {'x': '2'})
    """
    option = param.opts[0]
    form = "AXIS=V,…, one place each"
    return tuple(_mapping(_pairs((value,), option, True), option, form) for value in values)
