"""Temporary files whose names say which process made them, and removal of orphaned ones."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from functools import cache
from itertools import islice
from typing import BinaryIO

from gradcli.errors import OutputError
from gradcli.system.paths import write_error
from gradcli.system.watch import WATCHED

SUFFIX = ".gradcli-tmp"
# Entries of a folder that are looked at: listing a million takes longer than most runs.
MOST_ENTRIES = 100_000
UNKNOWN = "0"  # in place of the start time of a process, if the system does not tell it
GONE = "gone"


def made_name(label: str) -> str:
    """Return a hidden, unused name for a temporary file of this process.

    The name begins with a label, which is cut so that the name stays within 255 bytes. It ends
    with the host, the process ID and the start time of the process, because process IDs are
    reused.
    """
    short = os.fsdecode(os.fsencode(label)[:200])
    return f".{short}.{_maker(os.getpid())}{os.urandom(4).hex()}{SUFFIX}"


@cache
def _maker(pid: int) -> str:
    return f"{_host()}-{pid}-{_start_of(pid)}-"


def remove_leftovers(folder: str) -> None:
    """Remove the temporary files that killed runs on this host have left in a folder.

    A command searches each folder only once. Files of running processes, of other hosts and of
    other users stay.

    >>> import tempfile
    >>> remove_leftovers(tempfile.mkdtemp())
    """
    if WATCHED.has_swept(folder):
        return
    with suppress(OSError), os.scandir(folder) as entries:
        for entry in islice(entries, MOST_ENTRIES):
            if entry.name.endswith(SUFFIX) and _maker_is_gone(entry.name):
                _remove_own(entry)


def _remove_own(entry: os.DirEntry[str]) -> None:
    with suppress(OSError):
        if entry.stat(follow_symlinks=False).st_uid != os.geteuid():
            return
        if entry.is_dir(follow_symlinks=False):
            import shutil

            shutil.rmtree(entry.path, ignore_errors=True)
        else:
            os.unlink(entry.path)


def _maker_is_gone(name: str) -> bool:
    parts = name.removesuffix(SUFFIX).rpartition(".")[2].split("-")
    if len(parts) != 4 or parts[0] != _host() or not parts[1].isdecimal():
        return False
    now = _start_of(int(parts[1]))
    return now == GONE or (now != parts[2] and UNKNOWN not in (now, parts[2]))


def _start_of(pid: int) -> str:
    """Return a code for the start time of a process, or ``GONE`` if it does not run any more."""
    if _sees_itself():
        with suppress(OSError):
            with open(f"/proc/{pid}/stat", "rb") as file:
                # The program name, in parentheses, may contain spaces and parentheses.
                fields = file.read().rpartition(b")")[2].split()
            return GONE if fields[0] in (b"Z", b"X") else _word(_boot(), fields[19].decode())
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):
        return GONE
    except OSError:
        pass  # the process belongs to another user
    return UNKNOWN


def _sees_itself() -> bool:
    """Return whether the process IDs in /proc are those that this process sees."""
    try:
        return os.readlink("/proc/self") == str(os.getpid())
    except OSError:
        return False


@cache
def _boot() -> str:
    return _line_of("/proc/sys/kernel/random/boot_id")


@cache
def _host() -> str:
    """Return a code for the machine and, in a container, for its process namespace."""
    try:
        counted = os.readlink("/proc/self/ns/pid")
    except OSError:
        counted = ""
    return _word(os.uname().nodename, _line_of("/etc/machine-id"), counted)


def _line_of(path: str) -> str:
    try:
        with open(path, encoding="ascii", errors="replace") as file:
            return file.readline().strip()
    except OSError:
        return ""


def _word(*parts: str) -> str:
    from binascii import crc32

    return f"{crc32('|'.join(parts).encode(errors='replace')):08x}"


def free_name(final: str) -> str:
    """Return a temporary name in the folder of a path, and report it to the supervisor."""
    folder, name = os.path.split(final)
    path = os.path.join(folder, made_name(name))
    WATCHED.tell_name(path)
    return path


def spool_folder() -> str:
    """Return a path in the folder for temporary files, to pass to `free_name`.

    ``tempfile.gettempdir`` is not used: it creates a test file, which a signal may leave behind.
    """
    named = [os.environ.get(name) for name in ("TMPDIR", "TEMP", "TMP")]
    for folder in (*filter(None, named), "/tmp", "/var/tmp", os.curdir):
        if os.path.isdir(folder) and os.access(folder, os.W_OK | os.X_OK):
            return os.path.join(os.path.abspath(folder), "gradcli")
    raise OutputError("no folder for temporary files can be written; set TMPDIR to one that can")


def spool() -> BinaryIO:
    """Return an open temporary file that has no name."""
    from tempfile import TemporaryFile

    # Some file systems give the file a name for a moment; then it says which process made it.
    folder, name = os.path.split(free_name(spool_folder()))
    return TemporaryFile(dir=folder, prefix=name.removesuffix(SUFFIX), suffix=SUFFIX)


@contextmanager
def spooled_stdin(name: str, pieces: Iterable[bytes]) -> Iterator[str]:
    """Copy an input to a temporary file called ``name``, which is removed when the block ends."""
    import shutil

    beside = spool_folder()
    remove_leftovers(os.path.dirname(beside))
    folder = free_name(beside)
    path = os.path.join(folder, name)
    try:
        try:
            os.mkdir(folder, 0o700)
            with open(path, "wb") as copy:
                copy.writelines(pieces)
        except OSError as error:
            raise write_error(path, error) from error
        yield path
    finally:
        shutil.rmtree(folder, ignore_errors=True)
