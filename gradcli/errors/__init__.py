"""The one family of errors, each a line for the user: what was found, where, what to do.

Every error is also of the kind that numpy or ``open`` would raise: wrong values are ValueErrors,
and, where they are of a wrong type or no index, TypeErrors or IndexErrors too; files that cannot
be opened are OSErrors.
"""

from __future__ import annotations

from typing import Self


class GradcliError(Exception):
    """An input or output failed: refused data, an unreadable file, an output that exists.

    Attributes
    ----------
    exit_code : int
        What the command ends with: 1, for wrong usage 2, where a part of a batch failed 3.

    See Also
    --------
    InputError : A file, or the data in it.
    OutputError : A result that cannot be written.
    UsageError : What was asked for.

    Examples
    --------
    >>> import gradcli
    >>> try:
    ...     gradcli.differentiate("missing.csv")
    ... except GradcliError as error:
    ...     print(error)
    missing.csv: cannot be read: No such file or directory
    """

    exit_code = 1
    whatever_the_input = False  # whether the next input would be refused like this one

    def reworded(self, text: str) -> Self:
        """Return the same error with another text.

        Parameters
        ----------
        text : str
            The new line for the user.

        Returns
        -------
        GradcliError
            An error of the same type, with the same attributes.

        Examples
        --------
        >>> UsageError("no axis 'q'").reworded("a.nc: no axis 'q'")
        UsageError("a.nc: no axis 'q'")
        """
        made = type(self)(text)
        made.__dict__.update(self.__dict__)
        return made


class InputError(GradcliError, ValueError):
    """A file cannot be read, or holds what must not be differentiated.

    Examples
    --------
    >>> import gradcli
    >>> gradcli.gradient([1.0, 4.0, 9.0], [0.0, 1.0, 1.0])
    Traceback (most recent call last):
    gradcli.errors.InputError: axis 0: the coordinate 1.0 at index 2 repeats the one before; \
coordinates must differ
    """


class _Refusal:
    """What the system says of a file that it refuses, kept where copies and pickles keep it."""

    errno: int | None = None
    strerror: str | None = None
    filename: str | None = None

    def because(self, error: OSError) -> Self:
        """Return this error, with what an error of the system says of itself.

        Parameters
        ----------
        error : OSError
            The error of the system.

        Returns
        -------
        GradcliError
            This error, with ``errno``, ``strerror`` and ``filename``.

        Examples
        --------
        >>> error = UnreadableError("f.npy: cannot be read")
        >>> error.because(PermissionError(13, "Permission denied")).errno
        13
        """
        self.errno, self.strerror, self.filename = error.errno, error.strerror, error.filename
        return self


class UnreadableError(_Refusal, InputError, OSError):
    """A file cannot be read because the system refuses it.

    Attributes
    ----------
    errno : int or None
        The number of the system's error, as ``errno.EACCES``.

    Examples
    --------
    >>> issubclass(UnreadableError, OSError)
    True
    """


class MissingFileError(UnreadableError, FileNotFoundError):
    """A file that is to be read does not exist.

    Attributes
    ----------
    errno : int or None
        ``errno.ENOENT``.

    Examples
    --------
    >>> import gradcli
    >>> try:
    ...     gradcli.differentiate("missing.csv")
    ... except FileNotFoundError as error:
    ...     print(type(error).__name__)
    MissingFileError
    """


class OutputError(GradcliError):
    """A result cannot be written where it was asked for.

    Examples
    --------
    >>> OutputError("f_d0.npy: exists already").exit_code
    1
    """


class UnwritableError(_Refusal, OutputError, OSError):
    """A result cannot be written because the system refuses it.

    Attributes
    ----------
    errno : int or None
        The number of the system's error, as ``errno.ENOSPC`` of a full disk.

    Examples
    --------
    >>> issubclass(UnwritableError, OSError)
    True
    """


