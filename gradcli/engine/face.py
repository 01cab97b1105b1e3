"""What Python users see of a function that the command calls too."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from inspect import signature
from typing import Any, ParamSpec

from gradcli.engine.report import Report
from gradcli.engine.run import differentiate_file
from gradcli.errors.keywords import as_keywords, keywords_of
from gradcli.model.protocols import Destination
from gradcli.settings import Request, Settings
from gradcli.system.paths import STDIN

P = ParamSpec("P")


def carried_out(request: Callable[P, Request]) -> Callable[P, Report]:
    """Wrap a function that returns a request, so that the request is carried out.

    Commands that do something else with the same options call the function inside.
    """

    @wraps(request)
    def _face(*args: P.args, **given: P.kwargs) -> Report:
        asked = request(*args, **given)
        if asked.run.cluster is not None:
            from gradcli.engine.clustered import differentiate_on_cluster

            return differentiate_on_cluster(asked)
        if asked.hints.join is not None and asked.destination.is_each:
            from gradcli.engine.series import differentiate_each

            return differentiate_each(asked)
        return differentiate_file(asked)

    face: Any = _face
    face.__signature__ = signature(request).replace(return_annotation="Report")
    face.__annotations__ = {**request.__annotations__, "return": "Report"}
    return _face


def streaming(
    path: str, settings: Settings, destination: Destination, dry_run: bool
) -> tuple[str, ...]:
    """Return the formats in which an input may be worked on while it arrives."""
    if path != STDIN:
        return ()
    from gradcli.plan.live import streaming_formats

    return streaming_formats(settings, destination, dry_run)


def for_python(function: Callable[P, Report]) -> Callable[P, Report]:
    """Wrap a function for Python users: check types of arguments, name keywords in notes."""

    @wraps(function)
    def _face(*args: P.args, **given: P.kwargs) -> Report:
        from gradcli.model.arguments import plain_arguments  # the command needs no check

        report = function(**plain_arguments(function, args, given))  # type: ignore[call-arg]
        report.notes = [as_keywords(note, keywords_of(function)) for note in report.notes]
        return report

    return _face
