"""Write outputs under temporary names, then rename them: each appears complete or not at all."""

from __future__ import annotations

import errno
import os
import stat
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import Self

from gradcli.errors import OutputError
from gradcli.system.paths import STDOUT, is_special, write_error
from gradcli.system.swap import exchange, files_in, move_new, move_new_folder
from gradcli.system.sync import flush, flush_stdout
from gradcli.system.temporary import SUFFIX, free_name, remove_leftovers, spool_folder


class _Target:
    def __init__(self, asked: str, final: str, scratch: str, straight: bool, folder: bool) -> None:
        self.asked, self.final, self.scratch = asked, final, scratch
        self.straight, self.folder = straight, folder
        self.backup: str | None = None
        self.claimed = False
        self.made: os.stat_result | None = None

    def is_in_place(self) -> bool:
        """Return whether the output is in place under its final name.

        This looks at the files themselves. A flag could be wrong, because a signal may arrive
        between a step and the setting of its flag.
        """
        if self.made is None:
            return False
        try:
            return os.path.samestat(self.made, os.lstat(self.final))
        except OSError:
            return False


class Staging:
    """Outputs in temporary files beside their targets; all of them appear together, or none.

    With ``overwrite`` existing files are replaced. Without it they are refused, even a file that
    another program creates during the run. Standard output, FIFOs and devices cannot be renamed
    onto; they are written directly at the end. With ``sync`` all data are flushed to the disk
    before the first file is renamed, and the names before the run ends.

    An output may also be a folder that stands for one input of a command, such as a Zarr store.
    """

    def __init__(self, overwrite: bool, sync: bool = False) -> None:
        self._overwrite = overwrite
        self._sync = sync
        self._targets: list[_Target] = []

    def add(self, path: str, folder: bool = False) -> str:
        """Create a temporary file, or folder, for a path, and return its name to write to."""
        # The real path of an open pipe, such as /dev/stdout, cannot be opened.
        straight = path == STDOUT or is_special(path)
        final = path if straight else os.path.realpath(path)
        if any(t.final == final for t in self._targets):
            raise OutputError(f"{path}: two results would go to this file; use {{component}}")
        if not straight:
            self._refuse_existing(path, final, folder)
        beside = spool_folder() if straight else final
        remove_leftovers(os.path.dirname(beside))
        scratch = free_name(beside)
        # Listed before it is created, so that a signal in between leaves no file behind.
        self._targets.append(_Target(path, final, scratch, straight, folder))
        try:
            if folder:
                os.mkdir(scratch)
                return scratch
            os.close(os.open(scratch, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666))
        except OSError as error:
            raise write_error(path, error) from error
        return scratch

    def _refuse_existing(self, path: str, final: str, folder: bool) -> None:
        if os.path.isdir(final) and not folder:
            raise OutputError(f"{path}: is a folder; name a file, or use --output-dir")
        if os.path.lexists(final) and not self._overwrite:
            raise OutputError(f"{path}: exists already; -O replaces it, -o names another")
        if os.path.isdir(final) and not is_replaceable(final):
            raise OutputError(
                f"{path}: is a folder of other files, which is never replaced; name another (-o)"
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: object, /, *_: object) -> None:
        try:
            if kind is None:
                self._publish()
        finally:
            try:
                self._clean()
            except BaseException:
                # A signal interrupted it. Later signals are ignored, so this attempt completes.
                self._clean()
                raise

    def _clean(self) -> None:
        for target in self._targets:
            _remove(target.scratch)
            if target.backup:
                _remove(target.backup)

    def _publish(self) -> None:
        try:
            for target in self._targets:
                if not target.straight:
                    self._complete(target)
            for target in self._targets:
                self._publish_one(target)
        except BaseException:
            # If the last target is in place, all of them are.
            if not self._targets[-1].is_in_place():
                for target in reversed(self._targets):
                    _undo(target)
            raise
        if self._sync:
            self._flush_names()

    def _complete(self, target: _Target) -> None:
        with _naming(target):
            target.made = os.lstat(target.scratch)
            for path in self._parts(target):
                flush(path)

    def _parts(self, target: _Target) -> Iterable[str]:
        """Return what is flushed before an output appears."""
        if not self._sync:
            return ()
        return files_in(target.scratch) if target.folder else (target.scratch,)

    def _flush_names(self) -> None:
        for target in self._targets:
            with _naming(target):
                if target.asked == STDOUT:
                    flush_stdout()
                elif not target.straight:
                    flush(os.path.dirname(target.final))

    def _publish_one(self, target: _Target) -> None:
        with _naming(target):
            if target.straight:
                _copy_straight(target)
            elif target.folder:
                _publish_folder(target, self._overwrite)
            elif self._overwrite:
                _replace(target, last=target is self._targets[-1])
            else:
                _link(target)