class UsageError(GradcliError, ValueError):
    """What was asked for does not exist or does not fit: an option, an axis, a variable.

    See Also
    --------
    AxisNumberError : An axis that is not there.
    KindError : A value of the wrong type.

    Examples
    --------
    >>> import gradcli
    >>> gradcli.gradient([1.0, 4.0, 9.0], order=7)
    Traceback (most recent call last):
    gradcli.errors.UsageError: order 7; there are derivatives of order 1 to 6
    """

    exit_code = 2


class AxisNumberError(UsageError, IndexError):
    """An axis is asked for by a number that an array does not have.

    See Also
    --------
    numpy.exceptions.AxisError : What numpy raises there; it is the same two kinds.

    Examples
    --------
    >>> import gradcli
    >>> gradcli.gradient([1.0, 4.0, 9.0], axis=2)
    Traceback (most recent call last):
    gradcli.errors.AxisNumberError: axis 2 of an array with 1 axes
    """


class KindError(UsageError, TypeError):
    """A value is of a type that cannot be used, or there are too many of them.

    Examples
    --------
    >>> import gradcli
    >>> gradcli.gradient([1.0, 4.0, 9.0], axis=0.5)
    Traceback (most recent call last):
    gradcli.errors.KindError: axis 0.5 is no whole number
    """


class NoMetricError(UsageError):
    """A metric was asked for, and a field has not the axes for it.

    Examples
    --------
    >>> NoMetricError("sst: metric='sphere' needs longitude and latitude").exit_code
    2
    """


class MemoryShortError(UsageError):
    """A memory limit is too small for the smallest block.

    Parameters
    ----------
    text : str
        The line for the user.
    needed : int
        Bytes that would do.

    Examples
    --------
    >>> MemoryShortError("--memory 1MiB is too little", needed=2**21).needed
    2097152
    """

    def __init__(self, text: str = "", needed: int = 0) -> None:
        super().__init__(text)
        self.needed = needed


class BatchError(GradcliError):
    """Some inputs of a batch failed; the others are done.

    Examples
    --------
    >>> BatchError("2 of 9 inputs failed, the others are done").exit_code
    3
    """

    exit_code = 3


def printable(text: str) -> str:
    """Return text with control characters escaped, so that a file's names cannot drive a terminal.

    Parameters
    ----------
    text : str
        Text of any origin.

    Returns
    -------
    str
        The text without characters that are not printed.

    Examples
    --------
    >>> printable("two" + chr(10) + "lines") == "two" + chr(92) + "nlines"
    True
    """
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def one_line(text: str) -> str:
    """Return a message without its line breaks; blanks in names stay.

    Parameters
    ----------
    text : str
        A message, as of a library.

    Returns
    -------
    str
        The message on one line.

    Examples
    --------
    >>> one_line("two" + chr(10) + "  lines of a  library")
    'two lines of a  library'
    """
    return " ".join(part.strip() for part in text.splitlines() if part.strip())


def located(place: object, error: GradcliError) -> GradcliError:
    """Return the same error with the file it concerns in front.

    Parameters
    ----------
    place : object
        A path, or a part of a file such as an axis.
    error : GradcliError
        What went wrong there.

    Returns
    -------
    GradcliError
        An error of the same type. The error itself, where it names the place already.

    Examples
    --------
    >>> str(located("a.npy", InputError("too short")))
    'a.npy: too short'
    """
    text = str(error)
    prefix = f"{place}: "
    return error if text.startswith(prefix) else error.reworded(prefix + text)


def suggest(kind: str, wrong: str, known: list[str]) -> UsageError:
    """Return the error for an unknown name: it lists what there is and suggests the nearest.

    Parameters
    ----------
    kind : str
        What the name is of: an axis, a variable.
    wrong : str
        The unknown name.
    known : list of str
        The names that there are.

    Returns
    -------
    UsageError
        The error, to be raised.

    Examples
    --------
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
