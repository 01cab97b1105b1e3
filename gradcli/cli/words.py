"""Words among the inputs that are no files: axes or variables of another input."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from gradcli.errors import GradcliError, UsageError
from gradcli.formats.registry import BY_NAME, format_of, is_input
from gradcli.system.paths import STDIN, is_address

if TYPE_CHECKING:
    from gradcli.model.protocols import Source

ROLES = frozenset("xyzt")


def refuse_words(inputs: Sequence[str], given: Mapping[str, Any]) -> None:
    """Raise UsageError for inputs that do not exist, and are names in one that does.

    Parameters
    ----------
    inputs : sequence of str
    given : mapping
        The options, by name; ``format`` and ``engine`` say how the input is opened.
    """
    words = [word for word in inputs if is_word(word)]
    files = [name for name in inputs if os.path.isfile(name) or is_input(name)]
    if not words or not files:
        return
    axes, variables = _names(files[0], given)
    axes |= ROLES - variables
    if not {*words} <= axes | variables | {word for word in words if _is_index(word)}:
        return  # that a file is missing is said when it is opened
    fields = [word for word in words if word in variables - axes]
    others = [word for word in words if word not in fields]
    ways = " ".join(_option("--var", fields) + _option("--axis", others))
    if fields == words and format_of(files[0], given.get("format")) is BY_NAME["csv"]:
        ways = " or ".join(_option("--axis", words) + _option("--var", words))  # columns are both
    way = f"write {ways}" if "axis" in given else "leave it out, all are described"
    said = "is no file, but" if len(words) == 1 else "are no files, but"
    raise UsageError(f"{', '.join(words)}: {said} {_what(fields, others)} {files[0]}; {way}")


def is_word(text: str) -> bool:
    """Return whether a text does not look like a file, and is none.

    >>> is_word("lon"), is_word("gone.nc"), is_word("a/b"), is_word("-")
    (True, False, False, False)
    """
    plain = os.sep not in text and "*" not in text and text != STDIN
    return plain and not (os.path.exists(text) or is_input(text) or is_address(text))


def _names(path: str, given: Mapping[str, Any]) -> tuple[set[str], set[str]]:
    """Return the names of the axes and of the variables of a file, none if it cannot be read."""
    from gradcli.formats.opening import open_source
    from gradcli.model.protocols import Hints

    with suppress(GradcliError):
        hints = Hints(format=given.get("format"), engine=given.get("engine"))
        with open_source(path, hints) as source:
            return _axes_of(source), set(source.fields)
    return set(), set()


def _axes_of(source: Source) -> set[str]:
    named = {axis.name for field in source.fields.values() for axis in field.axes if axis.name}
    return named | {*source.aliases}


def _is_index(word: str) -> bool:
    return word.removeprefix("-").isdecimal()


def _option(name: str, words: Iterable[str]) -> list[str]:
    listed = ",".join(words)
    return [f"{name} {listed}"] if listed else []


def _what(fields: Sequence[str], others: Sequence[str]) -> str:
    """Say what words are.

    >>> _what(["T"], []), _what([], ["x", "y"]), _what(["T"], ["x"])
    ('a variable of', 'axes of', 'names in')
    """
    if fields and others:
        return "names in"
    if fields:
        return "a variable of" if len(fields) == 1 else "variables of"
    return "an axis of" if len(others) == 1 else "axes of"
