"""Report what a run did, or would do."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from gradcli.errors import InputError
from gradcli.formats.registry import is_store
from gradcli.model.fields import Result
from gradcli.model.protocols import Destination, Source
from gradcli.plan.plan import Plan
from gradcli.plan.tasks import Task
from gradcli.record import record
from gradcli.system.paths import STDOUT, is_address
from gradcli.system.swap import files_in


@record
class Report:
    """What a run did, or what a dry run would do."""

    input: str
    format: str
    outputs: list[str]
    variables: list[dict[str, Any]]
    notes: list[str]
    workers: int
    blocks: int
    memory: int
    bytes_in: int
    bytes_out: int
    seconds: float = 0.0
    peak_memory: int = 0
    skipped: bool = False
    dry_run: bool = False
    cluster: dict[str, Any] | None = None
    keeps: list[str] | None = None

    def as_dict(self) -> dict[str, Any]:
        """Return the report in plain types, for JSON, without what does not apply to this run.

        ``status`` says what became of the input.
        """
        status = "skipped" if self.skipped else "planned" if self.dry_run else "done"
        told = {k: v for k, v in vars(self).items() if v is not None}
        return {"status": status, **told}


def kept(source: Source, destination: Destination) -> list[str] | None:
    """Return the variables that an output carries along; None if only those it needs."""
    return [*source.fields, *source.words_in] if destination.keep else None


def refused_later(paths: list[str], destination: Destination) -> Iterator[str]:
    """Yield a note for each existing output that a run would refuse to replace."""
    if not destination.overwrite and not destination.skip_existing:
        for path in paths:
            if path != STDOUT and _exists(path):
                yield f"{path}: exists already, a run would refuse it (-O replaces it)"


def _exists(path: str) -> bool:
    if is_address(path):
        return are_current([path], STDOUT)
    return os.path.isfile(path) or (is_store(path) and os.path.isdir(path))


def are_current(outputs: list[str], path: str) -> bool:
    """Return whether all outputs exist and none is older than the input."""
    try:
        made = [_written(output) for output in outputs]
        return path == STDOUT or min(made) >= _changed(path)
    except (OSError, InputError):  # what a server says is said when it is written or read
        return False


def _written(path: str) -> int:
    if is_address(path):
        from gradcli.formats.zarr.remote import written_at

        return written_at(path)
    return os.stat(path).st_mtime_ns


def _changed(path: str) -> int:
    """Return when an input was changed, also if it is a folder."""
    if is_address(path) and not os.path.exists(path):
        from gradcli.formats.zarr.remote import changed_at

        return changed_at(path)
    parts = files_in(path) if os.path.isdir(path) else [path]
    return max(os.stat(part).st_mtime_ns for part in parts)


def peak_memory() -> int:
    """Return the peak memory of this process in bytes."""
    with suppress(OSError, StopIteration), open("/proc/self/status", encoding="ascii") as file:
        # Linux counts the process that started this one in the figure of getrusage.
        return 1024 * next(int(line.split()[1]) for line in file if line.startswith("VmHWM:"))
    import resource

    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def describe(source: Source, plan: Plan, dry_run: bool) -> Report:
    """Return a report of what a plan will do."""
    return Report(
        input=source.path,
        format=source.format,
        outputs=[path for path, _ in plan.outputs],
        variables=[_describe_task(task) for task in plan.tasks],
        notes=list(dict.fromkeys(plan.notes)),
        workers=plan.schedule.workers,
        blocks=plan.schedule.count,
        memory=plan.schedule.memory,
        bytes_in=plan.bytes_in,
        bytes_out=plan.bytes_out,
        dry_run=dry_run,
    )


def _describe_task(task: Task) -> dict[str, Any]:
    stored = task.results[0].stored
    return {
        "name": " ".join(dict.fromkeys(part.name for part in task.components)),
        "shape": list(task.field.shape),
        "dtype": task.field.stored,
        "missing": task.field.missing or None,
        "chunks": stored.chunks and list(stored.chunks),
        "shards": stored.shards and list(stored.shards),
        "deflate": stored.deflate,
        "axes": [_describe_result(result) for result in task.results],
    }


def _describe_result(result: Result) -> dict[str, Any]:
    decided = result.decisions
    assert decided is not None
    return {
        "axis": decided.axis,
        "result": result.name,
        "dtype": str(result.dtype),
        "units": result.units,
        "spacing": decided.spacing,
        "order": decided.order,
        "accuracy": decided.accuracy,
        "smooth": decided.smooth,
        "edges": decided.edges,
        "edge_order": decided.edge_order,
        "missing": decided.missing,
        "adapted": None,
        "lost": None,
        "metric": decided.metric,
        "per": result.attributes.get("derivative_per"),
        "unwrap": result.attributes.get("derivative_unwrap"),
        "manner": result.attributes.get("derivative_manner"),
        "direction": result.attributes.get("derivative_direction"),
        "stats": None,
    }
