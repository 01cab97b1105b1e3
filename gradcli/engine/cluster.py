"""Hand numbered tasks to the workers of a scheduler (the one place of Dask distributed)."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from gradcli.engine.block import BlockResult
from gradcli.engine.job import Done, Job
from gradcli.engine.merging import Copies
from gradcli.errors import GradcliError, missing_package
from gradcli.formats.direct import Direct

if TYPE_CHECKING:
    from distributed import Client, Future

ANSWERS = 10.0  # seconds until a scheduler must have answered
PATIENCE = 60.0  # seconds in which some worker must be there
POLL = 1.0  # seconds between looks at the scheduler and its workers
AHEAD = 3  # tasks under way for each thread of the workers
TRIES = 4  # of a task that fails for no reason that gradcli knows
CHECKED = ("gradcli", "numpy")  # packages that must be of the same version everywhere

Item = TypeVar("Item")
Made = TypeVar("Made")
Step = Callable[[Job, Item], Made]


def require_distributed() -> None:
    """Raise MissingPackageError if Dask distributed is not installed."""
    try:
        import distributed  # noqa: F401
    except ImportError as error:
        raise missing_package("distributed") from error


@contextmanager
def connected(address: str, alive: Callable[[], bool]) -> Iterator[Cluster]:
    """Connect to a scheduler.

    Parameters
    ----------
    address : str
    alive : callable
        Whether it can still be there; False ends the run without waiting.

    Raises
    ------
    GradcliError
        No scheduler answers.
    """
    from distributed import Client

    try:
        client = Client(address, timeout=ANSWERS, set_as_default=False)
    except (OSError, ValueError) as error:
        raise GradcliError(
            f"--cluster {address}: no scheduler answers there within {ANSWERS:.0f} s; start one "
            "with dask scheduler, or name its address or file"
        ) from error
    try:
        cluster = Cluster(client, address, alive)
        yield cluster
    finally:
        with suppress(Exception):  # it may be gone
            client.close(timeout=2)


class Cluster:
    """A scheduler that this process is connected to."""

    def __init__(self, client: Client, address: str, alive: Callable[[], bool]) -> None:
        self._client, self._address, self._alive = client, address, alive
        self._alone_since: float | None = None
        self._threads = 0
        self._checked: set[str] = set()
        self.retried = 0

    def check_versions(self) -> None:
        """Raise GradcliError if the scheduler or a worker has other versions than this process."""
        found = self._client.get_versions(packages=list(CHECKED))
        ours = found["client"]["packages"]
        others = {f"worker {name}": one["packages"] for name, one in found["workers"].items()}
        for name, theirs in others.items():
            for package in CHECKED:
                if ours[package] is not None and theirs.get(package) is None:
                    raise GradcliError(f"--cluster: {name} has no {package}; install it there")
        others[f"the scheduler {self._address}"] = found["scheduler"]["packages"]
        for name, theirs in others.items():
            for package in ("python", *CHECKED):
                pair = [_version(package, each.get(package)) for each in (theirs, ours)]
                if None not in pair and pair[0] != pair[1]:
                    raise GradcliError(
                        f"--cluster: {name} has {package} {pair[0]}, here is {pair[1]}; "
                        "they must be the same"
                    )

    def threads(self) -> int:
        """Return the number of threads of all workers, once there is one.

        Raises
        ------
        GradcliError
            No worker comes.
        """
        while not self._threads:
            self._look()
            if not self._threads:
                time.sleep(POLL / 10)
        return self._threads

    def each(self, job: Job, step: Step[Item, Made], items: Iterable[Item]) -> Iterator[Made]:
        """Have a step done on items by the workers, whichever are there; yield what each gives.

        Parameters
        ----------
        job : Job
            Sent to each worker once; a step is called with it.
        step : callable
            A function of a module, called with the job and an item.
        items : iterable
            Sent when their turn comes.

        Raises
        ------
        GradcliError
            A step has failed, or the scheduler or all workers are gone.
        """
        self.threads()
        yield from Hand(self, self._client, job, step).each(iter(items))

    def limit(self) -> int:
        """Return how many tasks may be under way."""
        return AHEAD * max(1, self._threads)

    def _look(self) -> None:
        """Count the threads of the workers; raise GradcliError if there is nobody any more."""
        if self._client.status != "running" or not self._alive():
            raise self.lost()
        try:
            threads = self._client.nthreads()
            if threads.keys() - self._checked:
                self.check_versions()
        except GradcliError:
            raise
        except Exception as error:
            raise self.lost() from error
        self._checked |= threads.keys()
        self._threads = sum(threads.values())
        now = time.monotonic()
        if self._threads:
            self._alone_since = None
        elif self._alone_since is None:
            self._alone_since = now
        elif now - self._alone_since > PATIENCE:
            raise GradcliError(
                f"--cluster: the scheduler {self._address} has no workers (waited "
                f"{PATIENCE:.0f} s); start some with dask worker {self._address}"
            )

    def look(self) -> None:
        """Look after the scheduler and its workers, as is done while nothing else happens."""
        self._look()

    def lost(self) -> GradcliError:
        """Return the error for a scheduler that has gone away."""
        return GradcliError(f"--cluster: the scheduler {self._address} is gone")


class Hand(Generic[Item, Made]):
    """The tasks that are under way, and how often each was tried."""

    def __init__(self, cluster: Cluster, client: Client, job: Job, step: Step[Item, Made]) -> None:
        self._cluster, self._client, self._step = cluster, client, step
        self._name = f"gradcli-{os.urandom(8).hex()}"
        # A task that gives the job: a worker that needs it gets it from another, or makes it again.
        self._job = client.submit(_same, job, key=f"{self._name}-job")
        self._done: SimpleQueue[Future] = SimpleQueue()
        self._under_way: dict[Any, tuple[int, Item, int, Future]] = {}

    def each(self, items: Iterator[Item]) -> Iterator[Made]:
        """Have all tasks done, a bounded number of them under way at any time."""
        looked = time.monotonic()
        numbered = enumerate(items)
        try:
            while True:
                while len(self._under_way) < self._cluster.limit():
                    item = next(numbered, None)
                    if item is None:
                        break
                    self._start(*item, 1)
                if not self._under_way:
                    return
                with suppress(Empty):
                    yield from self._end(self._done.get(timeout=POLL))
                if time.monotonic() - looked > POLL:
                    self._cluster.look()
                    looked = time.monotonic()
        finally:
            # Before the client closes: nobody else waits for them.
            futures = [self._job, *(future for *_, future in self._under_way.values())]
            with suppress(Exception):
                self._client.cancel(futures, force=True)

    def _start(self, number: int, item: Item, tries: int) -> None:
        key = (self._name, number, tries)
        future = self._client.submit(_do, self._step, self._job, item, key=key, retries=0)
        self._under_way[key] = number, item, tries, future
        future.add_done_callback(self._done.put)

    def _end(self, future: Future) -> Iterator[Made]:
        """Yield what a task gives, or start it again."""
        number, item, tries, _ = self._under_way.pop(future.key)
        if future.cancelled():
            raise self._cluster.lost()
        error = future.exception()
        if error is None:
            yield future.result()
            return
        if isinstance(error, GradcliError):
            raise error
        if type(error).__name__ == "KilledWorker":  # tried with several workers by the scheduler
            raise GradcliError(
                f"--cluster: a task was lost with every worker that tried it ({number}); their "
                "memory may have run out: a smaller --memory may do"
            )
        if tries == TRIES:
            text = f"{type(error).__name__}: {error}"
            raise GradcliError(f"--cluster: a task has failed {TRIES} times ({number}): {text}")
        self._cluster.retried += 1
        self._start(number, item, tries + 1)


def _version(package: str, text: str | None) -> str | None:
    """Return a version as far as it must be the same: of Python the first two numbers."""
    if text is None or package != "python":
        return text
    return ".".join(text.split(".")[:2])


def _same(job: Job) -> Job:
    return job


def _do(step: Step[Item, Made], job: Job, item: Item) -> Made:
    """Do a task on a worker, which is named if it cannot work on the job at all."""
    try:
        job.open()
    except GradcliError as error:
        raise GradcliError(f"--cluster: worker {_worker()}: {error}") from error
    return step(job, item)


def compute(job: Job, number: int) -> tuple[str, Done]:
    """Compute a task; return the address of the worker, and what is known of the task."""
    return _worker(), job.compute(number)


def put(job: Job, item: tuple[int, Direct]) -> list[BlockResult]:
    """Write a part into the output; return what is known of its blocks."""
    return job.put(*item)


def copy(_: Job, copies: Copies) -> int:
    """Copy the pieces of a part into the output; return how many bytes these are."""
    return copies.carry_out()


def _worker() -> str:
    from distributed import get_worker

    return str(get_worker().address)
