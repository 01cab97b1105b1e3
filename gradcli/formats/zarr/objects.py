"""New stores at an address: values are put by threads; metadata come last, those of the root alone.

An object store cannot rename, so a store is made in its place. Until the metadata of its root are
there, no reader takes it for a store. Meanwhile an object called `MARK` says that a run writes it.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import AbstractContextManager, suppress
from functools import partial

from gradcli.errors import OutputError, missing_package
from gradcli.formats.zarr.layout import ROOTS
from gradcli.formats.zarr.remote import connected, told

try:
    import obstore
    from obstore.exceptions import AlreadyExistsError, BaseError, NotSupportedError
except ImportError as error:
    raise missing_package("obstore") from error

MARK = ".gradcli-writing"
PUTS = 8  # values that are put at the same time
UNDER_WAY = 32 * 2**20  # bytes of them, unless one alone is larger
WHOLE = 64 * 2**20  # bytes of a value that goes in one request
PATIENCE = 4.0  # seconds for requests that are under way when a run is given up


class ObjectTarget:
    """A store at an address. What lay there is removed when the first value is written.

    Raises
    ------
    OutputError
        There is something that is not to be replaced.
    """

    def __init__(self, path: str, overwrite: bool) -> None:
        self._path = path
        self._overwrite = overwrite
        self._label = f"{os.uname().nodename} {os.getpid()} {os.urandom(8).hex()}".encode()
        self._room = threading.Condition()
        self._waiting: set[Future[None]] = set()
        self._bytes = 0
        self._error: BaseException | None = None
        self._begun = self._taken = False
        with self._told("the address"):
            self._store = connected(path)
        self._remains = self._refuse_existing()
        self._pool = ThreadPoolExecutor(PUTS, "put")

    def write(self, key: str, data: bytes) -> None:
        """Put a value, as soon as enough of those before it are in place."""
        self._begin()
        with self._room:
            while self._bytes and self._bytes + len(data) > UNDER_WAY:
                self._room.wait()
            self._bytes += len(data)
        self._raise_failed()
        work = self._pool.submit(self._put, key, data)
        self._waiting.add(work)
        work.add_done_callback(partial(self._leave, len(data)))

    def close(self, documents: Sequence[tuple[str, bytes]]) -> None:
        """Put the metadata when all values are in place, those of the root one by one."""
        self._begin()
        self._settle()
        for key, data in documents:
            if "/" in key:
                self.write(key, data)
        self._settle()
        for key, data in documents:
            if "/" not in key:
                self._put_new(key, data)
        self._pool.shutdown()
        with suppress(BaseError, OSError):  # the store is complete
            obstore.delete(self._store, MARK)

    def drop(self) -> None:
        """Remove the values of a store that is given up, if the server can be reached."""
        self._pool.shutdown(wait=False, cancel_futures=True)
        if not self._begun:
            return
        wait(set(self._waiting), PATIENCE)
        with suppress(BaseError, OSError):
            if not self._taken:
                self._empty()
            obstore.delete(self._store, MARK)

    def _refuse_existing(self) -> bool:
        """Return whether something lies there that may be replaced."""
        with self._told("the address"):
            found = [key for key in (*ROOTS, MARK) if is_there(self._store, key)]
            others = any(obstore.list(self._store, chunk_size=1))
        if others and not found:
            raise OutputError(
                f"{self._path}: holds other objects, which are never replaced; name another (-o)"
            )
        if found == [MARK] and not self._overwrite:
            raise OutputError(
                f"{self._path}: holds chunks of a run that goes on, or was killed; -O replaces them"
            )
        if found and not self._overwrite:
            raise OutputError(f"{self._path}: exists already; -O replaces it, -o names another")
        return bool(found)

    def _begin(self) -> None:
        """Mark the place as that of a store which is being written, and empty it."""
        if self._begun:
            return
        with self._told(MARK):
            if self._overwrite:
                obstore.put(self._store, MARK, self._label)
        if not self._overwrite:
            self._put_new(MARK, self._label)
        self._begun = True
        with self._told("what lies there"):
            if self._remains:
                self._empty()

    def _empty(self) -> None:
        """Remove everything but the mark: metadata of the root first, then those of the arrays."""
        for key in ROOTS:
            with suppress(FileNotFoundError):
                obstore.delete(self._store, key)
        for group in obstore.list(self._store):
            keys = [str(meta["path"]) for meta in group if meta["path"] != MARK]
            if keys:
                obstore.delete(self._store, keys)

    def _put(self, key: str, data: bytes) -> None:
        if self._error is not None:
            return
        try:
            with self._told(key):
                obstore.put(self._store, key, data, use_multipart=len(data) > WHOLE)
        except BaseException as error:
            self._error = error

    def _put_new(self, key: str, data: bytes) -> None:
        """Put a value that must not be there yet, unless it may be replaced."""
        with self._told(key):
            try:
                if not self._overwrite:
                    obstore.put(self._store, key, data, mode="create")
                    return
            except NotSupportedError:
                pass  # a server without conditional requests (AWS_CONDITIONAL_PUT=disabled)
            except AlreadyExistsError as error:
                # A request that was repeated may have come through the first time.
                if bytes(obstore.get(self._store, key).bytes()) == data:
                    return
                self._taken = True
                raise OutputError(
                    f"{self._path}: appeared while this run was writing it; "
                    "it was left as it is (-O would replace it)"
                ) from error
            obstore.put(self._store, key, data)

    def _leave(self, size: int, work: Future[None]) -> None:
        with self._room:
            self._bytes -= size
            self._waiting.discard(work)
            self._room.notify()

    def _settle(self) -> None:
        """Wait until all values are in place."""
        wait(set(self._waiting))
        self._raise_failed()

    def _raise_failed(self) -> None:
        if self._error is not None:
            raise self._error

    def _told(self, what: str) -> AbstractContextManager[None]:
        return told(f"{self._path}: {what} cannot be written", OutputError)


def is_there(store: object, key: str) -> bool:
    """Return whether a store at an address has a value."""
    try:
        obstore.head(store, key)  # type: ignore[arg-type]
    except FileNotFoundError:
        return False
    return True
