"""All errors of gradcli. Each has a one-line text for the user: what was found, where, what to do.

Most also derive from the exception that numpy or ``open`` would raise: ValueError for a wrong
value, TypeError or IndexError as well for a wrong type or axis number, and OSError for a file that
the system refuses.
"""

from __future__ import annotations

import sys
from typing import Self


class GradcliError(Exception):
    """Base class of all errors that gradcli raises on purpose.

    Attributes
    ----------
    exit_code : int
        Exit code of the command: 1 by default, 2 for wrong usage, 3 if part of a batch failed.

    See Also
    --------
    InputError : A file cannot be read, or its data cannot be differentiated.
    OutputError : A result cannot be written.
    UsageError : A request does not exist or does not fit.

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
    whatever_the_input = False  # whether every other input would fail for the same reason

    def reworded(self, text: str) -> Self:
        """Return a copy of the error with another text.

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
    """A file cannot be read, or its data cannot be differentiated.

    Examples
    --------
    >>> import gradcli
    >>> gradcli.gradient([1.0, 4.0, 9.0], [0.0, 1.0, 1.0])
    Traceback (most recent call last):
    gradcli.errors.InputError: axis 0: the coordinate 1.0 at index 2 repeats the one before; \
coordinates must differ
    """


class _Refusal:
    """Details of an OSError, stored so that they survive copying and pickling."""

    errno: int | None = None
    strerror: str | None = None
    filename: str | None = None

    def because(self, error: OSError) -> Self:
        """Copy the details of a system error into this error and return it.

        Parameters
        ----------
        error : OSError
            The error that the system raised.

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

    # Dask has another way to pickle errors, which fails for those of two families.
    def __reduce__(self) -> tuple[object, ...]:
        return type(self), self.args, self.__dict__  # type: ignore[attr-defined]


class UnreadableError(_Refusal, InputError, OSError):
    """A file cannot be read because the system refuses it.

    Attributes
    ----------
    errno : int or None
        Error number of the system, such as ``errno.EACCES``.

    Examples
    --------
    >>> issubclass(UnreadableError, OSError)
    True
    """


class MissingFileError(UnreadableError, FileNotFoundError):
    """An input file does not exist.

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
    """A result cannot be written to the requested place.

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
        Error number of the system, such as ``errno.ENOSPC`` for a full disk.

    Examples
    --------
    >>> issubclass(UnwritableError, OSError)
    True
    """


class UsageError(GradcliError, ValueError):
    """A request does not exist or does not fit: an option, an axis, a variable.

    See Also
    --------
    AxisNumberError : An axis number out of range.
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
    """The number of an axis is out of range for an array.

    See Also
    --------
    numpy.exceptions.AxisError : Numpy's error for this, also a ValueError and an IndexError.

    Examples
    --------
    >>> import gradcli
    >>> gradcli.gradient([1.0, 4.0, 9.0], axis=2)
    Traceback (most recent call last):
    gradcli.errors.AxisNumberError: axis 2 of an array with 1 axes
    """


class KindError(UsageError, TypeError):
    """A value has the wrong type, or there are too many values.

    Examples
    --------
    >>> import gradcli
    >>> gradcli.gradient([1.0, 4.0, 9.0], axis=0.5)
    Traceback (most recent call last):
    gradcli.errors.KindError: axis 0.5 is not a whole number
    """


class NoMetricError(UsageError):
    """A field does not have the axes that the requested metric needs.

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
        Number of bytes that would be enough.

    Examples
    --------
    >>> MemoryShortError("--memory 1MiB is too little", needed=2**21).needed
    2097152
    """

    def __init__(self, text: str = "", needed: int = 0) -> None:
        super().__init__(text)
        self.needed = needed


class MissingPackageError(GradcliError, ImportError):
    """A package that a command needs, and that gradcli does not always bring, is not installed.

    Examples
    --------
    >>> print(missing_package("sympy"))  # doctest: +ELLIPSIS
    needs the package sympy, which is not installed; install it: ... -m pip install sympy
    """

    whatever_the_input = True


def missing_package(package: str, whose: str = "") -> MissingPackageError:
    """Return the error for a package that is not installed; its command can be pasted as it is.

    Parameters
    ----------
    package : str
        The package that cannot be imported.
    whose : str, optional
        What needs it, if it is not the command itself.

    Returns
    -------
    MissingPackageError
        The error, to be raised.

    Examples
    --------
    >>> isinstance(missing_package("sympy"), ImportError)
    True
    """
    from shlex import quote  # every start would wait for it

    python = quote(sys.executable or "python3")
    return MissingPackageError(
        f"{whose} needs the package {package}, which is not installed; install it: "
        f"{python} -m pip install {package}".strip()
    )


class BatchError(GradcliError):
    """Some inputs of a batch failed. The others are done.

    Examples
    --------
    >>> BatchError("2 of 9 inputs failed; done 7, skipped 0, failed 2, 3.8 s").exit_code
    3
    """

    exit_code = 3


def printable(text: str) -> str:
    """Escape control characters, so that names in a file cannot control the terminal.

    Parameters
    ----------
    text : str
        Text from any source.

    Returns
    -------
    str
        The text, with each unprintable character as an escape sequence.

    Examples
    --------
    >>> printable("two" + chr(10) + "lines") == "two" + chr(92) + "nlines"
    True
    """
    told = (c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
    return text if text.isprintable() else "".join(told)


def one_line(text: str) -> str:
    """Join the lines of a message with blanks. Blanks within a line are kept.

    Parameters
    ----------
    text : str
        A message, for example from a library.

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
    """Return an error with the file that it concerns in front of its text.

    Parameters
    ----------
    place : object
        A path, or a part of a file such as an axis.
    error : GradcliError
        The error that occurred there.

    Returns
    -------
    GradcliError
        An error of the same type, or the error itself if it starts with the place already.

    Examples
    --------
    >>> str(located("a.npy", InputError("too short")))
    'a.npy: too short'
    """
    text = str(error)
    prefix = f"{place}: "
    return error if text.startswith(prefix) else error.reworded(prefix + text)
