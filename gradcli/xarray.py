"""The xarray interface: importing this module adds ``.gradcli`` to DataArray and Dataset."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Hashable, Iterator, Mapping
from inspect import signature
from typing import Any, Self

import numpy as np
import xarray as xr

from gradcli.api import differentiate, request
from gradcli.cf.references import referenced
from gradcli.engine.pieces import Keep
from gradcli.engine.report import describe
from gradcli.engine.run import load_tables, work_through
from gradcli.errors import GradcliError, InputError, KindError, UsageError
from gradcli.errors.keywords import as_keywords, keywords_of
from gradcli.errors.suggest import suggest
from gradcli.formats.dataset import DatasetSource
from gradcli.model.arguments import plain_arguments
from gradcli.model.axes import Axis
from gradcli.model.fields import Result
from gradcli.model.names import missing_counts
from gradcli.model.protocols import Packet
from gradcli.numerics.dtypes import Array
from gradcli.numerics.operator import Operator
from gradcli.numerics.operators import OPERATORS, OTHER_NAMES
from gradcli.plan.plan import Plan, make_plan
from gradcli.record import replace
from gradcli.settings import Request

UNNAMED = "field"  # what a DataArray without a name is called
# Keywords of `differentiate` that are about files.
_OF_FILES = (
    *("src", "dst", "output_dir", "stack", "keep", "overwrite", "skip_existing", "format", "grid"),
    *("csv_layout", "decimal", "thousands", "header", "skip_rows", "encoding", "date_format"),
    *("deflate", "chunks", "shards", "dry_run", "history", "on_block", "claims", "sync", "stats"),
    *("operator", "engine"),
)


class Note(UserWarning):
    """What may surprise in a result: a coordinate that was assumed, a point that is missing."""


def derived(dataset: xr.Dataset, operator: str, /, *axes: str | int, **options: Any) -> xr.Dataset:
    """Return the results of an operator for the variables of a dataset.

    Parameters
    ----------
    dataset : xarray.Dataset
        With numpy arrays, whose results are computed at once, or with Dask arrays, whose results
        are computed when asked for.
    operator : str
        Such as ``"gradient"``; `gradcli.differentiate` lists them.
    *axes : str or int
        Axes to differentiate along: names of dimensions or coordinates, CF roles (``"x"``), or
        indices. All axes by default. A list of them is fine too, and so is ``axis=``.
    **options
        Keywords of `gradcli.differentiate` that are not about files: ``accuracy=4``,
        ``metric="sphere"``, ``var=["u", "v"]``, ``sel={"time": "2020"}``.

    Returns
    -------
    xarray.Dataset
        The results, with the names, units and attributes that the command gives them, and the
        coordinates of the variables.

    Raises
    ------
    KindError
        A keyword is unknown, or is about files.
    UsageError, InputError
        As `gradcli.differentiate`.

    Examples
    --------
    >>> import gradcli.xarray
    >>> x = np.linspace(0, 1, 5)
    >>> ds = xr.Dataset({"T": ("x", x**2)}, coords={"x": ("x", x, {"units": "m"})})
    >>> gradcli.xarray.derived(ds, "gradient", "x", edge_order=2)["dT_dx"].values
    array([0. , 0.5, 1. , 1.5, 2. ])
    """
    _refuse_unknown(options)
    if axes and "axis" in options:
        raise KindError("axis= and axes before it exclude each other")
    axis = axes[0] if len(axes) == 1 else axes
    given = {"src": "dataset", "axis": None if axis == () else axis, "operator": operator}
    try:
        named, back = _with_text_names(dataset)
        made = _derived(named, plain_arguments(differentiate, (), given | options))
        return made.rename({n: back[n] for n in back if n in made.variables or n in made.dims})
    except GradcliError as error:
        error.args = (as_keywords(str(error), keywords_of(differentiate)),)
        raise


def _with_text_names(dataset: xr.Dataset) -> tuple[xr.Dataset, dict[str, Hashable]]:
    """Return a dataset whose names are text, and the names that were none."""
    names = dict.fromkeys([*dataset.variables, *dataset.dims])
    back = {str(name): name for name in names if not isinstance(name, str)}
    if not back:
        return dataset, {}
    if len({*map(str, names)}) < len(names):
        raise UsageError(f"several names are {next(iter(back))} as text; rename one of them")
    return dataset.rename({name: text for text, name in back.items()}), back


def _refuse_unknown(options: dict[str, Any]) -> None:
    known = [name for name in signature(differentiate).parameters if name not in _OF_FILES]
    for name in options:
        if name in _OF_FILES:
            why = "is the name of the method" if name == "operator" else "is about files"
            raise KindError(f"{name}= {why}; results here are arrays")
        if name not in known:
            raise KindError(str(suggest("keyword", name, known)))


def _derived(dataset: xr.Dataset, given: dict[str, Any]) -> xr.Dataset:
    asked = request(**given)
    source = DatasetSource(dataset, "dataset", asked.hints)
    plan, data, is_lazy = _planned(source, asked)
    idle = [name for name in ("memory", "jobs") if is_lazy and name in given]
    if idle:
        raise UsageError(f"--{idle[0]}: Dask computes these results, and has settings of its own")
    report = describe(source, plan, dry_run=False)
    results = [result for task in plan.tasks for result in task.results]
    coordinates = _coordinates(results, dataset)
    for result in results:
        if result.name in coordinates:
            raise UsageError(f"{result.name}: is a coordinate already; --name names results")
    if is_lazy and plan.tables and asked.settings.scheme.missing == "adapt":
        report.notes.append(
            "--missing adapt: on a curvilinear grid gaps decide the factors, so that maps of the "
            "fields are read now"
        )
    load_tables(source, plan, report)
    if is_lazy:
        from gradcli.engine.lazy import lazy_results

        arrays: dict[str, Any] = dict(
            lazy_results(source, {n: each.data for n, each in data.items()}, plan)
        )
        counted = missing_counts(0, 0)  # of points next to gaps, which only a run knows
        attributes = {
            r.name: {name: value for name, value in r.attributes.items() if name not in counted}
            for r in results
        }
    else:
        sink = _Arrays(plan)
        work_through(source, plan, sink, report)
        arrays, attributes = dict(sink.arrays), sink.attributes
    for note in dict.fromkeys([*report.notes, *_unit_notes(source, plan, asked.settings.per)]):
        note = as_keywords(note, keywords_of(differentiate))
        warnings.warn(note, Note, stacklevel=4)
    return xr.Dataset(
        {r.name: _variable(r, arrays[r.name], attributes[r.name]) for r in results},
        coords=coordinates,
        attrs=dataset.attrs,
    )


def _planned(source: DatasetSource, asked: Request) -> tuple[Plan, dict[str, xr.Variable], bool]:
    """Return a plan, the variables that it takes, and whether Dask computes it.

    Dask reads whole chunks, so that it does not matter how many bytes a block of a run would take.
    """
    limits = asked.run.limits
    memories = [2**62] * any(source.encoded(n).chunks is not None for n in source.fields)
    for memory in (*memories, limits.memory):
        run = replace(asked.run, limits=limits._replace(memory=memory))
        plan = make_plan(source, asked.settings, None, run)
        data = {part.name: source.encoded(part.name) for t in plan.tasks for part in t.components}
        if any(each.chunks is not None for each in data.values()):
            return plan, data, True
    return plan, data, False


def _unit_notes(source: DatasetSource, plan: Plan, per: Mapping[str, Any]) -> Iterator[str]:
    """Yield notes on units of time that only the steps of dates decided, and no result tells."""
    for task in plan.tasks if not per else ():
        for axis in task.field.axes:
            unit = source.chosen.get(axis.coordinate or "")
            along = {axis.name, axis.role}
            untold = [
                result.name
                for result in task.results
                if result.units is None
                and not along.isdisjoint(str(result.attributes.get("derivative_axis")).split())
            ]
            if unit and untold:
                yield (
                    f"{untold[0]}: is per {unit}, a unit that fits the dates of {axis.name}; "
                    f"--per {axis.name}=s asks for another"
                )


class _Arrays:
    """A sink that holds its results in memory."""

    def __init__(self, plan: Plan) -> None:
        self.notes: list[str] = []
        self.packer = Keep()
        self.arrays: dict[str, Array] = {
            result.name: np.empty(result.shape, result.dtype)
            for task in plan.tasks
            for result in task.results
        }
        self.attributes = {r.name: dict(r.attributes) for t in plan.tasks for r in t.results}

    def put(self, packet: Packet) -> None:
        """Put a block into its array."""
        self.arrays[packet.name][packet.window] = packet.payload

    def finish(self, name: str, attributes: Mapping[str, int]) -> None:
        """Set attributes that are known only now."""
        self.attributes[name].update(attributes)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        return None


def _variable(result: Result, values: Any, attributes: dict[str, Any]) -> xr.Variable:
    """Return a result as a variable; what names other variables is left to xarray."""
    dims = [str(axis.name) for axis in result.axes]
    kept = {name: value for name, value in attributes.items() if name != "coordinates"}
    return xr.Variable(dims, values, kept)


def _coordinates(results: list[Result], dataset: xr.Dataset) -> dict[Hashable, xr.Variable]:
    """Return the coordinates of the results: those of the dataset, cut and put in order alike."""
    axes = {str(axis.name): axis for result in results for axis in result.axes}
    found: dict[Hashable, xr.Variable] = {}
    for name, coordinate in dataset.coords.items():
        if not set(coordinate.dims) <= set(axes):
            continue
        kept = coordinate.variable
        for dim in coordinate.dims:
            kept = _along(kept, str(dim), axes[str(dim)])
        found[name] = kept
    return found | _beside(results, dataset, found, axes)


def _beside(
    results: list[Result],
    dataset: xr.Dataset,
    coordinates: Mapping[Hashable, xr.Variable],
    axes: Mapping[str, Axis],
) -> dict[Hashable, xr.Variable]:
    """Return the grid mappings of results and the bounds of coordinates, which files keep too.

    Bounds along an axis that was put in order are left out.
    """
    told = [(result.attributes, "grid_mapping") for result in results]
    told += [(each.attrs, "bounds") for each in coordinates.values()]
    found: dict[Hashable, xr.Variable] = {}
    for attributes, role in told:
        for name in referenced(attributes, role):
            if name not in dataset.data_vars:
                continue
            kept = dataset[name].variable
            along = [axes[str(dim)] for dim in kept.dims if str(dim) in axes]
            if any(axis.turned is not None or axis.arrangement is not None for axis in along):
                continue
            cut = {axis.name: axis.file_window for axis in along}
            found[name] = kept.isel(cut)
    return found


def _along(coordinate: xr.Variable, dim: str, axis: Axis) -> xr.Variable:
    """Return a coordinate at the points of an axis."""
    if axis.turned is not None and coordinate.dims == (dim,) and axis.values is not None:
        return xr.Variable(coordinate.dims, axis.values, coordinate.attrs)
    if axis.arrangement is not None:
        return coordinate.isel({dim: axis.arrangement.firsts().rows[axis.file_window]})
    return coordinate.isel({dim: axis.file_window})


def _method(operator: Operator) -> Callable[..., xr.Dataset]:
    """Return the method of an operator."""

    def method(self: DatasetAccessor, *axes: str | int, **options: Any) -> xr.Dataset:
        return derived(self.dataset, operator.name, *axes, **self.chosen | options)

    what = operator.words or f"{operator.name} of {{}}"
    method.__name__ = method.__qualname__ = operator.name.replace("-", "_")
    method.__doc__ = (
        f"Return the {what.format('a vector' if operator.vector else 'each variable')}.\n\n"
        "    Axes and options are those of `gradcli.xarray.derived`.\n"
    )
    return method


@xr.register_dataset_accessor("gradcli")  # type: ignore[no-untyped-call]
class DatasetAccessor:
    """Derivatives of the variables of a dataset: one method for each operator.

    Parameters
    ----------
    dataset : xarray.Dataset

    Examples
    --------
    >>> import gradcli.xarray
    >>> y, x = np.linspace(0, 1, 4), np.linspace(0, 1, 5)
    >>> u, v = np.outer(-y, np.ones(5)), np.outer(np.ones(4), x)
    >>> wind = xr.Dataset({"u": (("y", "x"), u), "v": (("y", "x"), v)}, {"y": y, "x": x})
    >>> turning = wind.gradcli.curl("x", "y", var=["u", "v"])
    >>> list(turning.data_vars), turning["curl"].values.round(12).max()
    (['curl'], np.float64(2.0))
    """

    def __init__(self, dataset: xr.Dataset) -> None:
        self.dataset = dataset
        self.chosen: dict[str, Any] = {}


@xr.register_dataarray_accessor("gradcli")  # type: ignore[no-untyped-call]
class DataArrayAccessor(DatasetAccessor):
    """Derivatives of an array: one method for each operator, each returns a Dataset.

    Parameters
    ----------
    array : xarray.DataArray
        One without a name is called ``field``.

    Examples
    --------
    >>> import gradcli.xarray
    >>> T = xr.DataArray([0.0, 1.0, 4.0], dims="x", name="T", attrs={"units": "K"})
    >>> T.gradcli.gradient("x", spacing=2.0)["dT_dx"].values
    array([0.5, 1. , 1.5])
    """

    def __init__(self, array: xr.DataArray) -> None:
        # xarray names an array without a name after its Dask array.
        dask = None if array.chunks is None else getattr(array.data, "name", None)
        name = UNNAMED if array.name in (None, dask) else array.name
        if name in array.dims:
            raise InputError(f"{name}: is the name of a dimension too; rename the array (.rename)")
        beside = array.drop_vars([name]) if name in array.coords else array
        super().__init__(beside.to_dataset(name=name))
        self.chosen = {"var": [str(name)]}  # even if it is a coordinate, or counts as one


for _each in OPERATORS.values():
    setattr(DatasetAccessor, _each.name.replace("-", "_"), _method(_each))
for _other, _name in OTHER_NAMES.items():
    setattr(DatasetAccessor, _other, getattr(DatasetAccessor, _name))
