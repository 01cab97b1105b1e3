"""Check the arguments of a Python call against the annotated types of the function."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, MutableMapping, Sequence
from datetime import date
from functools import cache
from inspect import Signature, signature
from itertools import islice
from numbers import Integral, Real
from operator import index
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

import numpy as np

from gradcli.errors import KindError, UsageError, one_line, printable

MOST = 2**16  # items of a sequence; an endless iterator ends here

WORDS = {
    NoneType: "None",
    bool: "True or False",
    int: "a whole number",
    float: "a number",
    str: "text",
    os.PathLike: "a path",
    slice: "a slice",
    date: "a date",
    np.datetime64: "a date",
}


class MisfitError(Exception):
    """A value has none of the annotated types."""


def plain_arguments(
    function: Callable[..., Any], args: tuple[Any, ...], given: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the arguments of a call by name, as plain values of their annotated types.

    Numbers of numpy and others become int and float, sequences become tuples, and paths text, so
    that no object of a foreign type gets further than this.

    Raises
    ------
    KindError
        An argument has none of its annotated types.
    UsageError
        A number is too large for float64, or a path holds a null character.

    Examples
    --------
    >>> def repeat(text: str, times: int | None = None) -> str: ...
    >>> plain_arguments(repeat, ("a",), {"times": 2})
    {'text': 'a', 'times': 2}
    >>> plain_arguments(repeat, ("a",), {"times": "2"})
    Traceback (most recent call last):
    gradcli.errors.KindError: times='2' is of type str; expected a whole number or None
    """
    hints, parameters = _declared(function)
    try:
        bound = parameters.bind(*args, **given).arguments
    except TypeError:  # an unknown keyword: the call itself raises the better error
        function(*args, **given)
        raise
    plain = {}
    for name, value in bound.items():
        try:
            plain[name] = _plain(value, hints[name])
        except UsageError as error:
            raise error.reworded(f"{name}={_shown(value)}: {error}") from None
        except MisfitError:
            which, wrong, hint = _blamed(name, value, hints[name])
            raise KindError(
                f"{which}={_shown(wrong)} is of type {type(wrong).__name__}; "
                f"expected {_words(hint)}"
            ) from None
    return plain


def _shown(value: object) -> str:
    """Return a value as one short line, whatever its own representation does."""
    try:
        return printable(one_line(repr(value)))[:60]
    except Exception:
        return "..."


@cache
def _declared(function: Callable[..., Any]) -> tuple[dict[str, Any], Signature]:
    """Return the types of a function's parameters, and its signature."""
    return get_type_hints(function), signature(function)


def _plain(value: Any, hint: Any) -> Any:
    """Return a value as a plain one of a type."""
    kind, inner = get_origin(hint) or hint, get_args(hint)
    if kind in (Union, UnionType):
        return _first_that_fits(value, inner)
    if kind is Literal:  # unknown words are refused later, by the code that interprets them
        if isinstance(value, tuple({type(one) for one in inner})):
            return value
    elif kind is bool:
        if isinstance(value, bool) or type(value).__name__ in ("bool", "bool_"):
            return bool(value)
        if _whole(value) in (0, 1):
            return bool(_whole(value))
    elif kind is int:
        if _whole(value) is not None:
            return _whole(value)
    elif kind is float:
        return _double(value)
    elif kind is str:
        if isinstance(value, str):
            return str(value)
    elif kind is os.PathLike:
        return _path(value)
    elif kind is Sequence:
        # Any other iterable passes. Text has no items, bytes are no numbers, sets have no order.
        if not isinstance(value, (Mapping, str, bytes, bytearray, memoryview, set, frozenset)):
            return tuple(_plain(one, inner[0]) for one in _items(value))
    elif kind is tuple:
        if isinstance(value, tuple) and len(value) == len(inner):
            return tuple(map(_plain, value, inner))
    elif kind is Mapping:
        if isinstance(value, Mapping):
            return {_plain(key, inner[0]): _plain(value[key], inner[1]) for key in _items(value)}
    elif kind is MutableMapping:  # to be written to, so it stays what it is
        if isinstance(value, MutableMapping):
            for key in _items(value):
                _plain(key, inner[0]), _plain(value[key], inner[1])
            return value
    elif isinstance(value, kind):
        return value
    raise MisfitError


def _blamed(name: str, value: Any, hint: Any) -> tuple[str, object, Any]:
    """Return what is wrong, how to call it, and its type: a value, or one item of a mapping."""
    for kind in (hint, *get_args(hint)):
        if isinstance(value, Mapping) and get_origin(kind) is Mapping:
            of_key, of_item = get_args(kind)
            for key in value:
                if _fits(key, of_key) and not _fits(value[key], of_item):
                    return f"{name}[{_shown(key)}]", value[key], of_item
    return name, value, hint


def _fits(value: object, hint: Any) -> bool:
    try:
        _plain(value, hint)
    except MisfitError:
        return False
    return True


def _first_that_fits(value: Any, hints: tuple[Any, ...]) -> Any:
    if (
        isinstance(value, str)
        and "\0" in value
        and any(get_origin(hint) is os.PathLike for hint in hints)
    ):
        raise UsageError("a path holds no null character")
    for hint in hints:
        try:
            return _plain(value, hint)
        except MisfitError:
            continue
    raise MisfitError


def _whole(value: Any) -> int | None:
    """Return a whole number as an int, and None for anything else, with True and False."""
    if isinstance(value, bool) or not isinstance(value, Integral):
        return None
    try:
        return index(value)
    except TypeError:  # timedelta64 says that it is one
        return None


def _double(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, Real):
        raise MisfitError
    try:
        return float(value)
    except OverflowError:
        raise UsageError("too large for a number of double precision") from None
    except TypeError:
        raise MisfitError from None


def _path(value: Any) -> str:
    try:
        path = os.fspath(value)
    except Exception:
        raise MisfitError from None
    if not isinstance(path, str):
        raise MisfitError
    return str(_first_that_fits(path, (str, os.PathLike[str])))


def _items(value: Any) -> tuple[Any, ...]:
    """Return the items of an iterable. Whatever it raises, it is none."""
    try:
        found = tuple(islice(value, MOST + 1))
    except Exception:
        raise MisfitError from None
    if len(found) > MOST:
        raise UsageError(f"more than {MOST} items")
    return found


def _words(hint: Any) -> str:
    """Describe a type in words.

    >>> _words(float | Mapping[str, float] | None), _words(Sequence[str])
    ('a number, a mapping of text to a number or None', 'a sequence of text')
    """
    kind, inner = get_origin(hint) or hint, get_args(hint)
    if kind in (Union, UnionType):
        *most, last = dict.fromkeys(map(_words, inner))
        return f"{', '.join(most)} or {last}" if most else last
    if kind is Literal:
        return ", ".join(map(repr, inner))
    if kind in WORDS:
        return WORDS[kind]
    if kind is Sequence:
        word = _words(inner[0])
        return f"a sequence of {word[2:] + 's' if word.startswith('a ') else word}"
    if kind is tuple:
        return f"a tuple of {len(inner)}"
    if inner and issubclass(kind, Mapping):
        return f"a mapping of {_words(inner[0])} to {_words(inner[1])}"
    return "a function"
