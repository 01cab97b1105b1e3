"""Arguments checked against the types that a function says it takes."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from fractions import Fraction
from itertools import repeat
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pytest

from gradcli.errors import KindError, UsageError
from gradcli.model.arguments import plain_arguments


def taking(  # one parameter for each type that gradcli's functions say
    path: str | os.PathLike[str] = "",
    whole: int = 0,
    real: float = 0,
    flag: bool = False,
    names: str | Sequence[str] | None = None,
    numbers: float | Sequence[float] = (),
    steps: float | Mapping[str | None, float] | None = None,
    part: Mapping[str, int | tuple[int | None, int | None]] | None = None,
    place: Mapping[str, date | np.datetime64 | slice] | None = None,
    word: Literal["a", "b"] | None = None,
    call: Callable[[int], None] | None = None,
) -> None: ...


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"path": "a", "whole": 1, "real": 1, "flag": True},
        {"path": Path("a"), "whole": np.int16(1), "real": np.float32(1), "flag": np.bool_(True)},
        {"real": np.int64(1), "flag": 1, "names": "a,b", "numbers": 1.5},
        {"names": ["a", "b"], "numbers": (1, 2.5), "steps": 1},
        {"names": {"a": 1}.keys(), "numbers": np.arange(3.0), "steps": {None: 1, "x": 2.0}},
        {"names": iter(["a"]), "part": {"x": 1, "y": (None, 3)}},
        {"place": {"x": date(2000, 1, 1), "y": np.datetime64("2000"), "z": slice(3)}},
        {"word": "a", "call": print},
        {"word": "neither of both"},  # told by who knows what words mean
        {"part": {}, "names": []},
    ],
)
def test_what_fits(given: dict[str, Any]) -> None:
    plain_arguments(taking, (), given)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"path": 3}, "path=3 is of type int; expected text or a path"),
        ({"path": b"a"}, "is of type bytes; expected text or a path"),
        ({"whole": 1.0}, "whole=1.0 is of type float; expected a whole number"),
        ({"whole": True}, "whole=True is of type bool; expected a whole number"),
        ({"whole": None}, "whole=None is of type NoneType; expected a whole number"),
        ({"real": "1"}, "real='1' is of type str; expected a number"),
        ({"real": 1j}, "expected a number"),
        ({"flag": "yes"}, "expected True or False"),
        ({"flag": 2}, "expected True or False"),
        ({"names": 3}, "expected text, a sequence of text or None"),
        ({"names": [3]}, "expected text, a sequence of text or None"),
        ({"names": {"a": 1}}, "expected text, a sequence of text or None"),
        ({"numbers": "12"}, "expected a number or a sequence of numbers"),
        ({"steps": {"x": "1"}}, "steps['x']='1' is of type str; expected a number"),
        ({"steps": {1: 1.0}}, "a number, a mapping of text or None to a number or None"),
        ({"part": {"x": (1,)}}, "part['x']=(1,) is of type tuple; expected a whole number or"),
        ({"part": {"y": 1, "x": (1, "2")}}, "part['x']=(1, '2') is of type tuple"),
        ({"place": {"x": 3}}, "place['x']=3 is of type int; expected a date or a slice"),
        ({"word": 3}, "expected 'a', 'b' or None"),
        ({"call": "print"}, "expected a function or None"),
    ],
)
def test_what_does_not_fit_is_told(given: dict[str, Any], words: str) -> None:
    with pytest.raises(KindError) as refused:
        plain_arguments(taking, (), given)
    assert words in str(refused.value)


def test_long_values_are_cut() -> None:
    with pytest.raises(KindError, match=r"^whole='a{59} is of type str"):
        plain_arguments(taking, ("f",), {"whole": "a" * 1000})


def test_an_unknown_keyword_is_left_to_the_call() -> None:
    with pytest.raises(TypeError, match=r"taking\(\) got an unexpected keyword argument 'wrong'"):
        plain_arguments(taking, (), {"wrong": 1})


def test_values_become_plain_ones() -> None:
    given = {
        "path": Path("a"),
        "whole": np.int8(3),
        "real": np.float32(0.5),
        "flag": np.bool_(True),
        "names": iter(["a", np.str_("b")]),
        "numbers": np.arange(2),
        "steps": {None: Fraction(1, 2)},
        "part": {"x": (np.int64(1), None)},
    }
    plain = plain_arguments(taking, (), given)
    assert repr(plain) == (
        "{'path': 'a', 'whole': 3, 'real': 0.5, 'flag': True, 'names': ('a', 'b'), "
        "'numbers': (0.0, 1.0), 'steps': {None: 0.5}, 'part': {'x': (1, None)}}"
    )


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"real": 10**400}, "real=1000.*: too large for a number of double precision"),
        ({"numbers": (1, 10**400)}, "numbers=.*: too large for a number of double precision"),
        ({"path": "a\0b"}, "path='a.*b': a path holds no null character"),
        ({"names": repeat("a")}, "names=repeat.*: more than 65536 items"),
    ],
)
def test_values_out_of_range_are_told(given: dict[str, Any], words: str) -> None:
    with pytest.raises(UsageError, match=words):
        plain_arguments(taking, (), given)


def test_sets_bytes_and_text_are_no_sequences() -> None:
    for value in ({"a", "b"}, frozenset("a"), b"ab", bytearray(b"ab"), memoryview(b"ab"), "12"):
        with pytest.raises(KindError):
            plain_arguments(taking, (), {"numbers": value})
    assert plain_arguments(taking, (), {"names": "12"}) == {"names": "12"}
