"""Parse the text of options into plain values: pairs of axis and value, numbers, ranges."""

from __future__ import annotations

import re
from typing import Any

import click

from gradcli.errors import UsageError


def _pairs(values: tuple[str, ...], option: str, split: bool) -> list[tuple[str, str | None]]:
    """Return ``AXIS=VALUE`` as pairs; the value is None if there is no ``=``."""
    parts = [p for value in values for p in (value.split(",") if split else [value]) if p]
    pairs = []
    for part in parts:
        axis, equals, value = part.partition("=")
        if not axis.strip():
            raise UsageError(f"{option} {part!r}: an axis is missing before '='")
        pairs.append((axis.strip(), value.strip() if equals else None))
    return pairs


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
    return _mapping(_pairs(values, "--coords", False), "--coords", "AXIS=FILE")


def parse_per(_: click.Context, __: click.Parameter, values: tuple[str, ...]) -> Any:
    """Return ``AXIS=UNIT`` as a mapping."""
    return _mapping(_pairs(values, "--per", True), "--per", "AXIS=UNIT, as in time=s")


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


def parse_chunks(_: click.Context, __: click.Parameter, text: str | None) -> Any:
    """Return ``A=N,B=M`` as a mapping and ``N,M`` as a tuple; ``all`` becomes 0, a whole axis."""
    if text is None:
        return None
    pairs = _pairs((text,), "--chunks", True)
    bare = [axis for axis, size in pairs if size is None]
    if len(bare) == len(pairs) and bare:
        return tuple(_chunk(text, size) for size in bare)
    sizes = {axis: _chunk(text, size) for axis, size in pairs if size is not None}
    if bare or len(sizes) < len(pairs):
        raise UsageError(f"--chunks {text}: write A=N,B=M, each axis once, or N,M,K, one an axis")
    return sizes


def _chunk(text: str, size: str) -> int:
    if size == "all":
        return 0
    if not re.fullmatch("[0-9]+", size):
        raise UsageError(f"--chunks {text}: {size!r} is no count of points; 'all' is a whole axis")
    return int(size)


def parse_toward(_: click.Context, __: click.Parameter, text: str | None) -> Any:
    """Return the numbers of a vector; a single number is a bearing."""
    if text is None:
        return ()
    return tuple(parse_number("--toward", part) for part in text.split(","))
