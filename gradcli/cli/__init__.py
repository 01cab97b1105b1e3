"""The group of commands, imported on demand, and the one place where errors become messages."""

from __future__ import annotations

import os
import signal
import sys
import warnings
from contextlib import suppress
from importlib import import_module
from typing import Any, NoReturn

import click

from gradcli import __version__
from gradcli.errors import GradcliError, one_line, printable
from gradcli.system.stderr import mute_libraries

# Short helps stand here too, so that `gradcli --help` imports no command; a test compares them.
COMMANDS = {
    "compute": "Write the gradient of every field in a file.",
    "magnitude": "Write the length of the gradient.",
    "direction": "Write the direction in which a field rises most.",
    "directional": "Write the derivative in one direction.",
    "laplacian": "Write the Laplacian.",
    "hessian": "Write all second derivatives.",
    "divergence": "Write the divergence of a vector.",
    "curl": "Write the curl of a vector.",
    "jacobian": "Write every derivative of every component of a vector.",
    "info": "Say what is in a file, and how each axis would be differentiated.",
}
HOME = "https://github.com/gradcli/gradcli"
EXAMPLES = """
Examples:
  gradcli compute ocean.nc --axis x,y       writes ocean_gradient.nc
  gradcli compute track.csv --axis t        one result for each column
  gradcli compute image.npy                 writes image_d0.npy, image_d1.npy
  gradcli info ocean.nc                     what is in the file
"""


class LazyGroup(click.Group):
    """A group whose commands are imported when they are called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of the commands."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a command."""
        if cmd_name not in COMMANDS:
            return None
        if cmd_name == "info":
            found: click.Command = import_module("gradcli.cli.info").command
        else:
            found = import_module("gradcli.cli.compute").command(cmd_name)
        return found

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command; an unknown one lists what there is."""
        known = not args or args[0] in COMMANDS or args[0].startswith("-")
        if not known and not ctx.resilient_parsing:  # as where the shell asks for completions
            from gradcli.errors import suggest

            raise suggest("command", args[0], list(COMMANDS))
        return super().resolve_command(ctx, args)

    def format_help(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the examples first."""
        format_with_examples(self, ctx, formatter, EXAMPLES)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the commands from the table."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


def format_with_examples(
    command: click.Command, ctx: click.Context, formatter: click.HelpFormatter, examples: str
) -> None:
    """Write a help page: usage, examples, then the rest."""
    command.format_usage(ctx, formatter)
    formatter.write_paragraph()
    formatter.write(examples.strip() + "\n")
    command.format_help_text(ctx, formatter)
    command.format_options(ctx, formatter)
    command.format_epilog(ctx, formatter)


@click.group(
    cls=LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"], "auto_envvar_prefix": "GRADCLI"},
)
@click.version_option(__version__, prog_name="gradcli", allow_from_autoenv=False)
def group() -> None:
    """Differentiate gridded data files: CSV, NPY, NPZ, HDF5, NetCDF."""


class Terminated(KeyboardInterrupt):
    """A signal asks the run to end; raised so that temporary files are removed on the way out.

    A kind of KeyboardInterrupt, because CPython's compiler swallows every other exception that
    a signal handler raises while a module is compiled.
    """

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


def _end(number: int, _: object) -> None:
    # A second signal would interrupt the cleaning up.
    for other in _SIGNALS:
        signal.signal(other, signal.SIG_IGN)
    raise Terminated(number)


_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def main(args: list[str] | None = None) -> NoReturn:
    """Run the command line and leave with its exit code."""
    # Of all that libraries start, each of these threads alone would reserve memory, unused.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    if not debugging():
        os.environ["RUST_BACKTRACE"] = "0"
    for number in _SIGNALS:
        if signal.getsignal(number) != signal.SIG_IGN:  # as nohup and background jobs have it
            signal.signal(number, _end)
    _fill_places()
    if not sys.warnoptions:  # what users must know is a note
        warnings.simplefilter("ignore")
    if not debugging() and not sys._xoptions:
        mute_libraries()
    alone = args is not None  # called from Python, whose process is not forked
    words = sys.argv[1:] if args is None else args
    code = 0
    try:
        code = _run(words, alone)
        sys.stdout.flush()
    except BrokenPipeError:
        # The reader has gone: nothing to tell it.
        _forget_stdout()
        code = 0
    except OSError as error:
        code = code or _fail(f"standard output: cannot be written: {error.strerror}", 1)
        _forget_stdout()
    if _is_work(words) and not alone and not sys.warnoptions:  # -W asks what was left open
        # All files are closed, and libraries take 30 ms to be taken apart.
        with suppress(OSError):
            sys.stderr.flush()
        os._exit(code)
    sys.exit(code)


