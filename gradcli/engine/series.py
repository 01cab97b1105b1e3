"""Differentiate a series of files into one output for each."""

from __future__ import annotations

import time

from gradcli.engine.report import Report, peak_memory
from gradcli.engine.run import carry_out, opened
from gradcli.errors import UsageError
from gradcli.formats.series.source import SeriesSource
from gradcli.model.axes import find_axis
from gradcli.plan.plan import make_plan
from gradcli.record import replace
from gradcli.settings import Request, Settings


def differentiate_each(request: Request) -> Report:
    """Differentiate joined files, and write for each the part of the results that lies in it.

    Every output is complete by itself, and appears when it is.

    Returns
    -------
    Report
        That of the first part, with the outputs, blocks and bytes of all.
    """
    join = request.hints.join
    assert join is not None
    began = time.monotonic()
    total: Report | None = None
    with opened(request) as (source, run):
        assert isinstance(source, SeriesSource)
        _refuse_part(source, request.settings)
        name = source.axis.name or join.axis
        parts = list(source.parts())
        for part, rows in parts:
            isel = {**request.settings.isel, name: (rows.start, rows.stop)}
            settings = replace(request.settings, isel=isel)
            plan = make_plan(part, settings, request.destination, run)
            report = carry_out(part, plan, request._replace(run=run))
            if total is None:
                total = report
                continue
            total.outputs += report.outputs
            total.notes += [note for note in report.notes if note not in total.notes]
            total.blocks += report.blocks
            total.bytes_in += report.bytes_in
            total.bytes_out += report.bytes_out
            total.skipped = total.skipped and report.skipped
    assert total is not None
    total.seconds = time.monotonic() - began
    total.peak_memory = peak_memory()
    return total


def _refuse_part(source: SeriesSource, settings: Settings) -> None:
    """Raise UsageError if a part of the joined axis is selected, as each file is one."""
    for name in (*settings.isel, *settings.sel):
        try:
            find_axis((source.axis,), name)
        except UsageError:
            continue
        raise UsageError(
            f"--isel, --sel {name}: each file has an output of its own here, which is a part of "
            "this axis; name one output for all (-o), or leave out the part"
        )
