"""The cases: what is made, what gradcli and its peers run on it, and the bars on speed."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from tests.benchmarks import snippets
from tests.benchmarks.measure import Usage

START_UP = 0.3  # seconds that the bars against cp take off
MIB = 2**20


@dataclass(frozen=True)
class Bar:
    """A limit on a figure of gradcli's usage and the peer's."""

    text: str
    figure: Callable[[Usage, Usage], float]
    limit: float
    at_least: bool = False

    def met(self, figure: float) -> bool:
        """Say whether a figure keeps the bar."""
        return figure >= self.limit if self.at_least else figure <= self.limit


@dataclass(frozen=True)
class Tool:
    """A process to run, and where it writes."""

    name: str
    argv: tuple[str, ...]
    output: str


@dataclass(frozen=True)
class Peer:
    """A tool to compare with; ``same`` are the names to compare in the outputs, None if none."""

    tool: Tool
    bars: tuple[Bar, ...] = ()
    same: tuple[str, ...] | None = None
    crop: int = 0


@dataclass(frozen=True)
class Case:
    """One row of the issue: inputs (kind, name, numbers), gradcli's run, the peers."""

    name: str
    work: str
    inputs: tuple[tuple[str, ...], ...]
    ours: Tool
    peers: tuple[Peer, ...]


@dataclass(frozen=True)
class Kernel:
    """A case that runs in one process of its own, both functions in turn."""

    name: str
    work: str
    arguments: tuple[str, ...]
    bars: tuple[Bar, ...]


def faster(times: float) -> Bar:
    """Return the bar that gradcli is this many times faster."""
    return Bar(f"≥ {times:g} × faster", lambda a, b: b.seconds / a.seconds, times, True)


def times_cp(times: float, less: float = 0.0) -> Bar:
    """Return the bar that gradcli takes so many times as long as cp."""
    text = f"≤ {times:g} × cp" + (f" after {less:g} s" if less else "")
    return Bar(text, lambda a, b: (a.seconds - less) / b.seconds, times)


MEMORY = Bar("≤ 300 MiB", lambda a, _: a.memory / MIB, 300)
SIZE = Bar("≤ 1.05 × size", lambda a, b: a.size / b.size, 1.05)
TEMPORARY = Bar("peak ≤ 1.2 × result", lambda a, _: a.memory / a.size, 1.2)


def ours(source: str, target: str, *options: str, name: str = "gradcli") -> Tool:
    """Return a run of ``gradcli compute`` on two threads."""
    argv = (sys.executable, "-m", "gradcli", "compute", source, "-o", target, "-q", "-j", "2")
    return Tool(name, (*argv, *options), target)


def python(name: str, snippet: str, source: str, target: str, *arguments: str) -> Tool:
    """Return a peer that is a snippet."""
    return Tool(name, (sys.executable, "-c", snippet, source, target, *arguments), target)


def copy(source: str) -> Tool:
    """Return ``cp`` of the input: the disk's speed."""
    return Tool("cp", ("cp", "-L", "--reflink=never", source, "copy.out"), "copy.out")


def cdo(source: str, axes: str) -> Iterator[Peer]:
    """Yield CDO's central differences on the quarter-degree grid, where it is installed."""
    if not shutil.which("cdo"):
        return
    chains: list[str] = []
    for axis in axes.split(","):
        shift, width = {"lon": ("shiftx", "0.5"), "lat": ("shifty", "-0.5")}[axis]
        chains += [f"-setname,dt2m_d{axis}", f"-divc,{width}", "-sub"]
        chains += [f"-{shift},-1", source, f"-{shift},1", source]
    argv = ("cdo", "-s", "-O", "-f", "nc4", "-z", "zip_4", "-merge", *chains, "cdo.nc")
    same = tuple(f"dt2m_d{axis}" for axis in axes.split(","))
    yield Peer(Tool("CDO", argv, "cdo.nc"), (), same, 1)


def nco(source: str, axes: str) -> Iterator[Peer]:
    """Yield NCO's central differences (its ends hold the field), where it is installed."""
    if not shutil.which("ncap2"):
        return
    rules = {
        "lon": "dt2m_dlon(:,:,1:1438)=(t2m(:,:,2:1439)-t2m(:,:,0:1437))/0.5f;",
        "lat": "dt2m_dlat(:,1:719,:)=(t2m(:,2:720,:)-t2m(:,0:718,:))/-0.5f;",
    }
    script = "".join(f"dt2m_d{axis}=t2m;{rules[axis]}" for axis in axes.split(","))
    argv = ("ncap2", "-O", "-v", "-4", "-L", "4", "-s", script, source, "nco.nc")
    same = tuple(f"dt2m_d{axis}" for axis in axes.split(","))
    yield Peer(Tool("NCO", argv, "nco.nc"), (), same, 1)


def gmt(source: str) -> Iterator[Peer]:
    """Yield GMT's central differences, written uncompressed, where it is installed."""
    if not shutil.which("gmt"):
        return
    argv = ("gmt", "grdmath", source, "DDX", "=", "gmt.nc", "--IO_NC4_DEFLATION_LEVEL=0")
    yield Peer(Tool("GMT", argv, "gmt.nc"), (), ("dz_dx=z",), 1)


def gdal(source: str) -> Iterator[Peer]:
    """Yield GDAL's slope (Horn's: eight neighbours, degrees), where it is installed: for time."""
    if not shutil.which("gdaldem"):
        return
    argv = ("gdaldem", "slope", source, "gdal.tif", "-q")
    yield Peer(Tool("GDAL slope", argv, "gdal.tif"))


