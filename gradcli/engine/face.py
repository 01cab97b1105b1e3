"""What Python users see of a function that the command calls too."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec

from gradcli.engine.report import Report
from gradcli.errors.keywords import as_keywords, keywords_of

P = ParamSpec("P")


def for_python(function: Callable[P, Report]) -> Callable[P, Report]:
    """Wrap a function for Python users: check types of arguments, name keywords in notes."""

    @wraps(function)
    def _face(*args: P.args, **given: P.kwargs) -> Report:
        from gradcli.model.arguments import plain_arguments  # the command needs no check

        report = function(**plain_arguments(function, args, given))  # type: ignore[call-arg]
        report.notes = [as_keywords(note, keywords_of(function)) for note in report.notes]
        return report

    return _face
