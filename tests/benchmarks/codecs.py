"""The cases of issue 17 on compressed files: against the codec alone, and against xarray."""

from __future__ import annotations

from collections.abc import Iterator

from tests.benchmarks import snippets
from tests.benchmarks.cases import MIB, Bar, Case, Peer, faster, ours, python

SHAPE = "721 × 1440"


def most(mebibytes: int) -> Bar:
    """Return the bar on the most memory."""
    return Bar(f"≤ {mebibytes} MiB", lambda a, _: a.memory / MIB, mebibytes)


def times_codec(times: float) -> Bar:
    """Return the bar that gradcli takes so many times as long as the codec and ``cp``."""
    text = f"≤ {times:g} × isal + cp"
    return Bar(text, lambda a, b: a.seconds / b.seconds, times)


SIZE = Bar("≤ 1.02 × size", lambda a, b: a.size / b.size, 1.02)


def codecs(quick: bool) -> Iterator[Case]:
    """Yield the cases on layouts of chunks, and those on kinds of fields."""
    steps = 5 if quick else 200
    layouts = {
        "xy": ("compressed", (1, 721, 1440), "lon,lat", 1.15, (faster(16), SIZE, most(200))),
        "time": ("compressed", (1, 721, 1440), "time", 1.2, (faster(12),)),
        "chunks": ("chunks", (50, 100, 200), "time,lat,lon", 1.2, (faster(10), most(450))),
    }
    for name, (kind, chunks, axes, times, bars) in layouts.items():
        source = f"{kind}-{steps}.nc"
        codec = python("isal + cp", snippets.CODEC, source, "codec.nc", "ours.nc")
        yield Case(
            f"codec-{name}",
            f"NetCDF {steps} × {SHAPE} float32, deflate 4, chunks {chunks}: {axes}",
            (("netcdf", source, str(steps), *map(str, chunks)),),
            ours(source, "ours.nc", "-a", axes),
            (Peer(codec, (times_codec(times),)), _xarray(source, axes, bars)),
        )
    yield _little_memory(steps)
    fields = {
        "smooth": "float32 without noise",
        "land": "float32, 30 % of it land",
        "packed": "int16, packed",
        "doubles": "float64",
    }
    for kind, words in fields.items():
        source = f"{kind}-{steps}.nc"
        yield Case(
            f"codec-{kind}",
            f"NetCDF {steps} × {SHAPE} {words}, deflate 4: lon,lat",
            ((kind, source, str(steps)),),
            ours(source, "ours.nc", "-a", "lon,lat"),
            (_xarray(source, "lon,lat", (faster(15), SIZE)),),
        )


def _little_memory(steps: int) -> Case:
    source = f"chunks-{steps}.nc"
    bar = Bar("≤ 1.5 × that time", lambda a, b: a.seconds / b.seconds, 1.5)
    plenty = ours(source, "plenty.nc", "-a", "time,lat,lon", name="default memory")
    same = ("dt2m_dtime", "dt2m_dlat", "dt2m_dlon")
    return Case(
        "codec-memory",
        "the same in chunks, --memory 256MiB",
        (("netcdf", source, str(steps), "50", "100", "200"),),
        ours(source, "ours.nc", "-a", "time,lat,lon", "--memory", "256MiB"),
        (Peer(plenty, (bar, most(256)), same),),
    )


def _xarray(source: str, axes: str, bars: tuple[Bar, ...]) -> Peer:
    same = tuple(f"dt2m_d{axis}" for axis in axes.split(","))
    return Peer(python("xarray", snippets.XARRAY, source, "xarray.nc", axes), bars, same)