def compressed(quick: bool) -> Iterator[Case]:
    """Yield the cases on deflated and contiguous NetCDF."""
    steps = 5 if quick else 200
    layouts = {
        "compressed": ("compressed", (1, 721, 1440), "lon,lat", (faster(15), SIZE, MEMORY)),
        "along-time": ("compressed", (1, 721, 1440), "time", (faster(12), MEMORY)),
        "chunks": ("chunks", (50, 100, 200), "time,lat,lon", (faster(10),)),
        "contiguous": ("raw", (), "lon", (faster(8),)),
    }
    for name, (kind, chunks, axes, bars) in layouts.items():
        source = f"{kind}-{steps}.nc"
        same = tuple(f"dt2m_d{axis}" for axis in axes.split(","))
        peers = [Peer(python("xarray", snippets.XARRAY, source, "xarray.nc", axes), bars, same)]
        if name == "contiguous":
            peers.append(Peer(copy(source), (times_cp(2, START_UP),)))
        if "time" not in axes:
            peers += [*cdo(source, axes), *nco(source, axes)]
        layout = f"deflate 4, chunks {chunks}" if chunks else "uncompressed, contiguous"
        yield Case(
            name,
            f"NetCDF {steps} × 721 × 1440 float32, {layout}: {axes}",
            (("netcdf", source, str(steps), *map(str, chunks)),),
            ours(source, "ours.nc", "-a", axes),
            tuple(peers),
        )


def grid(quick: bool) -> Case:
    """Return the case on one grid of equal steps, which is what GMT and GDAL differentiate."""
    size = 1800 if quick else 8000
    source = f"grid-{size}.nc"
    return Case(
        "grid",
        f"NetCDF {size} × {size} float32, one grid, uncompressed: x",
        (("grid", source, str(size)),),
        ours(source, "ours.nc", "-a", "x"),
        (*gmt(source), *gdal(source), Peer(copy(source))),
    )


def threads(quick: bool) -> Case:
    """Return the case of one thread against two."""
    steps = 5 if quick else 200
    source = f"compressed-{steps}.nc"
    alone = ours(source, "alone.nc", "-a", "lon,lat", "-j", "1", name="gradcli -j 1")
    same = ("dt2m_dlon", "dt2m_dlat")
    return Case(
        "threads",
        "two threads against one, compressed",
        (("netcdf", source, str(steps), "1", "721", "1440"),),
        ours(source, "ours.nc", "-a", "lon,lat"),
        (Peer(alone, (faster(1.7),), same),),
    )


def arrays(quick: bool) -> Iterator[Case]:
    """Yield the cases on NPY, each axis in turn."""
    shape = (13 if quick else 256, 1024, 1024)
    source = f"cube-{shape[0]}.npy"
    for axis, length in enumerate(shape):
        x = f"uneven-{length}.npy"
        numpy = python("np.gradient", snippets.NUMPY, source, "numpy.npy", str(axis), x)
        yield Case(
            f"npy-{axis}",
            f"NPY {' × '.join(map(str, shape))} float64, uneven, axis {axis}",
            (("npy", source, *map(str, shape)), ("uneven", x, str(length))),
            ours(source, "ours.npy", "-a", str(axis), "--coords", f"{axis}={x}"),
            (Peer(copy(source), (times_cp(2.5),)), Peer(numpy, (faster(4),), ())),
        )


def table(quick: bool) -> Case:
    """Return the case on a CSV table."""
    rows = 50_000 if quick else 1_000_000
    source = f"table-{rows}.csv"
    numpy = python("loadtxt, savetxt", snippets.NUMPY_CSV, source, "numpy.csv")
    return Case(
        "csv",
        f"CSV table, {rows:,} rows × 8 columns",
        (("csv", source, str(rows)),),
        ours(source, "ours.csv", "-a", "t"),
        (Peer(numpy, (faster(8),), ()),),
    )


def per_unit(usage: Usage, units: int) -> float:
    """Return the seconds a unit of size, without start-up: the slope of the line."""
    return max(usage.seconds - START_UP, 1e-3) / units


def sizes(quick: bool, free: int) -> Iterator[Case]:
    """Yield the cases of cost against size, each against the smallest; 8 GiB where it fits."""
    unit = 6 if quick else 128  # slabs of 8 MiB
    base = f"cube-{unit}.npy"
    least = ours(base, "base.npy", "-a", "1", name="gradcli, smallest")
    for times in (2, 4) if quick or free < 40 * 2**30 else (2, 4, 8):
        source = f"cube-{unit * times}.npy"
        bar = Bar(
            f"time a GiB within 20 % after {START_UP:g} s",
            lambda a, b, n=times: abs(per_unit(a, n) / per_unit(b, 1) - 1),
            0.2,
        )
        yield Case(
            f"size-{times}",
            f"NPY float64, axis 1: {unit * times * 8:,} MiB against {unit * 8:,} MiB",
            tuple(("npy", name, name[5:-4], "1024", "1024") for name in (base, source)),
            ours(source, "ours.npy", "-a", "1"),
            (Peer(least, (bar,)), Peer(copy(source))),
        )


def kernels(quick: bool) -> Iterator[Kernel]:
    """Yield the cases in memory."""
    shape = "64,128,204" if quick else "64,512,1024"
    for spacing in ("uneven", "even"):
        for dtype in ("float32", "float64"):
            times = 1.3 if spacing == "even" else 4 if dtype == "float32" else 2.5
            for axis in "012":
                yield Kernel(
                    f"kernel-{dtype}-{spacing}-{axis}",
                    f"kernel {shape.replace(',', ' × ')} {dtype}, {spacing}, axis {axis}",
                    (shape, dtype, axis, spacing),
                    (faster(times), TEMPORARY),
                )
