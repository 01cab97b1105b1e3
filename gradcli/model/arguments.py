"""Check the arguments of a Python call against the annotated types of the function."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from functools import cache
from inspect import Signature, signature
from numbers import Integral, Real
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

import numpy as np

from gradcli.errors import KindError

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


def refuse_other_kinds(
    function: Callable[..., Any], args: tuple[Any, ...], given: Mapping[str, Any]
) -> None:
    """Raise KindError for an argument that has none of its annotated types.

    >>> def repeat(text: str, times: int | None = None) -> str: ...
    >>> refuse_other_kinds(repeat, ("a",), {"times": 2})
    >>> refuse_other_kinds(repeat, ("a",), {"times": "2"})
    Traceback (most recent call last):
    gradcli.errors.KindError: times='2' is of type str; expected a whole number or None
    """
    hints, parameters = _declared(function)
    try:
        bound = parameters.bind(*args, **given).arguments
    except TypeError:  # an unknown keyword: the call itself raises the better error
        return
    for name, value in bound.items():
        if not _fits(value, hints[name]):
            which, wrong, hint = _blamed(name, value, hints[name])
            raise KindError(
                f"{which}={wrong!r:.60} is of type {type(wrong).__name__}; expected {_words(hint)}"
            )


@cache
def _declared(function: Callable[..., Any]) -> tuple[dict[str, Any], Signature]:
    """Return the types of a function's parameters, and its signature."""
    return get_type_hints(function), signature(function)


def _fits(value: object, hint: Any) -> bool:
    """Return whether a value fits a type. Any iterable passes for a sequence."""
    kind, inner = get_origin(hint) or hint, get_args(hint)
    if kind in (Union, UnionType):
        return any(_fits(value, one) for one in inner)
    if kind is Literal:  # unknown words are refused later, by the code that interprets them
        return isinstance(value, tuple({type(one) for one in inner}))
    if kind is bool:
        return type(value).__name__ in ("bool", "bool_") or (
            isinstance(value, Integral) and int(value) in (0, 1)
        )
    if kind in (int, float):
        return isinstance(value, Integral if kind is int else Real) and not isinstance(value, bool)
    if kind is Sequence:
        if not isinstance(value, Iterable) or isinstance(value, Mapping):
            return False
        return _all_fit(value, inner[0])
    if not isinstance(value, kind):
        return False
    if isinstance(value, tuple):
        return len(value) == len(inner) and all(map(_fits, value, inner))
    if isinstance(value, Mapping):
        return _all_fit(value, inner[0]) and _all_fit(value.values(), inner[1])
    return True


def _blamed(name: str, value: object, hint: Any) -> tuple[str, object, Any]:
    """Return what is wrong, how to call it, and its type: a value, or one item of a mapping."""
    for kind in (hint, *get_args(hint)):
        if isinstance(value, Mapping) and get_origin(kind) is Mapping:
            of_key, of_item = get_args(kind)
            for key, item in value.items():
                if _fits(key, of_key) and not _fits(item, of_item):
                    return f"{name}[{key!r}]", item, of_item
    return name, value, hint


def _all_fit(values: Iterable[object], hint: Any) -> bool:
    """Return whether all items fit a type. An iterator passes, as a check would use it up."""
    return isinstance(values, Iterator) or all(_fits(value, hint) for value in values)


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
