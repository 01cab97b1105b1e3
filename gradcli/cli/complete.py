"""Shell completion; Click makes the scripts for bash, zsh and fish."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem


def _item(value: str, kind: str = "plain") -> CompletionItem:
    # Imported only for completion, not for every run.
    from click.shell_completion import CompletionItem

    return CompletionItem(value, type=kind)


def complete_input(_: click.Context, __: click.Parameter, begun: str) -> list[CompletionItem]:
    """Return the files of known suffixes that begin like this, or any file if there is none."""
    found = list(_inputs(begun))
    # The shell would take a single folder for the whole answer, and add a blank after it.
    while len(found) == 1 and found[0].endswith("/") and found[0] != begun:
        begun = found[0]
        found = list(_inputs(begun)) or found
        if found == [begun]:
            break
    return [_item(path) for path in found] or [_item(begun, "file")]


def _inputs(begun: str) -> Iterator[str]:
    """Yield files of known suffixes, and folders with a trailing slash."""
    from gradcli.formats.registry import is_input, is_store

    folder, start = os.path.split(begun)
    with suppress(OSError):
        for name in sorted(os.listdir(os.path.expanduser(folder) or os.curdir)):
            path = os.path.join(folder, name)
            if not name.startswith(start) or (name.startswith(".") and not start):
                continue
            if os.path.isdir(os.path.expanduser(path)) and not is_store(path):
                yield path + "/"
            elif is_input(name):
                yield path


def complete_operators(_: click.Context, __: click.Parameter, begun: str) -> list[CompletionItem]:
    """Return the lists of operators that begin like this."""
    from gradcli.numerics.operators import OPERATORS, OTHER_NAMES

    return _listed(begun, [*OPERATORS, *OTHER_NAMES])


def complete_shown(_: click.Context, __: click.Parameter, begun: str) -> list[CompletionItem]:
    """Return the lists of what a picture can show that begin like this."""
    from gradcli.numerics.operators import OPERATORS, OTHER_NAMES

    return _listed(begun, ["field", *OPERATORS, *OTHER_NAMES])


def _listed(begun: str, names: list[str]) -> list[CompletionItem]:
    before, comma, start = begun.rpartition(",")
    taken = before.split(",")
    return [
        _item(before + comma + name)
        for name in names
        if name.startswith(start) and name not in taken
    ]


def complete_metric(_: click.Context, __: click.Parameter, begun: str) -> list[CompletionItem]:
    """Return the metrics that begin like this."""
    from typing import get_args

    from gradcli.model.metric import MetricName

    return [_item(name) for name in get_args(MetricName) if name.startswith(begun)]


def complete_path(_: click.Context, __: click.Parameter, begun: str) -> list[CompletionItem]:
    """Let the shell complete the name of a file."""
    return [_item(begun, "file")]


def complete_folder(_: click.Context, __: click.Parameter, begun: str) -> list[CompletionItem]:
    """Let the shell complete the name of a folder."""
    return [_item(begun, "dir")]


def keep_commas_in_fish() -> None:
    """Let fish complete values with commas; Click's script cuts a value at the first comma."""
    from click.shell_completion import FishComplete, add_completion_class

    class WholeValues(FishComplete):
        source_template = FishComplete.source_template.replace("split ", "split -m 1 ")

    add_completion_class(WholeValues)
