"""A block's step leaves the process: what it takes pickles, and makes the same packets there.

One fresh process, which has opened and planned nothing, works a block of every case.
"""

from __future__ import annotations

import os
import pickle
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing import get_context
from pathlib import Path
from typing import Any, NamedTuple

import netCDF4  # first: h5py and it bring an HDF5 library each
import numpy as np
import pytest

# isort: split
import h5py

import gradcli
from gradcli.engine.block import BlockResult, differentiate_block
from gradcli.errors import GradcliError, InputError
from gradcli.formats.hdf5.packer import PlainForm
from gradcli.formats.opening import open_source
from gradcli.formats.packer import RoutedPacker, StoredPacker
from gradcli.formats.writing import create_sink, make_packer
from gradcli.model.blocks import Block, Window
from gradcli.model.metric import Metric
from gradcli.model.protocols import Destination, Hints, Limits, Packer, Sink, Source
from gradcli.numerics.operator import Manner
from gradcli.numerics.operators import OPERATORS, make_operators
from gradcli.numerics.schemes import checked_scheme
from gradcli.plan.plan import Plan, make_plan
from gradcli.plan.tasks import Task
from gradcli.settings import Run, Settings
from tests.cgrids import write as write_faces
from tests.columns import floats, ocean
from tests.grids import WRITERS, uneven, write_grid

Y, X = 24, 18
LAMBERT = {
    "grid_mapping_name": "lambert_conformal_conic",
    "standard_parallel": [30.0, 60.0],
    "longitude_of_central_meridian": 10.0,
    "latitude_of_projection_origin": 45.0,
}


class Step(NamedTuple):
    """What the step of a block takes."""

    source: Source
    task: Task
    packer: Packer
    block: Block


@dataclass(frozen=True)
class Case:
    """A file and what is asked for."""

    make: Callable[[Path], Path]
    settings: dict[str, Any] = field(default_factory=dict)
    output: str | None = None
    hints: Hints = field(default_factory=Hints)


def numbers(*shape: int, gaps: bool = False) -> np.ndarray:
    """Return smooth values with a little noise; with gaps some are missing."""
    values = np.random.default_rng(3).normal(size=shape) + np.arange(shape[-1]) ** 2
    if gaps:
        values[..., 5:9, 4:7] = np.nan
    return values


def grid(kind: str) -> Callable[[Path], Path]:
    """Return what writes a field on uneven axes in a format."""
    axes = {"y": uneven(Y), "x": uneven(X)}
    return lambda folder: write_grid(kind, folder, numbers(Y, X), axes)


def netcdf(
    *names: str,
    model: str = "NETCDF4",
    axes: dict[str, np.ndarray] | None = None,
    units: dict[str, str] | None = None,
    gaps: bool = False,
    curved: str = "",
    mapping: dict[str, Any] | None = None,
    **storage: Any,
) -> Callable[[Path], Path]:
    """Return what writes fields over (t, y, x) to a NetCDF file."""

    def make(folder: Path) -> Path:
        path = folder / "field.nc"
        sizes = {"t": 3, "y": Y, "x": X}
        with netCDF4.Dataset(path, "w", format=model) as file:
            for name, size in sizes.items():
                file.createDimension(name, size)
            for name, values in (axes or {}).items():
                file.createVariable(name, "f8", (name,))[...] = values
                file[name].units = (units or {}).get(name, "m")
                if mapping:
                    file[name].standard_name = f"projection_{name}_coordinate"
            if curved:
                _write_curved(file, curved)
            if mapping:
                file.createVariable("crs", "i4", ()).setncatts(mapping)
            for name in names:
                made = file.createVariable(name, "f4", ("t", "y", "x"), fill_value=-1e30, **storage)
                made.units = "K"
                made[...] = np.nan_to_num(numbers(3, Y, X, gaps=gaps), nan=-1e30)
                if curved:
                    made.coordinates = "cx cy" if curved == "m" else "lon lat"
                if mapping:
                    made.grid_mapping = "crs"
        return path

    return make


