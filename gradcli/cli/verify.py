"""The command ``gradcli verify``, which compares derivatives with those of a formula."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from gradcli.cli import options
from gradcli.cli.explore import asked, asking
from gradcli.cli.help import Command, Entry, make_command
from gradcli.cli.table import aligned, write_json, write_notes
from gradcli.errors import UsageError, printable

if TYPE_CHECKING:
    from gradcli.explore.convergence import Convergence
    from gradcli.explore.verify import Verdict
    from gradcli.settings import Request
    from gradcli.system.logbook import Logbook


def command(entry: Entry) -> Command:
    """Return the command."""
    return make_command(
        entry,
        _run,
        asking,
        click.option(
            "--exact",
            metavar="EXPRESSION",
            required=True,
            help="The formula of the field; for several fields 'u = x; v = x*y'.",
        ),
        click.option(
            "--tolerance",
            type=float,
            metavar="T",
            help="Largest error that is ok, relative to the largest exact value. [default: 1e-2]",
        ),
        click.option(
            "--refine",
            type=int,
            metavar="N",
            help="In place of INPUT: N grids, the first of them --grid, each with half the step of "
            "the one before, and the order of accuracy that is observed.",
        ),
        click.option("--json", is_flag=True, help="One JSON object on stdout."),
        options.quiet,
        options.debugging,
    )


@click.pass_obj
def _run(
    log: Logbook | None,
    /,
    exact: str,
    tolerance: float | None,
    refine: int | None,
    json: bool,
    quiet: bool,
    **given: Any,
) -> int:
    if given["grid"] is not None and given["path"] is None and given["formula"] is None:
        given["formula"] = exact
    if refine is not None and given["formula"] is None:
        raise UsageError("--refine makes grids of its own; give --grid in place of an input")
    if tolerance is not None and not 0 <= tolerance < float("inf"):
        raise UsageError(f"--tolerance {tolerance}: it must be finite, and not below 0")
    request = asked(log, given, metric="none")  # the formula is in the coordinates as they stand
    if refine is not None:
        return _converge(request, exact, refine, tolerance, json, quiet)
    from gradcli.explore.verify import TOLERANCE, verify

    allowed = TOLERANCE if tolerance is None else tolerance
    notes: list[str] = []
    found = verify(request, exact, notes)
    write_notes(notes, quiet)
    fine = all(verdict.within(allowed) for verdict in found)
    if json:
        told: dict[str, Any] = {"input": request.path, "exact": exact, "tolerance": allowed}
        told |= {"ok": fine, "derivatives": [_as_json(each, allowed) for each in found]}
        write_json(told)
    else:
        click.echo("\n".join(_lines(found, allowed)))
    return 0 if fine else 1


def _as_json(verdict: Verdict, allowed: float) -> dict[str, Any]:
    inside = verdict.inside
    return {
        "name": verdict.name,
        "exact": verdict.exact,
        "points": verdict.points,
        "missing": verdict.missing,
        "largest": verdict.largest,
        "mean": verdict.mean,
        "rms": verdict.rms,
        "at": verdict.at,
        "largest_inside": inside if inside == inside else None,
        "largest_exact": verdict.scale,
        "ok": verdict.within(allowed),
    }


def _lines(found: list[Verdict], allowed: float) -> list[str]:
    rows: list[tuple[str, ...]]
    rows = [("", "largest error", "mean", "rms", "inside", "largest exact", "", "largest at")]
    for each in found:
        at = ", ".join(f"{name}={value:g}" for name, value in each.at.items())
        numbers = (each.largest, each.mean, each.rms, each.inside, each.scale)
        told = ["-" if value != value else f"{value:.3g}" for value in numbers]
        rows.append((each.name, *told, "ok" if each.within(allowed) else "not ok", at))
    lines = aligned(rows, range(1, len(rows[0]) - 1))
    lines += [f"{each.name} is {printable(each.exact)} by the formula" for each in found]
    lines += [
        f"{each.name}: {each.missing:,} of {each.points + each.missing:,} points are left out, "
        "one of the two has no value there"
        for each in found
        if each.missing
    ]
    return lines


def _converge(
    request: Request, exact: str, count: int, tolerance: float | None, json: bool, quiet: bool
) -> int:
    from gradcli.explore.convergence import convergence

    notes: list[str] = []
    found = convergence(request, exact, count, notes)
    write_notes(notes, quiet)
    fine = tolerance is None or all(each.grids[-1].within(tolerance) for each in found)
    if json:
        write_json(_orders(exact, found, fine))
    else:
        click.echo("\n".join(line for each in found for line in _levels(each)))
    return 0 if fine else 1


def _orders(exact: str, found: list[Convergence], fine: bool) -> dict[str, Any]:
    """Return the report of a refinement; the orders of the whole are the lowest ones."""
    each = [
        {
            "name": made.name,
            "observed_order": made.order,
            "observed_order_all": made.order_all,
            "grids": [_as_json(grid, 1.0) | {"ok": None} for grid in made.grids],
        }
        for made in found
    ]
    inside = [made.order for made in found if made.order is not None]
    everywhere = [made.order_all for made in found if made.order_all is not None]
    return {
        "exact": exact,
        "ok": fine,
        "observed_order": min(inside, default=None),
        "observed_order_all": min(everywhere, default=None),
        "derivatives": each,
    }


def _levels(made: Convergence) -> list[str]:
    rows: list[tuple[str, ...]] = [("points", "largest inside", "largest")]
    for each in made.grids:
        rows.append((f"{each.points:,}", f"{each.inside:.4g}", f"{each.largest:.4g}"))
    inside, everywhere = (
        "lost in rounding" if order is None else f"{order:.2f}"
        for order in (made.order, made.order_all)
    )
    return [
        f"{made.name}",
        *(f"  {line}" for line in aligned(rows, {1})),
        f"  observed order: {inside} where stencils are centred, {everywhere} over all points",
    ]
