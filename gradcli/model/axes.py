"""Which axis a name means, and what options say of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from gradcli.errors import UsageError, suggest
from gradcli.model.fields import Axis, Field, axis_label


def find_axis(axes: tuple[Axis, ...], wanted: str) -> int:
    """Return the index of the axis that a name, an index, a CF role or a standard name means.

    Raises
    ------
    UsageError
        No axis, or more than one, answers to the name.

    Examples
    --------
    >>> lon = Axis("lon", 4, role="x", standard_name="longitude")
    >>> find_axis((Axis("lat", 3), lon), "x")
    1
    """
    by_name = [
        [i for i, axis in enumerate(axes) if axis.name == wanted],
        [i for i, axis in enumerate(axes) if _last(axis.coordinate) == wanted],
        _indices(axes, wanted),
        [i for i, axis in enumerate(axes) if axis.role == wanted.lower()],
        [i for i, axis in enumerate(axes) if axis.standard_name == wanted],
    ]
    for found in by_name:
        if len(found) == 1:
            return found[0]
        if found:
            named = ", ".join(f"{axis_label(axes, i)} (index {i})" for i in found)
            raise UsageError(f"axis {wanted!r} may mean {named}; give the index")
    raise unknown_axis(axes, wanted)


def rejoined(names: tuple[str, ...], known: Iterable[str | None]) -> tuple[str, ...]:
    """Return names, or the one that they are parts of where a known one has a comma.

    >>> rejoined(("a", "b"), ["t", "a,b"]), rejoined(("a", "b"), ["a", "b"])
    (('a,b',), ('a', 'b'))
    """
    whole = ",".join(names)
    return (whole,) if len(names) > 1 and whole in known else names


def _last(path: str | None) -> str | None:
    return None if path is None else path.rpartition("/")[2]


def _indices(axes: tuple[Axis, ...], wanted: str) -> list[int]:
    if not wanted.lstrip("-").isdigit():
        return []
    index = int(wanted)
    if not -len(axes) <= index < len(axes):
        raise UsageError(f"axis {wanted} of a field with {len(axes)} axes; count from 0 or from -1")
    return [index % len(axes)]


def unknown_axis(axes: tuple[Axis, ...], wanted: str) -> UsageError:
    """Return the error for a name that no axis answers to."""
    if any(axis.name is not None for axis in axes):
        return suggest("axis", wanted, [axis_label(axes, i) for i in range(len(axes))])
    names = ",".join("zyx"[-len(axes) :]) if len(axes) <= 3 else ",".join("abcdefgh"[: len(axes)])
    return UsageError(
        f"no axis {wanted!r}: the axes of this array have no names; "
        f"give an index (--axis {len(axes) - 1}) or name them, slowest first (--dims {names})"
    )


def index_of(field: Field, name: str) -> int | None:
    """Return the index of the axis that a name means, or None where none or several answer."""
    try:
        return find_axis(field.axes, name)
    except UsageError:
        return None


def option_for(field: Field, index: int, options: Mapping[Any, Any]) -> Any:
    """Return what an option says of an axis, by any of its names, or None."""
    names = [name for name in options if name is not None and index_of(field, name) == index]
    if len(names) > 1:
        raise UsageError(f"{' and '.join(names)} are the same axis of {field.name}; name it once")
    return (options[names[0]],) if names else None
