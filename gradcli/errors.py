"""The one family of errors, each a line for the user: what was found, where, what to do."""

from __future__ import annotations


class GradcliError(Exception):
    """An input or output failed: refused data, an unreadable file, an output that exists."""

    exit_code = 1


class InputError(GradcliError):
    """A file cannot be read, or holds what must not be differentiated."""


class OutputError(GradcliError):
    """A result cannot be written where it was asked for."""


class UsageError(GradcliError):
    """What was asked for does not exist or does not fit: an option, an axis, a variable."""

    exit_code = 2


class OptionError(UsageError):
    """Options are wrong whatever the input."""


class NoMetricError(UsageError):
    """A metric was asked for, and a field has not the axes for it."""


class MemoryShortError(UsageError):
    """A memory limit is too small for the smallest block; ``needed`` bytes would do."""

    def __init__(self, text: str, needed: int = 0) -> None:
        super().__init__(text)
        self.needed = needed


class BatchError(GradcliError):
    """Some inputs of a batch failed; the others are done."""

    exit_code = 3


def printable(text: str) -> str:
    """Return text with control characters escaped, so that a file's names cannot drive a terminal.

    >>> printable("two" + chr(10) + "lines") == "two" + chr(92) + "nlines"
    True
    """
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def one_line(text: str) -> str:
    """Return a message without its line breaks; blanks in names stay.

    >>> one_line("two" + chr(10) + "  lines of a  library")
    'two lines of a  library'
    """
    return " ".join(part.strip() for part in text.splitlines() if part.strip())


def located(place: object, error: GradcliError) -> GradcliError:
    """Return the same error with the file it concerns in front.

    >>> str(located("a.npy", InputError("too short")))
    'a.npy: too short'
    """
    text = str(error)
    prefix = f"{place}: "
    return error if text.startswith(prefix) else type(error)(prefix + text)


def suggest(kind: str, wrong: str, known: list[str]) -> UsageError:
    """Return the error for an unknown name: it lists what there is and suggests the nearest.

    >>> str(suggest("axis", "lno", ["lat", "lon"]))
    "no axis 'lno'; did you mean 'lon'? There are: lat, lon"
    >>> str(suggest("axis", "depth", ["lat", "lon"]))
    "no axis 'depth'; there are: lat, lon"
    """
    from difflib import get_close_matches

    near = get_close_matches(wrong, known, 1, 0.4) or [
        k for k in known if k.lower() == wrong.lower()
    ]
    hint = f"did you mean {near[0]!r}? There" if near else "there"
    listed = ", ".join(known[:20]) + (f" and {len(known) - 20} more" if len(known) > 20 else "")
    return UsageError(f"no {kind} {wrong!r}; {hint} are: {listed or 'none'}")
