"""Rename files and folders: to a name that must be free, or in exchange for what has it."""

from __future__ import annotations

import ctypes
import errno
import os
import sys
from collections.abc import Iterator
from contextlib import suppress

HERE, ONLY_NEW, EXCHANGE = -100, 1, 2  # AT_FDCWD, RENAME_NOREPLACE and RENAME_EXCHANGE of Linux
SWAP = 2  # RENAME_SWAP of macOS


def move_new(made: str, final: str) -> bool:
    """Rename to a name that must be free; return False if the system cannot check that.

    Raises
    ------
    FileExistsError
        The name is taken.
    """
    return _called("renameat2", (HERE, made, HERE, final, ONLY_NEW), {errno.EEXIST})


def exchange(one: str, other: str) -> bool:
    """Let two paths exchange what they name, in one step; return False if the system cannot.

    Raises
    ------
    FileNotFoundError
        One of them does not exist.
    """
    known = {errno.ENOENT}
    if sys.platform == "darwin":
        return _called("renamex_np", (one, other, SWAP), known)
    return _called("renameat2", (HERE, one, HERE, other, EXCHANGE), known)


def _called(name: str, arguments: tuple[int | str, ...], known: set[int]) -> bool:
    libc = ctypes.CDLL(None, use_errno=True)
    if not hasattr(libc, name):
        return False
    encoded = (os.fsencode(part) if isinstance(part, str) else part for part in arguments)
    if not getattr(libc, name)(*encoded):
        return True
    number = ctypes.get_errno()
    if number in known:
        raise OSError(number, os.strerror(number))
    return False


def move_new_folder(made: str, final: str) -> None:
    """Rename a folder to a name that must be free.

    Where the system cannot check that, an empty folder claims the name first. A rename then
    replaces this folder, and no other that has come between: that would not be empty.
    """
    if move_new(made, final):
        return
    os.mkdir(final)
    try:
        os.rename(made, final)
    except BaseException:
        with suppress(OSError):
            os.rmdir(final)
        raise


def files_in(folder: str) -> Iterator[str]:
    """Yield the paths of all files and folders in a folder, the folders after what they hold."""
    for inside, _, names in os.walk(folder, topdown=False):
        yield from (os.path.join(inside, name) for name in names)
        yield inside