@contextmanager
def _naming(target: _Target) -> Iterator[None]:
    """Turn errors of the system into an error that names the output."""
    try:
        yield
    except FileExistsError:
        raise OutputError(
            f"{target.asked}: appeared while this run was writing it; "
            "it was left as it is (-O would replace it)"
        ) from None
    except BrokenPipeError:
        raise
    except OSError as error:
        raise write_error(target.asked, error) from error


def _copy_straight(target: _Target) -> None:
    import shutil

    with open(target.scratch, "rb") as made:
        if target.asked == STDOUT:
            shutil.copyfileobj(made, sys.stdout.buffer)
            sys.stdout.buffer.flush()
        else:
            with open(target.final, "wb") as device:
                shutil.copyfileobj(made, device)


def _replace(target: _Target, last: bool) -> None:
    """Rename over an existing file, which is kept aside until the last target is in place."""
    with suppress(FileNotFoundError):
        found = os.stat(target.final).st_mode
        if stat.S_ISDIR(found):
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        os.chmod(target.scratch, stat.S_IMODE(found))
        if not last:
            _keep_aside(target)
    os.replace(target.scratch, target.final)


def _publish_folder(target: _Target, overwrite: bool) -> None:
    """Move a folder to its name; an old one is kept under the temporary name until the end."""
    try:
        move_new_folder(target.scratch, target.final)
        return
    except FileExistsError:
        if not overwrite:
            raise
    os.chmod(target.scratch, stat.S_IMODE(os.stat(target.final).st_mode) | stat.S_IRWXU)
    target.backup = target.scratch
    if exchange(target.scratch, target.final):
        return
    # For a moment there is neither. The old one then has a name that nobody removes.
    aside = target.scratch.removesuffix(SUFFIX) + ".old"
    os.rename(target.final, aside)
    try:
        os.rename(target.scratch, target.final)
    except BaseException:
        os.rename(aside, target.final)
        raise
    target.backup = aside


def _keep_aside(target: _Target) -> None:
    target.backup = free_name(target.final)
    try:
        os.link(target.final, target.backup)
    except FileNotFoundError:
        raise
    except OSError:  # no hard links here; a rename would lose the file if the run was killed
        import shutil

        shutil.copy2(target.final, target.backup)


def _link(target: _Target) -> None:
    """Publish by a hard link, which fails if the name exists, unlike a rename."""
    try:
        os.link(target.scratch, target.final)
    except FileExistsError:
        raise
    except OSError:  # a file system without hard links
        _move_new(target)


def _move_new(target: _Target) -> None:
    """Rename to a name that must be free; if the system cannot check, claim the name first."""
    if move_new(target.scratch, target.final):
        return
    os.close(os.open(target.final, os.O_CREAT | os.O_EXCL | os.O_WRONLY))
    target.claimed = True
    os.replace(target.scratch, target.final)


def _undo(target: _Target) -> None:
    """Put back what was under a name, even if a signal came before the backup was complete."""
    if target.straight:
        return
    if target.is_in_place() and target.backup and os.path.lexists(target.backup):
        with suppress(OSError):
            if target.folder:
                _put_back(target, target.backup)
            else:
                os.replace(target.backup, target.final)
    elif target.is_in_place() or target.claimed:
        _remove(target.final)


def _put_back(target: _Target, backup: str) -> None:
    if exchange(backup, target.final):
        return
    os.rename(target.final, target.scratch)
    os.rename(backup, target.final)


def is_replaceable(folder: str) -> bool:
    """Return whether a folder is empty, or a store of Zarr, so that another may replace it."""
    names = os.listdir(folder)
    return not names or bool({"zarr.json", ".zgroup", ".zarray", ".zmetadata"} & set(names))


def _remove(path: str) -> None:
    try:
        os.unlink(path)
    except OSError:
        if os.path.isdir(path) and not os.path.islink(path):
            import shutil

            shutil.rmtree(path, ignore_errors=True)
