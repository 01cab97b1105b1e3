"""The options of a run, checked once for both the command and the Python interface."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping, MutableMapping
from functools import lru_cache
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias, get_args

from gradcli.errors import UsageError
from gradcli.model.metric import Metric, Pointing
from gradcli.model.names import fill_template
from gradcli.model.protocols import Destination, Hints, Limits
from gradcli.numerics.operator import Operator
from gradcli.numerics.operators import DEFAULT, OPERATORS, make_operator
from gradcli.numerics.schemes import Edges, Scheme, default_edge_order
from gradcli.record import field, record, replace

if TYPE_CHECKING:
    from fractions import Fraction

Dtype = Literal["f4", "f8"]
DtypeName = Literal["f4", "f8", "float32", "float64"]
DTYPES: Mapping[str, str | None] = {"f4": "f4", "f8": "f8", "float32": "f4", "float64": "f8"}
Duplicates = Literal["first", "mean"]
Bound: TypeAlias = "float | Fraction | str"  # a coordinate; text may be a number or a date
IndexPart = int | tuple[int | None, int | None]
ValuePart: TypeAlias = "tuple[Bound, Bound | None]"  # None: the point nearest, or its date
NAME_PLACES = ("var", "axis", "order", "component")
MOST_JOBS = 4096
_UNITS = {"": 0, "k": 1, "m": 2, "g": 3, "t": 4}


@record(frozen=True)
class Settings:
    """Which derivatives a run computes, and how.

    Attributes
    ----------
    axis, var : tuple of str
        Names as the user gave them; empty for the defaults.
    scheme : Scheme
    edge_order : int or None
        As the user gave it; None selects the default for the order of each derivative.
    operators : tuple of Operator
        The requested operator, followed by those computed along with it.
    metric : Metric
    components : str or None
        The axis along which the components of a vector are stored.
    vectors : str or None
        ``earth`` if components point east and north, ``grid`` if along the grid's own axes; None
        if their standard names decide.
    per : mapping of axis name to units
    units : mapping of axis or variable to its units, in place of those in the file
    missing_value : tuple of float
        Further values of fields that mean missing.
    follow_positive : bool
        Differentiate upwards where a coordinate grows downwards.
    spacing : mapping of axis name (None: every axis) to step
    steps : tuple of float
        In place of it: one step for each axis, in the order of ``axis``, or of the field's axes.
    coords : mapping of axis name to file
    dims : tuple of str
        Names for unnamed axes.
    snap : bool
        Whether float32 coordinates that are regular up to rounding are made exactly regular.
    sort : bool
        Whether the points of an axis are sorted by coordinate.
    duplicates : str or None
        What to keep of points that share a coordinate: the ``first`` or the ``mean``.
    periodic : mapping of axis name to period or None
    by : str or None
        The column or variable whose every value is a track of its own.
    unwrap : float or None
        The period at which the values of the fields wrap.
    isel : mapping of axis name to (first, stop) or an index
    sel : mapping of axis name to (value, value or None)
    halo : bool
        Whether stencils use the neighbours that the file has outside a selected part.
    dtype : str or None
        ``f4`` or ``f8``.
    name : str or None
        Template for the names of results.
    deflate : int or None
        Compression level of the results; None keeps that of the source.
    chunks : tuple of int, or mapping of axis name to int
        Chunk sizes of the results; 0 means the whole axis.
    shards : tuple of int, or mapping of axis name to int
        Sizes of the shards in which chunks of the results lie; 0 means the whole axis.
    """

    axis: tuple[str, ...] = ()
    var: tuple[str, ...] = ()
    scheme: Scheme = field(default_factory=Scheme)
    edge_order: int | None = None
    operators: tuple[Operator, ...] = (make_operator(DEFAULT),)
    metric: Metric = field(default_factory=Metric)
    components: str | None = None
    vectors: Pointing | None = None
    per: Mapping[str, str] = field(default_factory=dict)
    units: Mapping[str, str] = field(default_factory=dict)
    missing_value: tuple[float, ...] = ()
    follow_positive: bool = False
    spacing: Mapping[str | None, float] = field(default_factory=dict)
    steps: tuple[float, ...] = ()
    coords: Mapping[str, str] = field(default_factory=dict)
    dims: tuple[str, ...] = ()
    snap: bool = True
    sort: bool = False
    duplicates: Duplicates | None = None
    periodic: Mapping[str, float | None] = field(default_factory=dict)
    by: str | None = None
    unwrap: float | None = None
    isel: Mapping[str, IndexPart] = field(default_factory=dict)
    sel: Mapping[str, ValuePart] = field(default_factory=dict)
    halo: bool = True
    dtype: Dtype | None = None
    name: str | None = None
    deflate: int | None = None
    chunks: tuple[int, ...] | Mapping[str, int] = ()
    shards: tuple[int, ...] | Mapping[str, int] = ()

    @property
    def needs_lengths(self) -> bool:
        """Whether a metric or an operator needs axes whose derivatives can be mixed."""
        return self.metric.on_earth or any(operator.mixes for operator in self.operators)

    def __post_init__(self) -> None:
        if self.dtype is not None and self.dtype not in get_args(Dtype):
            raise UsageError(f"dtype {self.dtype!r}; there are: {', '.join(DTYPES)}")
        for name, unit in self.units.items():
            if not unit.strip():
                raise UsageError(f"units of {name}: the unit is empty; write 1 for plain numbers")
        if self.duplicates not in (None, "first", "mean"):
            raise UsageError(f"duplicates {self.duplicates!r}; there are: first, mean")
        if self.vectors is not None:
            if self.vectors not in get_args(Pointing):
                listed = ", ".join(get_args(Pointing))
                raise UsageError(f"vectors {self.vectors!r}; there are: {listed}")
            if not any(operator.vector for operator in self.operators):
                listed = ", ".join(name for name, known in OPERATORS.items() if known.vector)
                raise UsageError(f"--vectors goes with operators of vectors: {listed}")
        for axis, step in (*self.spacing.items(), *((None, step) for step in self.steps)):
            if step == 0 or step != step or abs(step) == float("inf"):
                asked = "--spacing" if axis is None else f"--spacing {axis}"
                raise UsageError(f"{asked}: a step of {step}; it must be finite, and not 0")
        if not (self.halo or self.isel or self.sel):
            raise UsageError("--no-halo: no part is selected (--isel, --sel)")
        for axis in self.coords:
            if axis in self.spacing:
                raise UsageError(f"axis {axis}: --spacing and --coords exclude each other")
        if len(set(self.dims)) < len(self.dims):
            raise UsageError(f"dims {','.join(self.dims)}: a name occurs twice")
        if self.deflate is not None and not 0 <= self.deflate <= 9:
            raise UsageError(f"deflate {self.deflate}; a level is 0 (uncompressed) to 9")
        for word, given in {"chunks": self.chunks, "shards": self.shards}.items():
            for size in given.values() if isinstance(given, Mapping) else given:
                if size < 0:
                    raise UsageError(
                        f"{word} of {size} points; a size is 1 or more, 0 a whole axis"
                    )
        for axis, period in self.periodic.items():
            if period is not None and not 0 < period < float("inf"):
                raise UsageError(
                    f"--periodic {axis}: a period of {period}; it must be finite, and above 0"
                )
        if self.name is not None:
            fill_template("--name", self.name, dict.fromkeys(NAME_PLACES, ""))
        if self.scheme.edges == "pole" and not self.metric.on_earth:
            raise UsageError(
                "--edges pole: which rows lie across a pole takes a metric, that of the Earth "
                "(--metric sphere or wgs84)"
            )
        beside_gaps = self.scheme.missing == "adapt"
        if self.edge_order is not None and self.scheme.edges == "missing" and not beside_gaps:
            raise UsageError(
                "--edge-order: with --edges missing there are no one-sided differences"
            )
        for operator in self.operators:
            if operator.order and self.scheme.order != 1:
                raise UsageError(f"{operator.name} takes no --order; its derivatives are its own")
            if self.scheme.degree is not None and self.scheme.degree < operator.order:
                raise UsageError(
                    f"smooth: {operator.name} takes derivatives of order {operator.order}, "
                    f"a polynomial of degree {self.scheme.degree} has none; raise the degree"
                )

    def schemes(self) -> list[Scheme]:
        """Return the schemes of all derivatives along one axis that a run may take."""
        highest = max((self.scheme.order, *(operator.order or 1 for operator in self.operators)))
        orders = range(1, highest + 1)
        return [self.scheme_of(order, of) for of in orders for order in orders if order <= of]

    def scheme_of(self, order: int, of: int | None = None) -> Scheme:
        """Return the scheme for derivatives of an order.

        Parameters
        ----------
        order : int
            Of the derivative along one axis.
        of : int, optional
            The order of the result that it is a factor of, which decides the default edge order:
            a mixed second derivative is made of two first ones that are as exact as it is.
        """
        return _scheme_of(self.scheme, self.edge_order, order, of or order)


@lru_cache(maxsize=64)  # every input of a batch asks for the same few
def _scheme_of(scheme: Scheme, edge_order: int | None, order: int, of: int) -> Scheme:
    edge = edge_order or default_edge_order(scheme.accuracy, of)
    default = edge_order is None and scheme.accuracy == 2 and scheme.smooth is None
    edges: Edges = "one-sided" if scheme.edges == "pole" else scheme.edges
    yields = default and edge > 1
    return replace(scheme, order=order, edge_order=edge, edges=edges, yields=yields)


def memory_bytes(text: str | int | None) -> int:
    """Return a memory limit in bytes; by default 1 GiB, but at most a quarter of the RAM.

    >>> memory_bytes("256MiB"), memory_bytes("1.5 GB"), memory_bytes("64k")
    (268435456, 1500000000, 65536)
    """
    if isinstance(text, int):
        return text
    if text is None:
        machine = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
        return min(2**30, machine // 4)
    match = re.fullmatch(r"\s*([0-9]*\.?[0-9]+)\s*([kmgt]?)(i?)(b?)\s*", text.lower())
    if match is None:
        raise UsageError(f"memory {text!r}; write a size such as 256MiB, 2GB or 1000000")
    number, prefix, binary, byte = match.groups()
    base = 1000 if prefix and byte and not binary else 1024
    return int(float(number) * base ** _UNITS[prefix])


def job_count(jobs: int | None) -> int:
    """Return the number of threads; by default one per processor that this process may use."""
    if jobs is None:
        if hasattr(os, "sched_getaffinity"):
            return len(os.sched_getaffinity(0))
        return os.cpu_count() or 1
    if jobs < 1:
        raise UsageError(f"jobs {jobs}; at least one is needed")
    if jobs > MOST_JOBS:
        raise UsageError(f"jobs {jobs}; at most {MOST_JOBS} threads make sense")
    return jobs


@record(frozen=True)
class Run:
    """How a run is carried out.

    Attributes
    ----------
    limits : Limits
    dry_run : bool
        Whether to plan the run without computing anything.
    on_block : callable, optional
        Called after each block with the bytes of input done and the total.
    claims : mapping of path to input
        Which of several inputs a file belongs to. Outputs are added as they are planned.
    stats : bool
        Whether the values of the results are measured.
    cluster : str or None
        The scheduler whose workers compute the blocks: its address, its file, or ``local:N``.
    resume : bool
        Whether to go on with what a run that was stopped has left.
    """

    limits: Limits = field(default_factory=Limits)
    dry_run: bool = False
    on_block: Callable[[int, int], None] | None = None
    claims: MutableMapping[str, str] = field(default_factory=dict)
    stats: bool = False
    cluster: str | None = None
    resume: bool = False

    def __post_init__(self) -> None:
        if self.dry_run and self.stats:
            raise UsageError("--stats: --dry-run reads no values")
        if self.resume and self.cluster is None:
            raise UsageError(
                "--resume goes with --cluster (or --part): other runs leave nothing to go on from"
            )


class Request(NamedTuple):
    """Everything that a call asks for: the input, and what is to be done with it.

    Attributes
    ----------
    path : str
        A file, ``-`` for standard input, or the text of a formula if the hints have a grid.
    settings : Settings
    hints : Hints
    destination : Destination
    run : Run
    """

    path: str
    settings: Settings
    hints: Hints
    destination: Destination
    run: Run