def _forget_stdout() -> None:
    """Leave nothing for Python to say at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _fill_places() -> None:
    """Open the standard streams that are closed: no other file may take their places."""
    for place, (name, mode) in enumerate((("stdin", "r"), ("stdout", "w"), ("stderr", "w"))):
        if getattr(sys, name) is None:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest place that is free
            setattr(sys, name, open(place, mode, closefd=False))  # noqa: SIM115


def _run(args: list[str], alone: bool) -> int:
    try:
        if _is_work(args):
            from gradcli.system.supervisor import begin_anew, supervise

            begin_anew() if alone else supervise()
        return _invoke(args)
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message(), err=True)
        return 2
    except click.UsageError as error:
        where = f" (see {error.ctx.command_path} --help)" if error.ctx else ""
        return _fail(error.format_message() + where, 2)
    except click.ClickException as error:
        return _fail(error.format_message(), 1)
    except Terminated as error:
        word = "interrupted" if error.number == signal.SIGINT else "terminated"
        return _fail(f"{word}; no output is half-written", 128 + error.number)
    except BrokenPipeError:
        raise
    except BaseException as error:
        if not is_failure(error):
            raise
        return _fail(*explain(error))


def _is_work(args: list[str]) -> bool:
    """Return whether a file will be read; the rest needs nobody to watch it."""
    if not args or args[0] not in COMMANDS or "_GRADCLI_COMPLETE" in os.environ:
        return False
    return not {"-h", "--help"} & set(args)


def is_failure(error: BaseException) -> bool:
    """Return whether an error is of the work, not a wish to end it; polars panics are none."""
    return isinstance(error, Exception) or type(error).__name__ == "PanicException"


def explain(error: BaseException) -> tuple[str, int]:
    """Return an error as a line, and the exit code that it stands for."""
    if isinstance(error, GradcliError):
        return str(error), error.exit_code
    from gradcli.system.limits import LEAST, explained, is_exhaustion

    if is_exhaustion(error):  # in its libraries, before or beside the work on an input
        return explained(error, 1, (), LEAST), 1
    if isinstance(error, OSError):
        place = "" if error.filename is None else f"{error.filename}: "
        return f"{place}the system refuses: {error.strerror or error}", 1
    if isinstance(error, EOFError) and "marshal" in str(error):  # before Python 3.12.8 and 3.13.1
        return (
            "a compiled module of Python was cut short, as by a full disk; "
            f"remove the __pycache__ folders in {sys.prefix}, or install anew"
        ), 1
    kind = type(error).__name__
    return f"unexpected {kind}: {error}; please report it at {HOME} (--debug says more)", 1


def _invoke(args: list[str]) -> int:
    """Run a command as ``click.Command.main`` would, but for its handling of signals and pipes."""
    if "_GRADCLI_COMPLETE" in os.environ:
        from gradcli.cli.complete import keep_commas_in_fish

        keep_commas_in_fish()
        group.main(args, prog_name="gradcli")
    try:
        with group.make_context("gradcli", list(args)) as ctx:
            result: Any = group.invoke(ctx)
            return result if isinstance(result, int) else 0
    except click.exceptions.Exit as leave:
        return leave.exit_code


def _fail(message: str, code: int) -> int:
    if debugging():
        import traceback

        traceback.print_exc()
    click.echo("Error: " + printable(one_line(message)), err=True)
    return code


def debugging() -> bool:
    """Return whether tracebacks were asked for, by option or by variable."""
    variables = ["GRADCLI_DEBUG", *(f"GRADCLI_{word.upper()}_DEBUG" for word in sys.argv[1:2])]
    said = [os.environ.get(name, "").lower() for name in variables]
    return "--debug" in sys.argv or any(text not in ("", "0", "false", "no") for text in said)
