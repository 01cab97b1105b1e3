"""Results as Dask arrays: one task for each block of a result, made when it is asked for."""

from __future__ import annotations

import pickle
from collections.abc import Collection, Iterator, Mapping, Set
from itertools import accumulate, pairwise, product
from math import ceil, prod
from typing import Any

import dask.array as da
from dask._task_spec import DataNode, GraphNode, TaskRef
from dask._task_spec import Task as DaskTask
from dask.base import tokenize
from dask.highlevelgraph import HighLevelGraph, Layer, MaterializedLayer

from gradcli.engine.pieces import Places, Recipe, single
from gradcli.errors import UsageError
from gradcli.formats.dataset import DatasetSource
from gradcli.geometry.moving import MovingFactor
from gradcli.model.axes import Axis
from gradcli.model.fields import Result
from gradcli.numerics.dtypes import Array
from gradcli.plan.plan import Plan
from gradcli.plan.tasks import Task

SMALLEST = 2**20  # bytes of a block; smaller chunks are put together

Key = tuple[Any, ...]


def lazy_results(
    source: DatasetSource, data: Mapping[str, Any], plan: Plan
) -> Iterator[tuple[str, da.Array]]:
    """Yield the name and the Dask array of each result; nothing is computed.

    Parameters
    ----------
    source : DatasetSource
    data : mapping of str to dask.array.Array or ndarray
        The variables, of which numpy arrays become Dask arrays of one chunk.
    plan : Plan
        Of the source, without outputs.
    """
    for task in plan.tasks:
        arrays = {part.name: _dask(data[part.name]) for part in task.components}
        for index, made in enumerate(task.products):
            for number, result in enumerate(made.results):
                recipe = _recipe(source, single(task, index, number), arrays)
                yield result.name, _array(recipe, result, arrays)


def _dask(data: Any) -> da.Array:
    return data if isinstance(data, da.Array) else da.from_array(data, chunks=-1)


def _recipe(source: DatasetSource, task: Task, arrays: Mapping[str, da.Array]) -> Recipe:
    if task.columns:
        raise UsageError(
            f"{task.field.name}: its coordinates differ from column to column, which lazy arrays "
            "do not support; call load() on the dataset first"
        )
    factors = (factor for term in task.terms() for factor in term.factors)
    if any(isinstance(factor, MovingFactor) and not factor.tables for factor in factors):
        raise UsageError(
            f"{task.field.name}: its coordinates differ from step to step, which lazy arrays do "
            "not support; call load() on the dataset first"
        )
    bounds = {
        name: tuple((0, *accumulate(sizes)) for sizes in array.chunks)
        for name, array in arrays.items()
    }
    return Recipe(task, bounds, source.decodings_of(arrays))


def _array(recipe: Recipe, result: Result, arrays: Mapping[str, da.Array]) -> da.Array:
    if 0 in result.shape:
        return da.zeros(result.shape, dtype=result.dtype)
    chunks = _chunks(recipe.task, result, next(iter(arrays.values())))
    names = {name: array.name for name, array in arrays.items()}
    name = f"{result.name}-{tokenize(names, pickle.dumps(recipe))}"
    layer = Blocks(name, recipe, chunks, names)
    graph = HighLevelGraph.from_collections(name, layer, list(arrays.values()))
    shared = MaterializedLayer({layer.recipe_key: DataNode(layer.recipe_key, recipe)})
    layers = {**graph.layers, layer.recipe_key: shared}
    depends = {**graph.dependencies, layer.recipe_key: set()}
    depends[name] = {*depends[name], layer.recipe_key}
    return da.Array(HighLevelGraph(layers, depends), name, chunks, dtype=result.dtype)


