"""Run the command line: signals, standard streams, exit codes."""

from __future__ import annotations

import gc
import os
import sys
import warnings
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NoReturn

import click

from gradcli.cli.commands import ALSO_CALLED, COMMANDS
from gradcli.cli.explain import debugging, explain, fail, is_failure
from gradcli.cli.group import group

if TYPE_CHECKING:
    from gradcli.system.logbook import Logbook

INTERRUPT = 2  # the number of SIGINT


def main(args: list[str] | None = None) -> NoReturn:
    """Run the command line and exit with its exit code."""
    # The threads of OpenBLAS are not used, but would each reserve memory.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    if not debugging():
        os.environ["RUST_BACKTRACE"] = "0"
    _fill_places()
    if not sys.warnoptions:  # what users must know is given as a note
        warnings.simplefilter("ignore")
    alone = args is not None  # called from Python: its process is not forked
    words = sys.argv[1:] if args is None else args
    if not alone:
        gc.disable()  # until the work begins: modules make no garbage while they are imported
    if _is_work(words):
        _prepare()
    code = 0
    try:
        code = _run(words, alone)
        sys.stdout.flush()
    except BrokenPipeError:
        # The reader has closed the pipe, as `head` does: this is no error.
        _forget_stdout()
        code = 0
    except OSError as error:
        code = code or fail(f"standard output: cannot be written: {error.strerror}", 1)
        _forget_stdout()
    if _is_work(words) and not alone and not sys.warnoptions:  # -W may ask for warnings at exit
        # All files are closed, and Python would take 30 ms to unload the libraries.
        with suppress(OSError):
            sys.stderr.flush()
        os._exit(code)
    sys.exit(code)


def _prepare() -> None:
    """Prepare the process for work; help pages do not wait for these modules."""
    from gradcli.cli.signals import end_on_signals

    end_on_signals()
    if not debugging() and not sys._xoptions:
        from gradcli.system.stderr import mute_libraries

        mute_libraries()


def _forget_stdout() -> None:
    """Send stdout to the null device, so that Python reports no failed flush at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _fill_places() -> None:
    """Open the standard streams that are closed, so that no other file gets their descriptors."""
    for place, (name, mode) in enumerate((("stdin", "r"), ("stdout", "w"), ("stderr", "w"))):
        if getattr(sys, name) is None:
            os.open(os.devnull, os.O_RDWR)  # gets the lowest free descriptor
            setattr(sys, name, open(place, mode, closefd=False))  # noqa: SIM115


def _run(args: list[str], alone: bool) -> int:
    try:
        return _invoke(args, _log(alone) if _is_work(args) else None)
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message())
        return 0
    except click.UsageError as error:
        where = f" (see {error.ctx.command_path} --help)" if error.ctx else ""
        return fail(error.format_message() + where, 2)
    except click.ClickException as error:
        return fail(error.format_message(), 1)
    except KeyboardInterrupt as error:
        number = getattr(error, "number", INTERRUPT)
        word = "interrupted" if number == INTERRUPT else "terminated"
        text = "; ".join([word, "no output is half-written", *getattr(error, "__notes__", ())])
        return fail(text, 128 + number)
    except BrokenPipeError:
        raise
    except BaseException as error:
        if not is_failure(error):
            raise
        return fail(*explain(error))


def _log(alone: bool) -> Logbook:
    """Return the log of this command, in a child process unless called from Python."""
    if alone:
        from gradcli.system.logbook import Logbook

        return Logbook()
    from gradcli.system.supervisor import supervise

    return supervise()


def _is_work(args: list[str]) -> bool:
    """Return whether the command will read a file; other commands need no supervisor."""
    if not args or args[0] not in {*COMMANDS, *ALSO_CALLED} or "_GRADCLI_COMPLETE" in os.environ:
        return False
    if args[0] in COMMANDS and not COMMANDS[args[0]].reads:
        return False
    return not {"-h", "--help"} & set(args)


def _invoke(args: list[str], log: Logbook | None) -> int:
    """Run a command like ``click.Command.main``, but leave signals and pipes to `main`.

    Commands that read files find the log as ``obj`` of their context.
    """
    if "_GRADCLI_COMPLETE" in os.environ:
        from gradcli.cli.complete import keep_commas_in_fish

        keep_commas_in_fish()
        group.main(args, prog_name="gradcli")
    try:
        with group.make_context("gradcli", list(args), obj=log) as ctx:
            result: Any = group.invoke(ctx)
            return result if isinstance(result, int) else 0
    except click.exceptions.Exit as leave:
        return leave.exit_code
