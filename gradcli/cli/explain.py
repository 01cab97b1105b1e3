"""Turn errors into one line and an exit code."""

from __future__ import annotations

import os
import sys

import click

from gradcli.errors import GradcliError, one_line, printable

HOME = "https://github.com/gradcli/gradcli"


def is_failure(error: BaseException) -> bool:
    """Return whether an exception is a failure of the work, rather than a request to stop.

    A panic of polars is a failure, although it is not derived from Exception.
    """
    return isinstance(error, Exception) or type(error).__name__ == "PanicException"


def explain(error: BaseException) -> tuple[str, int]:
    """Return an error as one line, and its exit code."""
    if isinstance(error, GradcliError):
        return str(error), error.exit_code
    from gradcli.system.limits import LEAST, explained, is_exhaustion

    if is_exhaustion(error):  # memory ran out in a library, outside the work on an input
        return explained(error, 1, (), LEAST), 1
    if isinstance(error, OSError):
        place = "" if error.filename is None else f"{error.filename}: "
        return f"{place}the system refuses: {error.strerror or error}", 1
    if isinstance(error, EOFError) and "marshal" in str(error):  # before Python 3.12.8 and 3.13.1
        return (
            "a compiled module of Python was cut short, as by a full disk; "
            f"remove the __pycache__ folders in {sys.prefix}, or install anew"
        ), 1
    kind = type(error).__name__
    return f"unexpected {kind}: {error}; please report it at {HOME} (--debug says more)", 1


def fail(message: str, code: int) -> int:
    """Print an error as one line and return the exit code."""
    if debugging():
        import traceback

        traceback.print_exc()
    click.echo("Error: " + printable(one_line(message)), err=True)
    return code


def debugging() -> bool:
    """Return whether tracebacks were asked for, by option or by environment variable."""
    variables = ["GRADCLI_DEBUG", *(f"GRADCLI_{word.upper()}_DEBUG" for word in sys.argv[1:2])]
    said = [os.environ.get(name, "").lower() for name in variables]
    return "--debug" in sys.argv or any(text not in ("", "0", "false", "no") for text in said)
