"""What a command line that cannot be meant as it stands was perhaps meant to be."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Iterator, Sequence
from typing import TypeGuard

import click

from gradcli.catalogue import BY_NAME, Row
from gradcli.cli.page import name_of
from gradcli.errors import GradcliError, UsageError

# Options whose value is a list, separated by commas.
LISTS = frozenset(
    [
        "axis",
        "var",
        "dims",
        "also",
        "show",
        "spacing",
        "coords",
        "periodic",
        "sel",
        "isel",
        "per",
        "chunks",
        "shards",
        "missing-value",
        "at",
        "from",
    ]
)
# Options of one letter.
LETTERS = {
    "a": "axis",
    "v": "var",
    "o": "output",
    "O": "overwrite",
    "r": "recursive",
    "j": "jobs",
    "q": "quiet",
    "0": "null",
}
# What other tools call an option.
OTHERS = {
    "variable": "var",
    "variables": "var",
    "dim": "axis",
    "out": "output",
    "outfile": "output",
    "outdir": "output-dir",
    "force": "overwrite",
    "clobber": "overwrite",
    "threads": "jobs",
    "processes": "jobs",
    "workers": "jobs",
    "step": "spacing",
    "dx": "spacing",
    "wrap": "periodic",
    "fill-value": "missing-value",
    "nodata": "missing-value",
    "compress": "deflate",
    "compression": "deflate",
    "method": "scheme",
    "silent": "quiet",
    "title": "name",
    "delimiter": "csv-layout",
}


def refuse_strays(command: click.Command, args: Sequence[str]) -> None:
    """Raise UsageError for words that are no files, and were perhaps meant for an option."""
    known = {name: each for each in command.params for name in (*each.opts, *each.secondary_opts)}
    for word in _options(args):
        long = f"-{word.partition('=')[0]}"
        if not word.startswith("--") and len(word) > 2 and long in known and word not in known:
            raise UsageError(f"{word}: an option of several letters has two dashes: -{word}")
    if not any(isinstance(each, click.Argument) for each in command.params):
        return
    words = list(args)
    for place, word in enumerate(words[:-2]):
        option = known.get(word)
        if not isinstance(option, click.Option) or option.is_flag or word.startswith("---"):
            continue
        if place and words[place - 1] in known and not _is_flag(known[words[place - 1]]):
            continue  # it is the value of another option
        value, other = words[place + 1 : place + 3]
        if name_of(option) in LISTS and not other.startswith("-") and _is_no_file(other):
            raise UsageError(
                f"{other!r} is no file; separate a list with commas: {word} {value},{other}"
            )


def extra_words(command: click.Command, words: Sequence[str]) -> UsageError:
    """Return the error for words behind all that a command takes."""
    takes = " ".join(
        each.make_metavar(click.Context(command)).strip("[]")
        for each in command.params
        if isinstance(each, click.Argument)
    )
    text = f"gradcli {command.name} takes {f'one {takes}' if takes else 'no words'}; found also "
    text += " ".join(map(repr, words))
    if takes and any(not _is_no_file(word) for word in words):
        return UsageError(f"{text}; run it once for each file")
    if "axis" in map(name_of, filter(_is_option, command.params)):
        return UsageError(f"{text}; axes and variables have options: --axis {','.join(words)}")
    return UsageError(text)


def output_meant(inputs: Sequence[str], output: str | None) -> str | None:
    """Return a note if the second of two inputs is perhaps meant to be the output, as of cp."""
    from gradcli.formats.registry import is_input

    if output is not None or len(inputs) != 2 or not is_input(inputs[1]):
        return None
    if os.path.exists(inputs[1]) or not os.path.exists(inputs[0]):
        return None
    return (
        f"{inputs[1]} is an input that does not exist; -o {shlex.quote(inputs[1])} names an output"
    )


def _is_option(param: click.Parameter) -> TypeGuard[click.Option]:
    return isinstance(param, click.Option)


def _is_flag(param: click.Parameter) -> bool:
    return isinstance(param, click.Option) and param.is_flag


def _options(args: Sequence[str]) -> Iterator[str]:
    """Yield the words that may be options: those before ``--``."""
    for word in args:
        if word == "--":
            return
        if word.startswith("-"):
            yield word


def _is_no_file(word: str) -> bool:
    from gradcli.formats.registry import is_input
    from gradcli.system.paths import is_address

    return not (os.path.exists(word) or is_input(word) or is_address(word) or "*" in word)


def unknown_option(command: click.Command, wrong: str) -> UsageError:
    """Return the error for an option that a command does not have."""
    name = wrong.lstrip("-").replace("_", "-").lower()
    known = {name_of(each) for each in command.params if isinstance(each, click.Option)} | {"help"}
    name = LETTERS[wrong[1:]] if wrong[1:] in LETTERS else OTHERS.get(name, name)
    if name in known:
        return UsageError(f"no option {wrong}; write --{name}")
    if name in BY_NAME:
        return UsageError(f"{wrong}: an option of {_takers(name)}, not of {command.name}")
    near = _near(name, sorted(known))
    told = f"did you mean --{near[0]}?" if near else f"gradcli {command.name} --help lists all"
    return UsageError(f"no option {wrong}; {told}")


def _near(name: str, known: list[str]) -> list[str]:
    from difflib import get_close_matches

    return get_close_matches(name, known, 1, 0.6)


def _takers(name: str) -> str:
    """Return the commands that take an option.

    >>> _takers("at"), _takers("keep")
    ('plot and probe', 'compute and other operators')
    """
    row: Row = BY_NAME[name]
    names = [
        "compute and other operators" if each == "operators" else each
        for each in row.commands.split()
    ]
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))


def unknown_command(wrong: str, known: list[str]) -> GradcliError:
    """Return the error for a word that is no command."""
    from gradcli.errors.suggest import suggest

    if wrong.startswith("-"):
        return _misplaced(wrong)
    if not _is_no_file(wrong):
        name = shlex.quote(wrong)
        return UsageError(
            f"{wrong}: is a file, not a command; gradcli info {name} says what is in it, "
            f"gradcli compute {name} writes its derivatives"
        )
    return suggest("command", wrong, known)


def _misplaced(wrong: str) -> UsageError:
    name = re.split("[= ]", wrong.lstrip("-"))[0]
    if name == "version" or _near(name, ["version"]):
        return UsageError(f"no option {wrong}; did you mean --version?")
    if name in BY_NAME or len(name) == 1:
        return UsageError(f"{wrong}: options come after the command: gradcli compute {wrong} …")
    return UsageError(f"no option {wrong}; gradcli --help lists the commands")
