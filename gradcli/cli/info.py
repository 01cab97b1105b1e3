"""The command ``gradcli info``, which describes a file."""

from __future__ import annotations

import gc
import json as jsonlib
import math
import os
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

import click

from gradcli.cli import options
from gradcli.cli.complete import complete_input
from gradcli.cli.help import Command, Entry, make_command
from gradcli.errors import printable
from gradcli.system.allocator import keep_freed_memory
from gradcli.system.limits import require_base
from gradcli.system.logbook import Item, Logbook, Outcome
from gradcli.system.supervisor import be_watched

if TYPE_CHECKING:
    from gradcli.model.protocols import Hints, Source


def command(entry: Entry) -> Command:
    """Return the command."""
    return make_command(
        entry,
        _run,
        click.argument(
            "inputs", metavar="INPUT...", nargs=-1, required=True, shell_complete=complete_input
        ),
        options.folders,
        options.reading,
        click.option(
            "--stats",
            is_flag=True,
            help="Read the values too: smallest, largest, mean and share of missing.",
        ),
        click.option("--json", is_flag=True, help="One JSON object for each input, on stdout."),
        options.debugging,
    )


@click.pass_obj
def _run(
    log: Logbook | None,
    /,
    inputs: tuple[str, ...],
    recursive: bool,
    glob: str | None,
    exclude: tuple[str, ...],
    stats: bool,
    json: bool,
    **reading: Any,
) -> int:
    require_base()
    gc.enable()
    keep_freed_memory()
    from gradcli.cli.find import Search
    from gradcli.cli.inputs import work_on_inputs
    from gradcli.cli.words import refuse_words
    from gradcli.settings import job_count, memory_bytes

    log = log or Logbook()  # there is none if --help is the value of an option
    if not log.items:  # otherwise a process that died has set them
        search = Search(recursive, glob, results=True, exclude=exclude)
        items = search.items(inputs, [])
        log.set_out(items, recursive or len(items) > 1, json)
    be_watched(log)
    refuse_words(inputs, reading)
    work = partial(_one, _hints(**reading), log, stats, json)
    limits = memory_bytes(None), job_count(None)
    return work_on_inputs(log, work, limits, None if stats else False)


def _hints(dims: str | None, csv_layout: Any, no_valid_range: bool, **more: Any) -> Hints:
    """Return what the user says of the files."""
    from gradcli.model.protocols import Hints, Limits

    names = tuple(dims.split(",")) if dims else ()
    return Hints(
        dims=names,
        columns=names,
        layout=csv_layout,
        valid_range=not no_valid_range,
        limits=Limits(_most()),
        **more,
    )


def _most() -> int:
    """Return half of the machine's memory in bytes."""
    return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2


def _one(
    hints: Hints,
    log: Logbook,
    stats: bool,
    as_json: bool,
    item: Item,
    memory: int,
    jobs: int,
    on_block: Callable[[int, int], None],
) -> Outcome:
    """Describe one input and return its outcome."""
    from gradcli.plan.survey import survey

    def measure(source: Source, names: list[str]) -> dict[str, dict[str, Any]]:
        from gradcli.engine.statistics import field_statistics
        from gradcli.model.protocols import Limits

        return field_statistics(source, names, Limits(memory, jobs), _most(), on_block)

    found = survey(item.path, hints, measure if stats else None)
    if as_json:
        return Outcome(jsonlib.dumps(_finite(found), allow_nan=False), "", 0)
    parted = "" if item is log.items[0] else "\n"
    return Outcome(parted + _text(found), "", 0)


def _finite(value: Any) -> Any:
    """Return plain types in which infinities and NaN are text, because JSON has neither."""
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_finite(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return repr(value)
    return value


def _text(found: dict[str, Any]) -> str:
    lines = [f"{found['file']}: {found['description']}", "", "Axes:"]
    lines += [_axis_line(axis) for axis in found["axes"]]
    data = [v for v in found["variables"] if v["kind"] == "data"]
    others = [v for v in found["variables"] if v["kind"] != "data"]
    lines += ["", "Variables:"]
    for variable in data:
        lines += _variable_lines(variable)
    if others:
        lines += ["", "Others:"]
        lines += [f"  {_title(v)}: {v['kind']}, {v['type']}" for v in others]
    lines += ["", "Notes:", *(f"  {note}" for note in found["notes"])] if found["notes"] else []
    return "\n".join(printable(line) for line in lines)


def _axis_line(axis: dict[str, Any]) -> str:
    role = f" ({axis['role']})" if axis["role"] else ""
    points = "1 point" if axis["size"] == 1 else f"{axis['size']} points"
    span = ""
    if axis["first"] is not None:
        units = f" {axis['units']}" if axis["units"] else ""
        span = f", {axis['first']:.10g} to {axis['last']:.10g}{units}"
        if axis["dates"]:
            span = f", {' to '.join(axis['dates'])}, in{units}"
    direction = f", {axis['direction']}" if axis["direction"] else ""
    spacing = "spacing " + axis["says"] if axis["spacing"] else axis["says"]
    return f"  {axis['name']}{role}: {points}{span}{direction}; {spacing}"


def _title(variable: dict[str, Any]) -> str:
    return f"{variable['name']}({', '.join(variable['axes'])})"


def _coordinate(said: dict[str, Any]) -> str:
    over = f"({', '.join(said['over'])})" if said["over"] != [said["name"]] else ""
    return f"{said['name']}{over}"


def _variable_lines(variable: dict[str, Any]) -> list[str]:
    shape = " x ".join(str(n) for n in variable["shape"])
    units = f", {variable['units']}" if variable["units"] else ""
    lines = [f"  {_title(variable)}: {variable['type']}, {shape}{units}"]
    storage = variable["layout"]
    if variable["chunks"]:
        storage += " " + " x ".join(str(n) for n in variable["chunks"])
    if variable["compression"]:
        storage += f", {variable['compression']}"
    lines.append(f"    stored {storage}; missing: {variable['missing'] or 'none marked'}")
    if variable["stats"]:
        from gradcli.engine.statistics import statistics_text

        lines.append(f"    values {statistics_text(variable['stats'])}")
    if variable["roles"]:
        told = [f"{role} is {_coordinate(said)}" for role, said in variable["roles"].items()]
        metric = f"; {variable['metric']}" if variable["metric"] else ""
        lines.append(f"    {', '.join(told)}{metric}")
    through = variable["curvilinear"]
    if through:
        names = f"{through['x']},{through['y']}"
        lines.append(f"    curvilinear over {', '.join(through['over'])}: --axis {names}")
    for would in variable["compute"]:
        if would["refused"]:
            lines.append(f"    {would['axis']}: refused, {would['refused']}")
        else:
            unit = f" [{would['units']}]" if would["units"] else ""
            lines.append(f"    {would['axis']}: {would['result']}{unit}, {would['dtype']}")
    return lines
