"""Process many inputs in one command, several at once if that is faster."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from itertools import groupby
from threading import Event

import click

from gradcli.cli.explain import is_failure
from gradcli.cli.report import BatchProgress, say
from gradcli.cli.summary import Summary
from gradcli.errors import BatchError, GradcliError, MemoryShortError
from gradcli.formats.registry import format_of
from gradcli.system.logbook import Item, Logbook, Outcome, Work
from gradcli.system.threads import Threads, in_order
from gradcli.system.workers import Advance, Workers, is_single

# Smaller files spend their time in Python, which runs one thread of a process; larger files are
# cut into blocks for all threads.
LEAST, MOST = 2**20, 2**25
FEWEST = 20  # small files for which processes are worth their start
INFLATES = 8  # assumed growth of files in memory when several are processed at once


class HaltError(BaseException):
    """Raised in inputs that are being processed, to stop them when the batch is interrupted."""


class Batch:
    """The inputs of a command that are not done yet.

    Parameters
    ----------
    log : Logbook
    work : callable
        Processes one input, given an amount of memory and a number of threads.
    explain : callable
        Returns the outcome of an input for the error that ``work`` raised.
    limits : tuple of int
        Bytes of memory, and number of threads, for all inputs together.
    keep_going : bool
        Whether to go on with the other inputs when one has failed.
    progress : BatchProgress
    summary : Summary
    forks : bool
        Whether processes of their own may work on small inputs.
    """

    def __init__(
        self,
        log: Logbook,
        work: Work,
        explain: Callable[[Item, BaseException], Outcome],
        limits: tuple[int, int],
        keep_going: bool,
        progress: BatchProgress,
        summary: Summary,
        forks: bool,
    ) -> None:
        self._log = log
        self._work = work
        self._explain = explain
        self._memory, self._jobs = limits
        self._keep_going = keep_going
        self._progress = progress
        self._summary = summary
        self._forks = forks and log.pipe is not None  # a caller in Python is not forked
        found = [state_of(item.path) for item in log.items]
        self._sizes = [0 if state is None else state.st_size for state in found]
        self._kinds = [self._kind_of(state) for state in found]
        self._ended, self._interrupted = Event(), Event()
        self._put_off: list[int] = []

    def run(self) -> int:
        """Process the inputs that are left, print their outcomes, and return the exit code."""
        log = self._log
        self._progress.expect(self._sizes, log.outcomes)
        if not self._keep_going and any(outcome.code for outcome in log.outcomes.values()):
            self._ended.set()
        for index in sorted(log.outcomes.keys() - log.shown):
            self._show(index, log.outcomes[index])
        left = [index for index in range(len(log.items)) if index not in log.outcomes]
        left = self._warm_up(left)
        with self._workers(sum(map(self._is_small, left))) as workers:
            # One of these ended the process before; one at a time shows which.
            self._each([index for index in left if index in log.suspects], 1)
            rest = [index for index in left if index not in log.suspects]
            for kind, group in groupby(rest, self._kinds.__getitem__):
                indices = list(group)
                if kind == "small" and workers is not None:
                    self._hand_over(workers, indices)
                else:
                    self._each(indices, min(self._jobs, len(indices)) if kind == "medium" else 1)
                put_off, self._put_off = self._put_off, []
                self._each(put_off, 1)
        return self._sum_up()

    def _kind_of(self, state: os.stat_result | None) -> str:
        """Return how an input is processed; folders, FIFOs and devices are never small."""
        if state is None:
            return "large"
        most = min(MOST, self._memory // (INFLATES * self._jobs))
        if LEAST <= state.st_size <= most:
            return "medium"
        return "small" if 0 < state.st_size < LEAST and stat.S_ISREG(state.st_mode) else "large"

    def _is_small(self, index: int) -> bool:
        return self._kinds[index] == "small"

    def _warm_up(self, left: list[int]) -> list[int]:
        """Process the first input if that loads what all workers need; return those left.

        Nothing that starts threads is loaded, since threads are not forked.
        """
        if not left or left[0] in self._log.suspects or not self._is_small(left[0]):
            return left
        known = format_of(self._log.items[left[0]].path)
        if known is None or (known.library is not None and known.library[2]):
            return left
        self._each(left[:1], 1)
        return left[1:]

    def _workers(self, count: int) -> AbstractContextManager[Workers | None]:
        """Return the processes for so many small inputs, or None if they are not worth it."""
        if not self._forks or self._jobs < 2 or count < FEWEST or not is_single():
            return nullcontext()
        workers = min(self._jobs, count)
        share = self._memory // workers, max(1, self._jobs // workers)

        def do(index: int, advance: Advance) -> Outcome | None:
            return self._do(index, *share, advance)

        advance = self._progress.update_one
        return Workers(self._log, workers, do, advance, not self._keep_going)

    def _hand_over(self, workers: Workers, indices: list[int]) -> None:
        """Have other processes work on inputs, and do here what these leave."""
        for index, outcome in workers.outcomes([] if self._ended.is_set() else indices):
            if outcome is None:
                self._put_off.append(index)
                continue
            if outcome.code and not self._keep_going:
                self._ended.set()
            self._show(index, outcome)

    def _each(self, indices: list[int], threads: int) -> None:
        share = self._memory // threads, max(1, self._jobs // threads)
        do = self._do if threads == 1 else self._do_beside

        def step(index: int) -> tuple[int, Outcome | None]:
            return index, do(index, *share, self._progress.update_one)

        with Threads(threads) as pool:
            try:
                for index, outcome in in_order(pool, step, indices, threads):
                    if outcome is not None:
                        self._show(index, outcome)
            except BaseException:
                self._ended.set()
                self._interrupted.set()
                raise

    def _do_beside(self, index: int, memory: int, jobs: int, advance: Advance) -> Outcome | None:
        """Process an input beside others; its outcome is logged now and shown in its turn."""
        outcome = self._do(index, memory, jobs, advance)
        if outcome is not None:
            self._log.end(index, outcome)
        return outcome

    def _do(self, index: int, memory: int, jobs: int, advance: Advance) -> Outcome | None:
        """Process an input and return its outcome, or None if it was not tried or was put off."""
        if self._ended.is_set():
            return None

        def on_block(done: int, count: int) -> None:
            if self._interrupted.is_set():
                raise HaltError
            advance(index, done, count)

        item = self._log.items[index]
        self._log.begin(index)
        try:
            outcome = self._work(item, memory, jobs, on_block)
        except BrokenPipeError:
            raise
        except BaseException as error:
            if not is_failure(error) or getattr(error, "whatever_the_input", False):
                raise
            if memory < self._memory and isinstance(error, (MemoryShortError, MemoryError)):
                self._log.put_off(index)  # all of the memory may be enough for it
                self._put_off.append(index)
                return None
            outcome = self._explain(item, error)
        if outcome.code and not self._keep_going:
            self._ended.set()
        return outcome

    def _show(self, index: int, outcome: Outcome) -> None:
        self._progress.finish_one(index)
        outcome = self._summary.without_repeats(self._log.items[index], outcome)
        if outcome.err or outcome.out:
            self._progress.clear()
        say(outcome)
        self._log.show(index, outcome)

    def _sum_up(self) -> int:
        self._progress.clear()
        for line in self._summary.repeats():
            click.echo(line, err=True)
        count = len(self._log.items)
        failed = sum(outcome.code != 0 for outcome in self._log.outcomes.values())
        if failed and not self._keep_going:
            untried = count - len(self._log.outcomes)
            raise GradcliError(
                f"stopped at the first failure; {untried} of {count} inputs were not tried"
            )
        if failed:
            told = self._summary.counts(self._log.outcomes)
            raise BatchError(f"{failed} of {count} inputs failed; {told}")
        for line in self._summary.end(self._log.outcomes):
            click.echo(line, err=True)
        return 0


def state_of(path: str) -> os.stat_result | None:
    """Return what the system says of a file, or None if there is none."""
    try:
        return os.stat(path)
    except OSError:
        return None
