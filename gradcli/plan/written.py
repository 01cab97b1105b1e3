"""Names, steps and vectors as Python users write them, for settings."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from math import isfinite
from typing import TypeVar, cast

from gradcli.cf.units import radius_in_metres
from gradcli.errors import UsageError, printable
from gradcli.model.metric import Metric, MetricName
from gradcli.model.protocols import Join
from gradcli.settings import DTYPES, Dtype

V = TypeVar("V")
Names = str | Sequence[str] | None
AxisName = str | int  # an int is the index of an axis


def names_of(given: AxisName | Sequence[AxisName] | None) -> tuple[str, ...]:
    """Return names from one text with commas, from a sequence, or from an index.

    >>> names_of("lat, lon"), names_of([0, "lon"]), names_of(-1), names_of(None)
    (('lat', 'lon'), ('0', 'lon'), ('-1',), ())
    """
    if given is None:
        return ()
    if isinstance(given, int):
        return (str(given),)
    parts = given.split(",") if isinstance(given, str) else given
    return tuple(part for part in (str(part).strip() for part in parts) if part)


def stamped(history: str | None) -> str | None:
    """Return a line for the attribute ``history``: the time, and what was done."""
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return None if history is None else f"{now} {printable(history)}"


Inputs = str | os.PathLike[str] | Sequence[str | os.PathLike[str]]


def inputs_of(
    given: Inputs, axis: AxisName | None, open_files: int | None
) -> tuple[str, Join | None]:
    """Return the input, and the files of which it consists if they are joined along an axis.

    >>> inputs_of(["a.nc", "b.nc"], "time", None)
    ('a.nc', Join(axis='time', paths=('a.nc', 'b.nc'), open_files=None))
    >>> inputs_of("a.nc", None, None)
    ('a.nc', None)
    """
    every = [given] if isinstance(given, (str, os.PathLike)) else list(given)
    paths = tuple(os.fspath(path) for path in every)
    if axis is not None:
        if not paths or str(axis) == "":
            raise UsageError("--join: needs an axis, and files to join along it")
        if open_files is not None and open_files < 1:
            raise UsageError(f"--open-files {open_files}; at least one is needed")
        return paths[0], Join(str(axis), paths, open_files)
    if not isinstance(given, (str, os.PathLike)):
        raise UsageError("several inputs: name the axis along which they are one field (--join)")
    if open_files is not None:
        raise UsageError("--open-files goes with --join AXIS")
    return paths[0], None


def marks_of(
    given: float | str | Sequence[float | str] | None,
) -> tuple[tuple[float, ...], tuple[str, ...]]:
    """Return the numbers and the words that mean missing, from text with commas or from several.

    >>> marks_of("-9999,OL"), marks_of(-1), marks_of(["-9", 7.5])
    (((-9999.0,), ('OL',)), ((-1.0,), ()), ((-9.0, 7.5), ()))
    """
    if given is None:
        return (), ()
    every = [given] if isinstance(given, (int, float, str)) else list(given)
    found: list[float] = []
    words: list[str] = []
    for mark in (part for each in every for part in str(each).split(",")):
        try:
            number = float(mark)
        except ValueError:
            words.append(mark.strip())
            continue
        if not isfinite(number):
            raise UsageError(f"--missing-value: {mark.strip()} is not a finite number")
        found.append(number)
    if "" in words or any(re.search(r"[;\t\n\r\"]", word) for word in words):
        raise UsageError(f"--missing-value {given!r:.40}: expected numbers, or words of a CSV file")
    return tuple(dict.fromkeys(found)), tuple(dict.fromkeys(words))


def metric_of(text: str | None, radius: float | str) -> Metric:
    """Return a metric from its text, which may name the axes of r, phi and others.

    >>> metric_of("cylindrical:r=R,phi=th", 6371229.0).named
    {'r': 'R', 'phi': 'th'}
    >>> metric_of("sphere", "6371km").radius
    6371000.0
    """
    name, colon, axes = (text or "").partition(":")
    pairs = [part.partition("=") for part in axes.split(",") if colon]
    for place, equals, axis in pairs:
        if not (place.strip() and equals and axis.strip()):
            raise UsageError(f"--metric {text!r}: write r=NAME,phi=NAME,… behind the colon")
    named = {place.strip(): axis.strip() for place, _, axis in pairs}
    if len(named) < len(pairs):
        raise UsageError(f"--metric {text!r}: a coordinate is named twice")
    kind = None if text is None else cast(MetricName, name)
    return Metric(kind, radius_in_metres(radius), named)


def dtype_of(name: str | None) -> Dtype | None:
    """Return the name of a type as settings have it; they refuse one that is unknown.

    >>> dtype_of("float32"), dtype_of("f8"), dtype_of(None)
    ('f4', 'f8', None)
    """
    return cast("Dtype | None", DTYPES.get(name or "", name))


def by_axis_name(given: Mapping[AxisName, V]) -> dict[str, V]:
    """Return a mapping whose axes are all named by text.

    >>> by_axis_name({0: "m"})
    {'0': 'm'}
    """
    return {str(axis): value for axis, value in given.items()}


def sizes_of(
    given: Mapping[AxisName, int] | Sequence[int] | None,
) -> tuple[int, ...] | Mapping[str, int]:
    """Return sizes of chunks, by axis or one for each.

    >>> sizes_of(None), sizes_of([2, 3]), sizes_of({0: 4})
    ((), (2, 3), {'0': 4})
    """
    return by_axis_name(given) if isinstance(given, Mapping) else tuple(given or ())


def vector_of(toward: float | Sequence[float]) -> tuple[float, ...]:
    """Return a vector; one number is a bearing.

    >>> vector_of(45.0), vector_of([1.0, 2.0])
    ((45.0,), (1.0, 2.0))
    """
    vector = (toward,) if isinstance(toward, (int, float)) else tuple(toward)
    if not all(map(isfinite, vector)):
        raise UsageError(f"--toward: {', '.join(map(str, vector))}; expected finite numbers")
    return vector


Spacing = float | Sequence[float] | Mapping[AxisName | None, float] | None


def steps_of(given: Spacing) -> tuple[float, ...]:
    """Return the steps of which there is one for each axis, if they are given so.

    >>> steps_of([25, 5]), steps_of([25]), steps_of(25)
    ((25.0, 5.0), (25.0,), ())
    """
    if not isinstance(given, Sequence):
        return ()
    if not given:
        raise UsageError("--spacing: an empty list gives no step; leave it out, or name one")
    return tuple(map(float, given))


def spacing_of(given: Spacing) -> dict[str | None, float]:
    """Return steps by axis; None stands for every axis.

    >>> spacing_of(2), spacing_of({0: 1.0, None: 3.0})
    ({None: 2.0}, {'0': 1.0, None: 3.0})
    """
    if given is None or isinstance(given, Sequence):
        return {}
    if not isinstance(given, Mapping):
        return {None: float(given)}
    return {None if axis is None else str(axis): step for axis, step in given.items()}


def periods_of(
    given: Mapping[AxisName, float | None] | AxisName | Sequence[AxisName] | None,
) -> dict[str, float | None]:
    """Return the periods of periodic axes, None where the steps tell it.

    >>> periods_of({"lon": 360.0}), periods_of("x,y")
    ({'lon': 360.0}, {'x': None, 'y': None})
    """
    return by_axis_name(given) if isinstance(given, Mapping) else dict.fromkeys(names_of(given))


@contextmanager
def each_input() -> Iterator[None]:
    """Mark usage errors that every other input would raise as well."""
    try:
        yield
    except UsageError as error:
        error.whatever_the_input = True
        raise
