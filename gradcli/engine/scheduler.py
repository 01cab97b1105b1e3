"""Where the scheduler of a cluster is: an address, a file that says it, or processes of our own."""

from __future__ import annotations

import json
import os
import re
from typing import Protocol

from gradcli.errors import InputError, UsageError
from gradcli.system.local import LocalProcesses
from gradcli.system.paths import read_error

MOST_LOCAL = 1024  # workers on this machine


class Scheduler(Protocol):
    """A scheduler while it is used: a block that begins with its address.

    Attributes
    ----------
    threads : int or None
        The threads of each worker, where they are known. A worker keeps the decoded chunks of as
        many blocks as it works on at once.
    """

    threads: int | None

    def __enter__(self) -> str: ...

    def __exit__(self, *error: object) -> None: ...

    def is_alive(self) -> bool:
        """Return False if it is known to be gone."""
        ...


class Elsewhere:
    """A scheduler that somebody else has started, and that goes on afterwards."""

    threads: int | None = None

    def __init__(self, address: str) -> None:
        self._address = address

    def __enter__(self) -> str:
        return self._address

    def __exit__(self, *error: object) -> None:
        """Leave it as it is."""

    def is_alive(self) -> bool:
        """Return that nothing else is known."""
        return True


class Local:
    """A scheduler and workers that are started for a run, and end with it."""

    threads: int | None = 1

    def __init__(self, count: int) -> None:
        self._processes = LocalProcesses(count)

    def __enter__(self) -> str:
        self._processes.__enter__()
        try:
            self._processes.wait()
            return address_in(self._processes.file)
        except BaseException:
            self._processes.__exit__()
            raise

    def __exit__(self, *error: object) -> None:
        self._processes.__exit__()

    def is_alive(self) -> bool:
        """Return whether the scheduler and a worker run."""
        return self._processes.are_alive()


def scheduler_of(text: str) -> Scheduler:
    """Return the scheduler that a text names.

    Raises
    ------
    UsageError
        It is no address, no file, and not ``local:N``.

    Examples
    --------
    >>> with scheduler_of("127.0.0.1:8786") as address:
    ...     print(address)
    tcp://127.0.0.1:8786
    """
    if match := re.fullmatch(r"local:(.*)", text):
        count = int(match[1]) if re.fullmatch(r"\d{1,9}", match[1]) else 0
        if not 1 <= count <= MOST_LOCAL:
            raise UsageError(
                f"--cluster {text:.30}: N of local:N is the number of workers, 1 to {MOST_LOCAL}"
            )
        return Local(count)
    if re.fullmatch(r"[a-z]+://[^/\s]+:\d+/?", text):
        return Elsewhere(text)
    if os.path.exists(text):
        return Elsewhere(address_in(text))
    if re.fullmatch(r"(\[[0-9a-fA-F:]+\]|[^/\\\s:]+):\d+", text):
        return Elsewhere(f"tcp://{text}")
    raise UsageError(
        f"--cluster {text!r:.60}: write the address of a scheduler (tcp://host:8786), the path of "
        "its file (dask scheduler --scheduler-file FILE), or local:N"
    )


def address_in(path: str) -> str:
    """Return the address that a scheduler has written to a file.

    Raises
    ------
    InputError
        The file cannot be read, or is no file of a scheduler.
    """
    try:
        with open(path, "rb") as file:
            found = json.loads(file.read(2**20))
            return str(found["address"])
    except OSError as error:
        raise read_error(error) from error
    except (ValueError, KeyError, TypeError):
        raise InputError(
            f"--cluster {path}: is no file that dask scheduler --scheduler-file has written"
        ) from None
