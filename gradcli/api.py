"""The Python face for files: plain arguments in, a report out."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, MutableMapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import wraps
from inspect import unwrap
from typing import ParamSpec

from gradcli.engine.report import Report
from gradcli.engine.run import differentiate_file
from gradcli.errors import UsageError, printable
from gradcli.errors.keywords import as_keywords, keywords_of, says_keywords
from gradcli.formats.coordinates import file_of_spec
from gradcli.model.arguments import refuse_other_kinds
from gradcli.model.metric import RADIUS, Metric
from gradcli.model.protocols import Destination, Hints, Limits
from gradcli.numerics.operators import Manner, make_operators
from gradcli.numerics.schemes import checked_scheme
from gradcli.plan.live import streaming_formats
from gradcli.plan.outputs import identity
from gradcli.settings import LAYOUTS, Run, Settings, job_count, memory_bytes

P = ParamSpec("P")
Names = str | Sequence[str] | None

STDIN = "-"


def _for_python(function: Callable[P, Report]) -> Callable[P, Report]:
    """Return a function as Python users call it: kinds are checked, notes name keywords."""

    @wraps(function)
    def face(*args: P.args, **given: P.kwargs) -> Report:
        refuse_other_kinds(function, args, given)
        report = function(*args, **given)
        report.notes = [as_keywords(note, keywords_of(function)) for note in report.notes]
        return report

    return face


@says_keywords
@_for_python
def differentiate(
    src: str | os.PathLike[str],
    dst: str | os.PathLike[str] | None = None,
    *,
    axis: Names = None,
    var: Names = None,
    order: int = 1,
    accuracy: int | None = None,
    edge_order: int | None = None,
    edges: str = "one-sided",
    missing: str = "propagate",
    scheme: str = "central",
    smooth: str | None = None,
    operator: str = "gradient",
    also: Names = None,
    components: str | None = None,
    metric: str | None = None,
    radius: float = RADIUS,
    bearing: bool = False,
    downslope: bool = False,
    toward: float | Sequence[float] = (),
    per: Mapping[str, str] | None = None,
    follow_positive: bool = False,
    spacing: float | Mapping[str | None, float] | None = None,
    coords: Mapping[str, str] | None = None,
    dims: Names = None,
    snap: bool = True,
    sort: bool = False,
    duplicates: str | None = None,
    periodic: Mapping[str, float | None] | Sequence[str] | None = None,
    isel: Mapping[str, int | tuple[int | None, int | None]] | None = None,
    sel: Mapping[str, tuple[float | str, float | str | None]] | None = None,
    dtype: str | None = None,
    name: str | None = None,
    deflate: int | None = None,
    chunks: Mapping[str, int] | Sequence[int] | None = None,
    output_dir: str | os.PathLike[str] | None = None,
    stack: bool = False,
    keep: bool = False,
    overwrite: bool = False,
    skip_existing: bool = False,
    format: str | None = None,
    csv_layout: str | None = None,
    decimal: str | None = None,
    memory: str | int | None = None,
    jobs: int | None = None,
    dry_run: bool = False,
    history: str | None = "gradcli.differentiate()",
    on_block: Callable[[int, int], None] | None = None,
    claims: MutableMapping[str, str] | None = None,
    sync: bool = False,
) -> Report:
    """Differentiate the fields of a file along axes and write the results to a file.

    Parameters
    ----------
    src : path
        CSV, NPY, NPZ, HDF5 or NetCDF; ``-`` is standard input.
    dst : path, optional
        Where to; beside the input by default. A template with ``{stem}``, ``{suffix}``,
        ``{component}`` where one array a file is written; ``-`` is standard output.
    axis, var : str or sequence of str, optional
        Axes and variables, as ``--axis`` and ``--var``; all by default.
    order, accuracy, edge_order, edges, missing, scheme, smooth
        The stencils, as the options of the same names.
    operator : str
        ``gradient``, ``magnitude``, ``direction``, ``directional``, ``laplacian``, ``hessian``,
        ``divergence``, ``curl``, ``jacobian``.
    also : str or sequence of str, optional
        Further operators from the same pass.
    components : str, optional
        The axis that holds the components of a vector.
    metric : {"none", "sphere", "wgs84"}, optional
        Longitude and latitude as they stand, or as metres; ``radius`` is the sphere's.
    bearing, downslope, toward
        How ``direction`` and ``directional`` tell directions, as the options of these names;
        ``toward`` is a vector, or one number, a bearing.
    per : mapping of axis to units, optional
        What derivatives are per, in place of the axis' own units.
    follow_positive : bool
        Upwards, where a coordinate says ``positive: down``.
    spacing : float or mapping of axis to step, optional
    coords : mapping of axis to file, optional
    dims : str or sequence of str, optional
        Names for axes that have none, slowest first.
    snap : bool
        Make float32 coordinates equal steps where rounding alone keeps them from it.
    sort, duplicates
        As the options of the same names.
    periodic : sequence of axes, or mapping of axis to period or None, optional
    isel, sel : mapping, optional
        Axis to an index or ``(first, stop)``; axis to ``(value, None)`` or ``(low, high)``.
    dtype : {"f4", "f8"}, optional
    name : str, optional
        Template for the names of results: ``{var}``, ``{axis}``, ``{order}``, ``{component}``.
    deflate : int, optional
        Level at which results are shuffled and deflated, 0 for not at all; as the source by
        default (netCDF-4, HDF5, NPZ).
    chunks : mapping of axis to int, or sequence of int, optional
        Chunks of results, 0 for a whole axis; as the source by default (netCDF-4, HDF5).
    output_dir, stack, keep, overwrite, skip_existing, format, csv_layout, decimal
        As the options of the same names.
    memory : str or int, optional
        Cap in bytes, or text such as ``256MiB``.
    jobs : int, optional
        Threads; by default the processors this process may use.
    dry_run : bool
        Plan only.
    history : str or None
        What a line in the global attribute ``history`` says; None writes none.
    on_block : callable, optional
        Called after each block with the bytes of input that are done and the bytes in all.
    claims : mutable mapping of path to input, optional
        What files belong to, for calls that must not write to one another's; outputs are added.
    sync : bool
        Wait until outputs are on the disk, their data before their names.

    Returns
    -------
    Report
        The outputs, variables, axes and decisions.

    Raises
    ------
    GradcliError
        Whatever failed, in one line; every output path then holds what it held before.

    Examples
    --------
    >>> import numpy as np, os, tempfile
    >>> folder = tempfile.mkdtemp()
    >>> np.save(os.path.join(folder, "ramp.npy"), 2.0 * np.arange(4))
    >>> report = differentiate(os.path.join(folder, "ramp.npy"), axis="0")
    >>> np.load(report.outputs[0])
    array([2., 2., 2., 2.])
    """
    axes, names = _names(axis), _names(dims)
    with _whatever_the_input():
        if csv_layout is not None and csv_layout not in LAYOUTS:
            raise UsageError(f"csv layout {csv_layout!r}; there are: {', '.join(LAYOUTS)}")
        if "" in (axis, var, dims):
            raise UsageError("--axis, --var, --dims: an empty name is none")
        folder = None if output_dir is None else os.fspath(output_dir)
        stamp = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        destination = Destination(
            path=None if dst is None else os.fspath(dst),
            folder=folder,
            stack=stack,
            keep=keep,
            history=None if history is None else f"{stamp} {printable(history)}",
            overwrite=overwrite,
            skip_existing=skip_existing,
            sync=sync,
        )
        limits = Limits(memory_bytes(memory), job_count(jobs))
        settings = Settings(
            axis=axes,
            var=() if var is None else (var,) if isinstance(var, str) else tuple(var),
            scheme=checked_scheme(order, accuracy, edge_order, scheme, edges, missing, smooth),
            edge_order=edge_order,
            operators=make_operators(
                operator, _names(also), Manner(bearing, downslope, _vector(toward))
            ),
            components=components,
            metric=Metric(metric, radius),
            per=dict(per or {}),
            follow_positive=follow_positive,
            spacing=_spacing(spacing),
            coords=dict(coords or {}),
            dims=names,
            snap=snap,
            sort=sort,
            duplicates=duplicates,
            periodic=_periodic(periodic),
            isel=dict(isel or {}),
            sel=dict(sel or {}),
            dtype=dtype,
            name=name,
            deflate=deflate,
            chunks=dict(chunks) if isinstance(chunks, Mapping) else tuple(chunks or ()),
        )
    live = streaming_formats(settings, destination, dry_run) if os.fspath(src) == STDIN else ()
    hints = Hints(
        format=format,
        dims=names,
        columns=names or axes,
        layout=csv_layout,
        decimal=decimal,
        limits=limits,
        live=live,
        answers=bool(live) and destination.is_pipe,
        stepped=bool(settings.spacing),
    )
    claimed = {} if claims is None else claims
    for path in map(file_of_spec, settings.coords.values()):
        claimed.setdefault(identity(path), path)
    run = Run(limits=limits, dry_run=dry_run, on_block=on_block, claims=claimed)
    return differentiate_file(os.fspath(src), settings, hints, destination, run)


# The command's own door: errors that come through it name options.
run: Callable[..., Report] = unwrap(differentiate)


@contextmanager
def _whatever_the_input() -> Iterator[None]:
    """Tell that the next input would be refused like this one."""
    try:
        yield
    except UsageError as error:
        error.whatever_the_input = True
        raise


def _names(given: Names) -> tuple[str, ...]:
    if given is None:
        return ()
    parts = given.split(",") if isinstance(given, str) else given
    return tuple(part.strip() for part in parts if part.strip())


def _vector(toward: float | Sequence[float]) -> tuple[float, ...]:
    return (toward,) if isinstance(toward, (int, float)) else tuple(toward)


def _spacing(given: float | Mapping[str | None, float] | None) -> dict[str | None, float]:
    if given is None:
        return {}
    return dict(given) if isinstance(given, Mapping) else {None: float(given)}


def _periodic(
    given: Mapping[str, float | None] | Sequence[str] | None,
) -> dict[str, float | None]:
    if given is None:
        return {}
    return dict(given) if isinstance(given, Mapping) else dict.fromkeys(given)