def _write_curved(file: Any, unit: str) -> None:
    j, i = np.meshgrid(np.arange(float(Y)), np.arange(float(X)), indexing="ij")
    sheets = {"cx": i - 0.2 * j, "cy": j + 0.1 * i}
    dims: tuple[str, ...] = ("y", "x")
    still: Any = 0.0
    if unit != "m":
        sheets = {"lon": 2 * i - 0.2 * j, "lat": j + 0.1 * i}
    if unit == "moving":
        dims, still = ("t", "y", "x"), 0.3 * np.arange(3.0)[:, None, None]
    for name, values in sheets.items():
        made = file.createVariable(name, "f8", dims)
        made[...] = values + still
        made.units = {"lon": "degrees_east", "lat": "degrees_north"}.get(name, "m")


def hdf5(**storage: Any) -> Callable[[Path], Path]:
    """Return what writes a field in chunks to an HDF5 file."""

    def make(folder: Path) -> Path:
        with h5py.File(folder / "field.h5", "w") as file:
            file.create_dataset("f", data=numbers(Y, X), **storage)
        return folder / "field.h5"

    return make


def npy(values: np.ndarray) -> Callable[[Path], Path]:
    """Return what writes an array to an NPY file."""

    def make(folder: Path) -> Path:
        np.save(folder / "field.npy", values)
        return folder / "field.npy"

    return make


def made_of_columns(write: Callable[..., Any]) -> Callable[[Path], Path]:
    """Return what writes a field whose coordinates differ by column."""

    def make(folder: Path) -> Path:
        write(folder / "field.nc")
        return folder / "field.nc"

    return make


