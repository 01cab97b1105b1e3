"""Work through the inputs of a command, one alone or many as a batch."""

from __future__ import annotations

from functools import partial

from gradcli.cli.explain import debugging, explain, is_failure
from gradcli.cli.report import BatchProgress, Progress, say
from gradcli.system.logbook import Item, Logbook, Outcome, Work
from gradcli.system.supervisor import failure


def work_on_inputs(
    log: Logbook,
    work: Work,
    limits: tuple[int, int],
    shown: bool | None,
    keep_going: bool = True,
    closing: bool = False,
    forks: bool = True,
) -> int:
    """Work on the inputs that are not done according to the log, and return the exit code.

    Parameters
    ----------
    log : Logbook
    work : callable
        Works on one input, given an amount of memory and a number of threads.
    limits : tuple of int
        Bytes of memory, and number of threads, for all inputs together.
    shown : bool or None
        Whether progress is shown; None for at a terminal.
    keep_going : bool
        Whether to go on with the other inputs when one has failed.
    closing : bool
        Whether a batch ends with a line that says how many inputs were done.
    forks : bool
        Whether processes of their own may work on small inputs of a batch.
    """
    if not log.batch:
        return _single(log, work, limits, shown)
    from gradcli.cli.batch import Batch
    from gradcli.cli.summary import Summary

    explained = partial(_explained, log.as_json)
    with BatchProgress(shown) as progress:
        summary = Summary(closing)
        return Batch(log, work, explained, limits, keep_going, progress, summary, forks).run()


def _single(log: Logbook, work: Work, limits: tuple[int, int], shown: bool | None) -> int:
    """Work on the only input; if it fails, the command fails with its error."""
    log.begin(0)
    try:
        with Progress(shown, log.items[0].path) as progress:
            outcome = work(log.items[0], *limits, progress.update)
    except BrokenPipeError:
        raise
    except BaseException as error:
        if not is_failure(error):
            raise
        explained = _explained(log.as_json, log.items[0], error)
        say(explained._replace(err=""))  # `main` prints the error
        raise
    say(outcome)
    log.show(0, outcome)
    return outcome.code


def _explained(as_json: bool, item: Item, error: BaseException) -> Outcome:
    """Return the outcome of an input that failed with an error."""
    text, code = explain(error)
    outcome = failure(item.path, text, code, as_json)
    if not debugging():
        return outcome
    import traceback

    return outcome._replace(err="".join(traceback.format_exception(error)) + outcome.err)
