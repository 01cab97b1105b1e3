"""Temporary names that say who made them, and the end of those whose maker is gone."""

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
# Entries of a folder that are looked at: to list a million takes longer than most runs.
MOST_ENTRIES = 100_000
UNKNOWN = "0"  # stands for the start of a process, where the system does not tell
GONE = "gone"


def made_name(label: str) -> str:
    """Return a hidden name that none has yet, for something that this process makes.

    It ends with the host, the process, and when that started, so that a process of the same
    number is told apart. It begins with a label, cut where names would pass 255 bytes.
    """
    short = os.fsdecode(os.fsencode(label)[:200])
    return f".{short}.{_maker(os.getpid())}{os.urandom(4).hex()}{SUFFIX}"


@cache
def _maker(pid: int) -> str:
    return f"{_host()}-{pid}-{_start_of(pid)}-"


def remove_leftovers(folder: str) -> None:
    """Remove temporary files that runs on this host, killed since, have left in a folder.

    A command looks a folder through once. What a process that lives has made stays, what
    another host or another user has made too.

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
    """Return a word for when a process started, or ``GONE`` where there is none, or a dead one."""
    if _sees_itself():
        with suppress(OSError):
            with open(f"/proc/{pid}/stat", "rb") as file:
                # The name of the program, in parentheses, may hold anything.
                fields = file.read().rpartition(b")")[2].split()
            return GONE if fields[0] in (b"Z", b"X") else _word(_boot(), fields[19].decode())
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):
        return GONE
    except OSError:
        pass  # it is another user's
    return UNKNOWN


def _sees_itself() -> bool:
    """Return whether /proc counts processes as this process does."""
    try:
        return os.readlink("/proc/self") == str(os.getpid())
    except OSError:
        return False


@cache
def _boot() -> str:
    return _line_of("/proc/sys/kernel/random/boot_id")


@cache
def _host() -> str:
    """Return a word for the machine, and for the container where processes are counted anew."""
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
    """Return a temporary name beside a path: the one place where such names are made."""
    folder, name = os.path.split(final)
    path = os.path.join(folder, made_name(name))
    WATCHED.tell_name(path)
    return path


def spool_folder() -> str:
    """Return what temporary files lie beside, in the folder for them.

    ``tempfile.gettempdir`` tries the folder by a file, which a signal may leave there.
    """
    named = [os.environ.get(name) for name in ("TMPDIR", "TEMP", "TMP")]
    for folder in (*filter(None, named), "/tmp", "/var/tmp", os.curdir):
        if os.path.isdir(folder) and os.access(folder, os.W_OK | os.X_OK):
            return os.path.join(os.path.abspath(folder), "gradcli")
    raise OutputError("there is no folder for temporary files that may be written; set TMPDIR")


def spool() -> BinaryIO:
    """Return a temporary file without a name."""
    from tempfile import TemporaryFile

    # On a file system where a file must have a name for a moment, it tells who made it.
    folder, name = os.path.split(free_name(spool_folder()))
    return TemporaryFile(dir=folder, prefix=name.removesuffix(SUFFIX), suffix=SUFFIX)


@contextmanager
def spooled_stdin(name: str, pieces: Iterable[bytes]) -> Iterator[str]:
    """Copy what arrives to a temporary file of a name, which is gone when the block ends."""
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