class Blocks(Layer):  # type: ignore[misc]
    """The tasks of a result, each made when a scheduler asks for it.

    Parameters
    ----------
    name : str
    recipe : Recipe
    chunks : tuple of tuple of int
        Of the result, which are its blocks.
    names : mapping of str to str
        The name of the Dask array of each field.
    """

    has_legacy_tasks = False

    def __init__(
        self,
        name: str,
        recipe: Recipe,
        chunks: tuple[tuple[int, ...], ...],
        names: Mapping[str, str],
    ) -> None:
        super().__init__()
        self.recipe_key = f"recipe-{name}"
        self._name, self._recipe, self._names = name, recipe, names
        self._edges = [(0, *accumulate(sizes)) for sizes in chunks]

    def is_materialized(self) -> bool:
        """Return that tasks do not exist yet."""
        return False

    def __len__(self) -> int:
        return prod(len(edges) - 1 for edges in self._edges)

    def __iter__(self) -> Iterator[Key]:
        places = product(*(range(len(edges) - 1) for edges in self._edges))
        return ((self._name, *place) for place in places)

    def __contains__(self, key: object) -> bool:
        return isinstance(key, tuple) and len(key) > 0 and key[0] == self._name

    def __getitem__(self, key: Key) -> GraphNode:
        window = tuple(
            slice(edges[place], edges[place + 1])
            for edges, place in zip(self._edges, key[1:], strict=True)
        )
        wanted = self._recipe.chunks_of(window)
        chunks = [TaskRef((self._names[field], *places)) for field, places in wanted]
        ends = tuple((part.start, part.stop) for part in window)
        return DaskTask(key, compute_block, TaskRef(self.recipe_key), ends, wanted, *chunks)

    def get_output_keys(self) -> Set[Key]:
        """Return the keys of all blocks."""
        return set(self)

    def cull(
        self, keys: set[Key], all_hlg_keys: Collection[Key]
    ) -> tuple[Layer, Mapping[Key, set[Key]]]:
        """Return the tasks of some keys alone, and what each needs."""
        made = {key: self[key] for key in keys if key in self}
        needed = {key: set(task.dependencies) for key, task in made.items()}
        return MaterializedLayer(made, annotations=self.annotations), needed


def compute_block(
    recipe: Recipe,
    ends: tuple[tuple[int, int], ...],
    wanted: list[tuple[str, Places]],
    *chunks: Array,
) -> Array:
    """Return a block of a result, from the chunks that it needs."""
    window = tuple(slice(*part) for part in ends)
    return recipe.compute(window, dict(zip(wanted, chunks, strict=True)))


def _chunks(task: Task, result: Result, array: da.Array) -> tuple[tuple[int, ...], ...]:
    """Return the blocks of a result: the chunks of its field, small ones put together."""
    edges = [
        _edges(axis, size, sizes)
        for axis, size, sizes in zip(task.field.axes, result.shape, array.chunks, strict=False)
    ]
    largest = [max(stop - first for first, stop in pairwise(own)) for own in edges]
    cells = prod(largest)
    enough = SMALLEST // result.dtype.itemsize
    for place in reversed(range(len(edges))):
        if cells < enough:
            edges[place] = _joined(edges[place], largest[place] * ceil(enough / cells))
            widest = max(stop - first for first, stop in pairwise(edges[place]))
            cells = cells // largest[place] * widest
    return tuple(tuple(stop - first for first, stop in pairwise(own)) for own in edges)


def _joined(edges: list[int], least: int) -> list[int]:
    """Return edges that leave out those less than a number of points behind the one before.

    >>> _joined([0, 1, 2, 3, 4, 5], 2)
    [0, 2, 4, 5]
    """
    kept = [edges[0]]
    for edge in edges[1:]:
        if edge - kept[-1] >= least or edge == edges[-1]:
            kept.append(edge)
    return kept


def _edges(axis: Axis, size: int, sizes: tuple[int, ...]) -> list[int]:
    """Return where blocks of a result may begin along an axis, and its size."""
    if axis.arrangement is not None or axis.turned is not None or axis.tracks is not None:
        return [*range(0, size, max(sizes)), size]
    first = axis.written().start
    inner = (edge - first for edge in accumulate(sizes))
    return [0, *dict.fromkeys(edge for edge in inner if 0 < edge < size), size]
