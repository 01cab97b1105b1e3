"""Messages for Python users, which name keywords in place of the options of the command."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Mapping
from functools import partial, wraps
from typing import ParamSpec, TypeVar

from gradcli.errors import GradcliError

P = ParamSpec("P")
R = TypeVar("R")

# Patterns are compiled when a message needs them: most runs have none.
# An option in a message, with the item, axis or value that follows it.
_OPTION = (
    r"(?<![\w-])(?:--(?P<word>[a-z]+(?:-[a-z]+)*)|-(?P<letter>[oO]))(?![\w-])"
    r"(?: (?P<key>[^\s=:,;()]+)=(?P<item>:?[^\s:,;()]+(?::\w+)?)"
    r"| (?!cylindrical|spherical)(?P<axis>[^\s=:,;(){}'\"]+)(?=:)"
    r"| (?P<value>'[^']*'|[^\s{]*\{[^\s:,;()]*|[A-Z]+(?:,[A-Z]+)*\b|-?\d[\w.]*|[\w-]+(?:,[\w-]+)+"
    r"|(?:cylindrical|spherical)(?::[^\s():]*\w)?\b"
    r"|x\.\w+|[^\s()]+(?=\))|(?:sphere|wgs84|none|adapt|pole|first|mean|hdf5|direction|directional"
    r"|matrix|crosstab)\b))?"
)
_NUMBER = r"-?(?:\d+(?:\.\d+)?(?:e[+-]?\d+)?|inf|nan)"
_LETTERS = {"o": "dst", "O": "overwrite"}
_BY_AXIS = ("isel", "sel", "per", "periodic", "spacing", "coords", "chunks", "shards", "grid")
# Parts of a message that may be dropped: text in parentheses, or a clause after a semicolon.
_HINTS = r" \([^()]*\)", r"; [^;]*"


def as_keywords(text: str, parameters: Mapping[str, object]) -> str:
    """Replace the options of the command in a message by keywords of a function.

    Parameters
    ----------
    text : str
        A message.
    parameters : mapping of str to object
        The keywords of the function, and their defaults.

    Returns
    -------
    str
        The message, without hints at options for which the function has no keyword.

    Examples
    --------
    >>> known = {"edge_order": None, "sel": None, "metric": None, "sort": False}
    >>> as_keywords("--smooth excludes --edge-order", known)
    '--smooth excludes edge_order='
    >>> as_keywords("--sel t: no point; use --isel", known)
    "sel['t']: no point"
    >>> as_keywords("give --metric sphere, or --sort", known)
    "give metric='sphere', or sort=True"
    >>> as_keywords("(--metric spherical:r=R,phi=P)", known)
    "(metric='spherical:r=R,phi=P')"
    """
    for hint in _HINTS:
        text = re.sub(hint, partial(_kept, parameters), text)
    return re.sub(_OPTION, partial(_spelled, parameters), text)


def keywords_of(function: Callable[..., object]) -> dict[str, object]:
    """Return the keywords of a function and their defaults.

    Parameters
    ----------
    function : callable
        Any function.

    Returns
    -------
    dict of str to object
        The default of each keyword, or ``inspect.Parameter.empty`` if it has none.

    Examples
    --------
    >>> keywords_of(as_keywords)["text"] is inspect.Parameter.empty
    True
    """
    parameters = inspect.signature(function).parameters
    return {name: parameter.default for name, parameter in parameters.items()}


def _keyword(option: re.Match[str]) -> str:
    if option["letter"]:
        return _LETTERS[option["letter"]]
    return option["word"].removeprefix("no-").replace("-", "_")


def _kept(parameters: Mapping[str, object], part: re.Match[str]) -> str:
    """Return a part of a message, or an empty text if one of its options is no keyword."""
    options = map(_keyword, re.finditer(_OPTION, part[0]))
    return part[0] if all(keyword in parameters for keyword in options) else ""


def _spelled(parameters: Mapping[str, object], option: re.Match[str]) -> str:
    """Return an option as a keyword, with the item, axis or value that follows it."""
    keyword = _keyword(option)
    if keyword not in parameters:
        return option[0]
    rest = option[0].partition(" ")[2]
    if isinstance(parameters[keyword], bool):  # a flag: words after it belong to the sentence
        said = not (option["word"] or "").startswith("no-")
        return f"{keyword}={said}" + (f" {rest}" if rest else "")
    if option["key"]:
        key = "AXIS" if option["key"] == "AXIS" else repr(option["key"])
        item = option["item"]
        plain = re.fullmatch(_NUMBER, item) or (
            item.isalpha() and item.isupper()
        )  # or a placeholder
        return f"{keyword}={{{key}: {item if plain else repr(item)}}}"
    if option["axis"] and keyword in _BY_AXIS:
        return f"{keyword}[{option['axis']!r}]"
    value = option["value"] or option["axis"]
    if value is None:
        behind = option.string[option.end() : option.end() + 1]
        return keyword if behind == ":" else f"{keyword}="
    is_name = keyword in ("axis", "var", "dims", "components")
    literal = value.startswith("'") or (re.fullmatch(_NUMBER, value) and not is_name)
    return f"{keyword}={value if literal else repr(value)}"


def says_keywords(function: Callable[P, R]) -> Callable[P, R]:
    """Make the errors of a function name its keywords instead of options of the command.

    The command gets the original function through ``inspect.unwrap``.

    Parameters
    ----------
    function : callable
        A function whose errors name options.

    Returns
    -------
    callable
        The decorated function, with the same signature.

    Examples
    --------
    >>> from gradcli.errors import UsageError
    >>> @says_keywords
    ... def measure(metric=None):
    ...     raise UsageError("give --metric sphere")
    >>> measure()
    Traceback (most recent call last):
    gradcli.errors.UsageError: give metric='sphere'
    """

    @wraps(function)
    def _face(*args: P.args, **given: P.kwargs) -> R:
        try:
            return function(*args, **given)
        except GradcliError as error:
            error.args = (as_keywords(str(error), keywords_of(function)),)
            raise

    return _face
