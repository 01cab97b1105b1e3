"""The command ``gradcli info``, which describes a file."""

from __future__ import annotations

import json as jsonlib
import math
import os
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from gradcli.cli import options
from gradcli.cli.complete import complete_input
from gradcli.cli.explore import begin
from gradcli.cli.help import Command, Entry, make_command
from gradcli.errors import printable

if TYPE_CHECKING:
    from gradcli.model.protocols import Layout
    from gradcli.system.logbook import Logbook


def command(entry: Entry) -> Command:
    """Return the command."""
    return make_command(
        entry,
        _run,
        click.argument("path", metavar="INPUT", shell_complete=complete_input),
        options.reading,
        click.option("--json", is_flag=True, help="One JSON object on stdout."),
        options.debugging,
    )


@click.pass_obj
def _run(
    log: Logbook | None,
    /,
    path: str,
    json: bool,
    dims: str | None,
    format: str | None,
    csv_layout: Layout | None,
    no_valid_range: bool,
    decimal: str | None,
    thousands: str | None,
    header: str | None,
    skip_rows: int,
    encoding: str | None,
    date_format: str | None,
) -> int:
    begin(log, path)
    from gradcli.model.protocols import Hints, Limits
    from gradcli.plan.survey import survey

    names = tuple(dims.split(",")) if dims else ()
    most = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2
    hints = Hints(format, names, names, csv_layout, decimal, Limits(most))
    hints = replace(
        hints,
        valid_range=not no_valid_range,
        thousands=thousands,
        header=header,
        skip_rows=skip_rows,
        encoding=encoding,
        date_format=date_format,
    )
    found = survey(path, hints)
    click.echo(jsonlib.dumps(_finite(found), allow_nan=False) if json else _text(found))
    return 0


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
