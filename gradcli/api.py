"""The Python interface for files: plain arguments in, a report out."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, MutableMapping, Sequence
from inspect import unwrap

from gradcli.engine.face import carried_out, for_python, streaming
from gradcli.engine.report import Report
from gradcli.errors import UsageError
from gradcli.errors.keywords import says_keywords
from gradcli.model.metric import RADIUS, Pointing
from gradcli.model.protocols import Destination, Hints, Layout, Limits
from gradcli.numerics.grids import GridSlice
from gradcli.numerics.operator import Manner
from gradcli.numerics.operators import make_operators
from gradcli.numerics.schemes import Edges, Missing, Side, checked_scheme
from gradcli.numerics.turns import parse_turn
from gradcli.plan import written
from gradcli.plan.outputs import claimed, named_input, placed
from gradcli.plan.parts import Index, Values, index_parts, value_parts
from gradcli.plan.written import AxisName, Inputs, Names, Spacing
from gradcli.settings import DtypeName, Duplicates, Request, Run, Settings, job_count, memory_bytes


@says_keywords
@for_python
@carried_out
def differentiate(
    src: Inputs,
    dst: str | os.PathLike[str] | None = None,
    *,
    axis: AxisName | Sequence[AxisName] | None = None,
    var: Names = None,
    order: int = 1,
    accuracy: int | None = None,
    edge_order: int | None = None,
    edges: Edges = "one-sided",
    missing: Missing = "propagate",
    scheme: Side = "central",
    smooth: str | None = None,
    operator: str = "gradient",
    also: Names = None,
    components: AxisName | None = None,
    vectors: Pointing | None = None,
    metric: str | None = None,
    radius: float | str = RADIUS,
    bearing: bool = False,
    downslope: bool = False,
    toward: float | Sequence[float] = (),
    per: Mapping[AxisName, str] | None = None,
    units: Mapping[AxisName, str] | None = None,
    follow_positive: bool = False,
    spacing: Spacing = None,
    coords: Mapping[AxisName, str] | None = None,
    dims: Names = None,
    snap: bool = True,
    sort: bool = False,
    duplicates: Duplicates | None = None,
    periodic: Mapping[AxisName, float | None] | AxisName | Sequence[AxisName] | None = None,
    by: str | None = None,
    unwrap: float | str | None = None,
    isel: Mapping[AxisName, Index] | None = None,
    sel: Mapping[AxisName, Values] | None = None,
    halo: bool = True,
    dtype: DtypeName | None = None,
    name: str | None = None,
    deflate: int | None = None,
    chunks: Mapping[AxisName, int] | Sequence[int] | None = None,
    shards: Mapping[AxisName, int] | Sequence[int] | None = None,
    output_dir: str | os.PathLike[str] | None = None,
    stack: bool = False,
    keep: bool = False,
    overwrite: bool = False,
    skip_existing: bool = False,
    format: str | None = None,
    engine: str | None = None,
    grid: Mapping[str, GridSlice] | None = None,
    join: AxisName | None = None,
    open_files: int | None = None,
    csv_layout: Layout | None = None,
    valid_range: bool = True,
    missing_value: float | str | Sequence[float | str] | None = None,
    decimal: str | None = None,
    thousands: str | None = None,
    header: int | str | None = None,
    skip_rows: int = 0,
    encoding: str | None = None,
    date_format: str | None = None,
    memory: str | int | None = None,
    jobs: int | None = None,
    dry_run: bool = False,
    history: str | None = "gradcli.differentiate()",
    on_block: Callable[[int, int], None] | None = None,
    claims: MutableMapping[str, str] | None = None,
    sync: bool = False,
    stats: bool = False,
    cluster: str | None = None,
    resume: bool = False,
) -> Request:
    """Differentiate the fields of a file along axes and write the results to a file.

    Derivatives are finite differences with weights for the true coordinates [1]_, or those of
    least-squares polynomials (``smooth``) [2]_. A file is worked on in blocks, so that it may be
    larger than memory. Every output appears under its name when it is complete.

    Parameters
    ----------
    src : str, path-like or sequence of these
        CSV, NPY, NPZ, HDF5 or NetCDF; ``"-"`` is standard input. Several go with ``join``.
    dst : str or path-like, optional
        The output, ``"-"`` for standard output; its suffix says the format. By default beside the
        input. For one array a file it is a template of ``{stem}``, ``{suffix}``, ``{component}``.
    axis : str, int or sequence of these, optional
        Axes to differentiate along: names, indices (``0``, ``"-1"``), CF roles (x, y, z, t) or
        standard names, in one text with commas or one by one. By default all of two points or more.
    var : str or sequence of str, optional
        Variables to differentiate. All that hold data by default.
    order : int, default: 1
        Which derivative, 1 to 6.
    accuracy : int, optional
        Order of accuracy inside: 2 (default), 4, 6 or 8 of central differences, 1 (default) to 8
        of one-sided ones.
    edge_order : int, optional
        Order of accuracy at the two ends, 1 to 8. By default it is 1 for first derivatives of
        accuracy 2, as numpy has it, else that of ``accuracy``.
    edges : {"one-sided", "missing", "pole"}, default: "one-sided"
        What the ends get: one-sided differences, nothing, or (with a metric) rows across a pole.
    missing : {"propagate", "adapt"}, default: "propagate"
        What points next to missing values get: nothing, or one-sided differences.
    scheme : {"central", "forward", "backward"}, default: "central"
        On which side of a point the differences are taken.
    smooth : str, optional
        ``"savgol:WINDOW,DEGREE"`` for polynomials fitted to so many points by least squares.
    operator : str, default: "gradient"
        One of gradient, magnitude, direction, directional, laplacian, hessian, divergence, curl
        (vorticity), jacobian, strain, qcriterion, okubo-weiss.
    also : str or sequence of str, optional
        Further operators from the same pass.
    components : str, optional
        The axis along which the components of a vector lie in one array.
    vectors : {"earth", "grid"}, optional
        Whether components point east and north, or along the grid's own axes. By default their
        standard names say it (``eastward_wind``, ``x_wind``), else they point east and north.
    metric : str, optional
        ``"none"``, ``"sphere"``, ``"wgs84"``: longitude and latitude as they stand, or in metres;
        ``"cylindrical"``, ``"spherical"``: axes r, phi …, named if need be: ``…:r=R,phi=th``.
    radius : float or str, default: 6371229.0
        The radius of the sphere in metres, 1e5 to 1e9, or with its unit, as ``"6371km"``.
    bearing : bool, default: False
        Whether ``"direction"`` is given in degrees clockwise from north.
    downslope : bool, default: False
        Whether ``"direction"`` points down the slope.
    toward : float or sequence of float, optional
        For ``"directional"``: a bearing in degrees, or a vector with a number for each axis.
    per : mapping of str to str, optional
        For an axis the units that derivatives are per, in place of its own or of metres.
    units : mapping of str to str, optional
        The units of axes and variables where the file gives none, or wrong ones.
    follow_positive : bool, default: False
        Whether derivatives are upwards where a coordinate says ``positive: down``.
    spacing : float, sequence of float or mapping of str to float, optional
        The step of every axis, of each in the order of ``axis``, or of some: not coordinates.
    coords : mapping of str to str, optional
        For an axis the file that holds its coordinates, as ``"grid.nc:lon"``.
    dims : str or sequence of str, optional
        Names for axes that have none, the slowest first.
    snap : bool, default: True
        Whether float32 coordinates are made equal steps where rounding alone keeps them from it.
    sort : bool, default: False
        Whether axes are put in the order of their coordinates.
    duplicates : {"first", "mean"}, optional
        Which value stands for points of one coordinate, which are refused by default.
    periodic : str, int, sequence of these or mapping of them to float, optional
        Axes that close upon themselves, with their periods; None for one of equal steps.
    by : str, optional
        The column or variable whose every value is a track of its own, which no stencil leaves.
    unwrap : float or str, optional
        The period at which values wrap, as angles do, in their units: 360, or ``"2pi"``.
    isel : mapping of str to int, slice or tuple of int, optional
        For an axis the index to take, or a slice without a step, or its two ends as a tuple.
    sel : mapping of str to scalar, slice or tuple, optional
        For an axis a value for the nearest point, or ``slice(low, high)`` or ``(low, high)`` for
        those between, the ends included within the rounding of the coordinates; ``(value, None)``
        is the value alone. Values are numbers, or dates as text, `datetime.date` or
        `numpy.datetime64`. A date ends where its year, month, day, hour, minute or second ends;
        alone it stands for all points in it. A `datetime.datetime` is a moment. A longitude goes
        around the globe, eastward: ``(350, 10)`` crosses the meridian of 0.
    halo : bool, default: True
        Whether stencils use the neighbours that the file has outside the selected part, so that
        results are those of the whole file, cut. If not, the part is taken as if it were all.
    dtype : {"f4", "f8", "float32", "float64"}, optional
        The type of results. By default float32 stays float32, and all else gives float64.
    name : str, optional
        Template for names of results, with ``{var}``, ``{axis}``, ``{order}``, ``{component}``.
    deflate : int, optional
        Level at which results in netCDF-4, HDF5, Zarr and NPZ are deflated: 1 to 9, or 0 for none.
    chunks, shards : mapping of str to int or sequence of int, optional
        Chunks of results in netCDF-4, HDF5, Zarr, and their shards in Zarr 3; 0 is a whole axis.
    output_dir : str or path-like, optional
        Folder for outputs under their default names.
    stack : bool, default: False
        Whether all components are written as one array, with the components first.
    keep : bool, default: False
        Whether all that the file holds is carried along, not only what the results need.
    overwrite : bool, default: False
        Whether outputs that exist are replaced.
    skip_existing : bool, default: False
        Whether nothing is done where the outputs exist and are not older than the input.
    format : {"csv", "npy", "npz", "hdf5", "netcdf", "zarr"}, optional
        Format of the input, where its suffix does not say it.
    engine : str, optional
        Engine of xarray that reads the input. By default cfgrib for .grib, rasterio for .tif.
    grid : mapping of str to slice or sequence of float, optional
        The grid of a formula, which ``src`` then is (``"sin(x + y)"``, ``"u = x; v = x*y"``). Its
        axes, the slowest first: ``slice(start, stop, step)``, as for `numpy.mgrid`, or coordinates.
    join : str or int, optional
        The axis along which several inputs are one field, in the order of its coordinate. They
        have one output, or with ``output_dir`` or ``{stem}`` in ``dst`` one each.
    open_files : int, optional
        How many of them are open at once. By default 64, or fewer as ``memory`` allows.
    csv_layout : {"matrix", "crosstab", "table", "long"}, optional
        How a CSV file is laid out. By default that is told from its content.
    valid_range : bool, default: True
        Whether values outside of ``valid_min``, ``valid_max`` and ``valid_range`` are missing.
    missing_value : float, str or sequence, optional
        Further values that mean missing: numbers, in CSV also words; or text with commas.
    decimal : {".", ","}, optional
        Decimal mark of a CSV file. By default that is told from its content.
    thousands : {".", ",", "'", " "}, optional
        Mark between groups of three digits in a CSV file.
    header : int or {"none", "auto"}, optional
        Line of a CSV file that names its columns, from 1; with ``"none"`` they are c0, c1, …
    skip_rows : int, default: 0
        Lines to skip at the start of a CSV file.
    encoding : str, optional
        Encoding of a CSV file. By default UTF-8, or UTF-16 by its mark, otherwise Latin-1.
    date_format : str, optional
        How a CSV file writes dates, as for `datetime.datetime.strptime`, besides ISO 8601.
    memory : str or int, optional
        The most memory that blocks may take, in bytes, or as text such as ``"256MiB"``. By
        default 1 GiB, or a quarter of the machine's where that is less.
    jobs : int, optional
        Number of threads. By default that of the processors that this process may use.
    dry_run : bool, default: False
        Whether to plan only, and write nothing.
    history : str, optional
        What a line in the global attribute ``history`` says; None writes none.
    on_block : callable, optional
        Called after each block with the bytes of input that are done and the bytes in all.
    claims : mutable mapping of str to str, optional
        Which input each path belongs to, so that calls do not write the same. Outputs are added.
    sync : bool, default: False
        Whether to wait until outputs are on the disk, their data before their names.
    stats : bool, default: False
        Whether the report tells the smallest, largest and mean of results, and what is missing.
    cluster : str, optional
        Address or file of a Dask scheduler whose workers do the work, or ``"local:2"`` for two.
    resume : bool, default: False
        Whether to go on from what a run on a cluster had done when it was stopped.

    Returns
    -------
    Report
        What was done: the paths of the outputs, the variables, shapes, axes and units of the
        results, every decision, and notes on what may surprise.

    Raises
    ------
    UsageError
        An argument that is out of range, does not fit the file or contradicts another. It is a
        ValueError.
    KindError
        An argument of the wrong type. It is a ValueError and a TypeError.
    InputError
        A file that is damaged or holds what cannot be differentiated. It is a ValueError. One
        that is missing or cannot be opened is a FileNotFoundError or an OSError too.
    OutputError
        An output that exists or cannot be written. What the system refuses is an OSError too.

    See Also
    --------
    gradcli.gradient : The same for arrays in memory.

    Notes
    -----
    After an error every path of an output holds what it held before.

    A derivative of order n along an axis has the units of the field per unit of the axis to the
    power of n, composed as text: ``K degree_north-1``, or with a metric ``K m-1``.

    References
    ----------
    .. [1] Fornberg, B. (1988). Generation of finite difference formulas on arbitrarily spaced
       grids. Mathematics of Computation 51, 699-706.
    .. [2] Savitzky, A. and Golay, M. J. E. (1964). Smoothing and differentiation of data by
       simplified least squares procedures. Analytical Chemistry 36, 1627-1639.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> import numpy as np
    >>> from gradcli import differentiate
    >>> path = Path(tempfile.mkdtemp()) / "ramp.npy"
    >>> np.save(path, 2.0 * np.arange(4))
    >>> report = differentiate(path, axis="0", spacing=0.5)
    >>> np.load(report.outputs[0])
    array([4., 4., 4., 4.])
    """
    axes, names = written.names_of(axis), written.names_of(dims)
    with written.each_input():
        source, joined = written.inputs_of(src, join, open_files)
        if "" in (axis, var, dims, periodic, by):
            raise UsageError("--axis, --var, --dims, --periodic, --by: a name is empty")
        path, folder = placed(dst, output_dir)
        destination = Destination(
            path=path,
            folder=folder,
            stack=stack,
            keep=keep,
            history=written.stamped(history),
            overwrite=overwrite,
            skip_existing=skip_existing,
            sync=sync,
            format=format,
        )
        limits = Limits(memory_bytes(memory), job_count(jobs))
        marks, words = written.marks_of(missing_value)
        settings = Settings(
            axis=axes,
            var=() if var is None else (var,) if isinstance(var, str) else tuple(var),
            scheme=checked_scheme(order, accuracy, edge_order, scheme, edges, missing, smooth),
            edge_order=edge_order,
            operators=make_operators(
                operator,
                written.names_of(also),
                Manner(bearing, downslope, written.vector_of(toward)),
            ),
            components=None if components is None else str(components),
            vectors=vectors,
            metric=written.metric_of(metric, radius),
            per=written.by_axis_name(per or {}),
            units=written.by_axis_name(units or {}),
            missing_value=marks,
            follow_positive=follow_positive,
            spacing=written.spacing_of(spacing),
            steps=written.steps_of(spacing),
            coords=written.by_axis_name(coords or {}),
            dims=names,
            snap=snap,
            sort=sort,
            duplicates=duplicates,
            periodic=written.periods_of(periodic),
            by=by,
            unwrap=None if unwrap is None else parse_turn(unwrap),
            isel=index_parts(written.by_axis_name(isel or {})),
            sel=value_parts(written.by_axis_name(sel or {})),
            halo=halo,
            dtype=written.dtype_of(dtype),
            name=name,
            deflate=deflate,
            chunks=written.sizes_of(chunks),
            shards=written.sizes_of(shards),
        )
    source = named_input(source)
    live = streaming(source, settings, destination, dry_run)
    hints = Hints(
        format=format,
        dims=names,
        columns=names or axes,
        layout=csv_layout,
        decimal=decimal,
        limits=limits,
        live=live,
        answers=bool(live) and destination.is_pipe,
        stepped=bool(settings.spacing or settings.steps),
        by=by,
        valid_range=valid_range,
        units=settings.units,
        words=words,
        variables=settings.var,
        thousands=thousands,
        header=header,
        skip_rows=skip_rows,
        encoding=encoding,
        date_format=date_format,
        grid=grid,
        engine=engine,
        join=joined,
    )
    claims = claimed(settings.coords, claims, joined.paths if joined else ())
    run = Run(limits, dry_run, on_block, claims, stats, cluster, resume)
    return Request(source, settings, hints, destination, run)


# The command calls the plain function, whose errors name options instead of keywords.
request: Callable[..., Request] = unwrap(differentiate)
run: Callable[..., Report] = carried_out(request)