def unsorted(folder: Path) -> Path:
    """Write a field whose x is in no order, and repeats some points."""
    x = np.random.default_rng(5).permutation(X // 2).repeat(2).astype(float)
    return write_grid("netcdf", folder, numbers(Y, X), {"y": uneven(Y), "x": x})


def faces(folder: Path) -> Path:
    """Write a vector on the faces of a C grid."""
    write_faces(folder / "faces.nc", "roms", "rotation", 8)
    return folder / "faces.nc"


EARTH = {
    "axes": {"y": np.linspace(-80.0, 80.0, Y), "x": np.arange(X) * 360.0 / X},
    "units": {"y": "degrees_north", "x": "degrees_east"},
}
GLOBE = EARTH | {"axes": EARTH["axes"] | {"y": np.linspace(-86.0, 86.0, Y)}}
MAP = {"axes": {"y": np.arange(Y) * 5e4, "x": np.arange(X) * 5e4}, "mapping": LAMBERT}
SPHERE, WGS84 = Metric("sphere"), Metric("wgs84")
CYLINDER = {
    "axes": {"y": np.arange(Y) * 0.5, "x": np.arange(X) * 360.0 / X},
    "units": {"y": "m", "x": "degrees"},
}
AROUND = Metric("cylindrical", named={"r": "y", "phi": "x"})
ADAPT = {"missing": "adapt", "edge_order": 2}
DEFLATED = {"zlib": True, "complevel": 4, "chunksizes": (1, 6, X), "fletcher32": True}
LAYOUT = {"long": "long"}
XY = ("y", "x")


def made_by(name: str) -> dict[str, Any]:
    """Return settings for an operator, with what it must be told."""
    told = Manner(toward=(0.6, 0.8)) if name == "directional" else Manner()
    vector = {"var": ("u", "v")} if OPERATORS[name].vector else {}
    return {"operators": make_operators(name, (), told), "axis": ("x", "y"), **vector}


CASES = {
    **{f"format {kind}": Case(grid(kind)) for kind in WRITERS if kind != "long"},
    "format long": Case(grid("long"), hints=Hints(layout="long", dims=("y", "x"))),
    "format csv.gz": Case(grid("matrix"), {"axis": ("1",)}, "out.csv.gz"),
    **{
        f"classic {model}": Case(netcdf("f", model=model))
        for model in ("NETCDF3_CLASSIC", "NETCDF3_64BIT_DATA", "NETCDF4_CLASSIC")
    },
    "chunks": Case(netcdf("f", **DEFLATED)),
    "chunks of HDF5": Case(hdf5(chunks=(6, 5), compression="gzip", shuffle=True)),
    "chunks to HDF5": Case(netcdf("f", **DEFLATED), output="out.h5"),
    "filters of the library": Case(hdf5(chunks=(6, 5), compression="lzf")),
    "Fortran order": Case(npy(np.asfortranarray(numbers(Y, X)))),
    "big-endian": Case(npy(numbers(Y, X).astype(">f4"))),
    "complex": Case(npy(numbers(Y, X) * (1 + 2j))),
    "times": Case(npy(numbers(Y, X).astype("M8[s]"))),
    "stacked": Case(npy(numbers(Y, X)), {"stack": True}, "out.npy"),
    "stacked in an archive": Case(npy(numbers(Y, X)), {"stack": True}, "out.npz"),
    "one file each": Case(npy(numbers(Y, X)), output="out_{component}.npy"),
    "plain": Case(netcdf("f", axes=MAP["axes"])),
    "periodic": Case(netcdf("f"), {"axis": ("x",), "periodic": {"x": None}}),
    "adapt": Case(
        netcdf("f", gaps=True, **DEFLATED),
        {
            "scheme": ADAPT,
        },
    ),
    "adapt, uneven": Case(
        netcdf("f", gaps=True, axes={"y": uneven(Y), "x": uneven(X)}), {"scheme": ADAPT}
    ),
    "smooth": Case(netcdf("f"), {"scheme": {"smooth": "savgol:3,2"}}),
    "sphere": Case(netcdf("f", **EARTH), {"metric": SPHERE, "axis": XY}),
    "wgs84": Case(netcdf("f", **EARTH), {"metric": WGS84, "axis": XY}),
    "curl on the sphere": Case(netcdf("u", "v", **EARTH), {"metric": SPHERE, **made_by("curl")}),
    "cylindrical, with the axis": Case(
        netcdf("f", **CYLINDER, gaps=True), {"metric": AROUND, "axis": XY, "scheme": ADAPT}
    ),
    "curl around an axis": Case(
        netcdf("u", "v", **CYLINDER), {"metric": AROUND, **made_by("curl")}
    ),
    "curvilinear": Case(netcdf("f", curved="m"), {"axis": ("cx", "cy")}),
    "curvilinear, adapt": Case(
        netcdf("f", curved="m", gaps=True), {"axis": ("cx", "cy"), "scheme": ADAPT}
    ),
    "curvilinear on the Earth": Case(netcdf("f", curved="degrees"), {"metric": SPHERE}),
    "curvilinear vector": Case(
        netcdf("u", "v", curved="degrees"),
        {"metric": WGS84, **made_by("divergence"), "axis": ("lon", "lat")},
    ),
    "a grid that moves": Case(
        netcdf("u", "v", curved="moving", gaps=True),
        {"metric": SPHERE, **made_by("curl"), "scheme": ADAPT},
    ),
    "components along a grid that moves": Case(
        netcdf("u", "v", curved="moving"),
        {"metric": SPHERE, **made_by("divergence"), "vectors": "grid"},
    ),
    "across the poles": Case(
        netcdf("u", "v", **GLOBE, gaps=True),
        {"metric": SPHERE, **made_by("curl"), "scheme": ADAPT | {"edges": "pole"}},
    ),
    "projected": Case(netcdf("f", **MAP), {"metric": WGS84, "axis": XY}),
    "projected vector": Case(netcdf("u", "v", **MAP), {"metric": WGS84, **made_by("divergence")}),
    "sorted": Case(unsorted, {"sort": True, "duplicates": "mean", "axis": ("x",)}),
    "a vector along the grid": Case(
        netcdf("u", "v", curved="degrees"),
        {**made_by("curl"), "metric": SPHERE, "vectors": "grid"},
    ),
    "a vector of a C grid": Case(faces, {**made_by("curl"), "metric": SPHERE, "axis": ()}),
    "duplicates": Case(unsorted, {"sort": True, "duplicates": "first", "axis": ("x",)}),
    "components of an array": Case(
        npy(numbers(3, 2, Y, X)),
        {**made_by("divergence"), "var": (), "axis": ("2", "3"), "components": "1"},
    ),
    "a part": Case(netcdf("f"), {"isel": {"y": (3, 20), "t": 1}}),
    **{f"operator {name}": Case(netcdf("f", "u", "v", **MAP), made_by(name)) for name in OPERATORS},
    "bearing": Case(
        netcdf("f", **EARTH),
        {
            "operators": make_operators("direction", ("magnitude",), Manner(bearing=True)),
            "axis": ("x", "y"),
            "metric": SPHERE,
        },
    ),
    "columns": Case(made_of_columns(floats), {"var": ("TEMP",), "axis": ("PRES",)}),
    "columns, adapt": Case(
        made_of_columns(floats), {"var": ("TEMP",), "axis": ("PRES",), "scheme": ADAPT}
    ),
    "columns of a formula": Case(made_of_columns(ocean), {"var": ("temp",), "axis": ("z",)}),
    "third derivative": Case(netcdf("f"), {"axis": ("x",), "scheme": {"order": 3, "accuracy": 4}}),
}


@pytest.fixture(scope="module")
def elsewhere() -> Iterator[ProcessPoolExecutor]:
    """Return a process that has nothing of this one's; its first task makes it import gradcli."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        pool.submit(os.getpid)
        yield pool


def work(data: bytes) -> BlockResult:
    """Do a step that was pickled, in whichever process this is."""
    source, task, packer, block = pickle.loads(data)
    with source:
        return differentiate_block(source, task, packer, block)


@contextmanager
def opened(case: Case, folder: Path) -> Iterator[tuple[Source, Plan, Sink]]:
    """Yield a source, its plan made and loaded, and the sink, as the engine has them."""
    settings = dict(case.settings)
    destination = Destination(
        None if case.output is None else str(folder / case.output),
        stack=settings.pop("stack", False),
        overwrite=True,
    )
    if "scheme" in settings:
        settings["edge_order"] = settings["scheme"].get("edge_order")
        settings["scheme"] = checked_scheme(**settings["scheme"])
    with open_source(str(case.make(folder)), case.hints) as source:
        plan = make_plan(source, Settings(**settings), destination, Run())
        for tables in plan.tables:
            tables.load(source)
        with create_sink(plan.outputs, plan.format, source, destination) as sink:
            yield source, plan, sink


def packer_of(case: Case, folder: Path, source: Source, plan: Plan) -> Packer:
    """Return the packer that is made of the plan alone."""
    path = None if case.output is None else str(folder / case.output)
    destination = Destination(path, stack=case.settings.get("stack", False))
    return make_packer(plan.outputs, plan.format, source, destination)


def forms_of(packer: Packer) -> dict[str, Any]:
    """Return the forms of the results that are stored in chunks."""
    if isinstance(packer, RoutedPacker):
        return {name: forms_of(inner).get(name) for name, inner in packer.packers.items()}
    return dict(packer.forms) if isinstance(packer, StoredPacker) else {}


def chunk_forms(packer: Packer) -> dict[str, str]:
    """Return in which chunks, and how encoded, a packer packs each result."""
    forms = forms_of(packer)
    return {name: repr(form) for name, form in forms.items() if not isinstance(form, PlainForm)}


def lower_half(task: Task) -> Window:
    """Return a window that begins within the field, and with chunks of the results."""
    shape = task.field.shape
    chunks = task.written or (1,) * len(shape)
    firsts = (n // 2 // chunk * chunk for n, chunk in zip(shape, chunks, strict=True))
    return tuple(slice(first, n) for first, n in zip(firsts, shape, strict=True))


def plain(result: BlockResult) -> Any:
    """Return all that came out as plain values, arrays by type and bytes, to be compared."""
    return [
        (packet.name, packet.window, _plain_payload(packet.payload)) for packet in result.packets
    ], (result.block, result.counts, result.seen)


def _plain_payload(payload: Any) -> Any:
    if isinstance(payload, np.ndarray):
        return payload.dtype.str, payload.shape, payload.tobytes()
    return payload


@pytest.mark.parametrize("name", CASES)
def test_a_block_gives_the_same_packets_elsewhere(
    elsewhere: ProcessPoolExecutor, tmp_path: Path, name: str
) -> None:
    case = CASES[name]
    with opened(case, tmp_path) as (source, plan, sink):
        assert chunk_forms(packer_of(case, tmp_path, source, plan)) == chunk_forms(sink.packer)
        for number, task in enumerate(plan.tasks):
            step = Step(source, task, sink.packer, Block(number, lower_half(task)))
            there = elsewhere.submit(work, pickle.dumps(tuple(step)))
            here = differentiate_block(*step)
            assert here.packets
            # Pickled too: numpy brings the numbers that it unpickles in the machine's byte order.
            assert plain(there.result()) == plain(pickle.loads(pickle.dumps(here)))


def test_a_run_of_blocks_made_elsewhere_is_the_same_file(
    elsewhere: ProcessPoolExecutor, tmp_path: Path
) -> None:
    """The whole way of a file: blocks made there, placed here, counted and told here."""
    case = CASES["adapt"]
    with opened(case, tmp_path) as (source, plan, sink):
        (task,) = plan.tasks
        for row in range(0, Y, 6):
            window = slice(0, 3), slice(row, row + 6), slice(0, X)
            step = source, task, sink.packer, Block(0, window)
            for packet in elsewhere.submit(work, pickle.dumps(step)).result().packets:
                sink.put(packet)
        made = [path for path, _ in plan.outputs]
    with netCDF4.Dataset(made[0]) as file:
        found = {name: file[name][...].tobytes() for name in file.variables}
    report = gradcli.differentiate(
        tmp_path / "field.nc", missing="adapt", edge_order=2, overwrite=True
    )
    with netCDF4.Dataset(report.outputs[0]) as file:
        assert {name: file[name][...].tobytes() for name in file.variables} == found


def every(kind: type[GradcliError]) -> Iterator[type[GradcliError]]:
    """Yield a kind of error, and all kinds of it."""
    yield kind
    for inner in kind.__subclasses__():
        yield from every(inner)


@pytest.mark.parametrize("kind", [*every(GradcliError)])
def test_an_error_comes_back_as_it_was_raised(kind: type[GradcliError]) -> None:
    found = pickle.loads(pickle.dumps(kind("too short")))
    assert type(found) is kind
    assert str(found) == "too short"


def test_a_file_that_is_another_by_now_is_refused(tmp_path: Path) -> None:
    path = npy(numbers(Y, X))(tmp_path)
    with open_source(str(path)) as source:
        data = pickle.dumps(source)
        with pickle.loads(data) as again:
            assert again.path == str(path)
            assert list(again.fields) == list(source.fields)
        np.save(path, numbers(Y, X + 1))
        with pytest.raises(InputError, match="was changed since it was opened"):
            pickle.loads(data)


def test_a_relative_path_means_the_same_file_elsewhere(
    elsewhere: ProcessPoolExecutor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    npy(numbers(Y, X))(tmp_path)
    monkeypatch.chdir(tmp_path)
    case = Case(lambda _: Path("field.npy"), output="out.npz")
    with opened(case, tmp_path) as (source, plan, sink):
        step = source, plan.tasks[0], sink.packer, Block(0, lower_half(plan.tasks[0]))
        assert elsewhere.submit(work, pickle.dumps(step)).result().packets


@pytest.mark.parametrize("kind", ["long", "npz"])
def test_a_copy_leaves_what_the_owner_has_spooled(tmp_path: Path, kind: str) -> None:
    """The copy spools again for itself, in a file of its own without a name."""
    path = grid(kind)(tmp_path)
    hints = Hints(limits=Limits(memory=2**10), dims=("y", "x"), layout=LAYOUT.get(kind))
    with open_source(str(path), hints) as source:
        whole = slice(0, Y), slice(0, X)
        before = source.read("f", whole)
        with pickle.loads(pickle.dumps(source)) as copy:
            np.testing.assert_array_equal(copy.read("f", whole), before)
        np.testing.assert_array_equal(source.read("f", whole), before)


def test_what_arrives_in_a_pipe_stays_here(tmp_path: Path) -> None:
    path = npy(numbers(Y, X))(tmp_path)
    os.mkfifo(tmp_path / "pipe.npy")
    with ThreadPoolExecutor(1) as pool:
        pool.submit((tmp_path / "pipe.npy").write_bytes, path.read_bytes())
        source = open_source(str(tmp_path / "pipe.npy"))
        with source, pytest.raises(TypeError, match="arrives in a pipe"):
            pickle.dumps(source)
