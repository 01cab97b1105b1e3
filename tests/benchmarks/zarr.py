"""Zarr to Zarr, against zarr-python that reads the same field and writes as much, and no more."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from tests.benchmarks.cases import Case, Peer, faster, ours, python

CHUNKS = (10, 103, 1440)  # 6 MB
KINDS = {
    "blosc": "Zarr 3, blosc (zstd 1, shuffle)",
    "zstd": "Zarr 3, zstd",
    "shards": "Zarr 3, blosc, 7 chunks in a shard",
    "version2": "Zarr 2, blosc (lz4)",
}

# input, output: the field is read, and written twice, as the two derivatives are
ZARR_PYTHON = """
import sys
import zarr
source, target = sys.argv[1:]
field = zarr.open_group(source, mode="r")["t2m"]
made = zarr.open_group(target, mode="w", zarr_format=field.metadata.zarr_format)
results = [
    made.create_array(
        name, shape=field.shape, dtype=field.dtype, chunks=field.chunks, shards=field.shards,
        compressors=field.compressors,
    )
    for name in ("dt2m_dlat", "dt2m_dlon")
]
for first in range(0, field.shape[0], 40):
    values = field[first : first + 40]
    for result in results:
        result[first : first + 40] = values
"""


def stores(quick: bool) -> Iterator[Case]:
    """Yield the cases."""
    steps = 10 if quick else 200
    for number, (kind, words) in enumerate(KINDS.items()):
        source = f"{kind}-{steps}.zarr"
        peer = python("zarr-python", ZARR_PYTHON, source, "peer.zarr")
        chunks = " × ".join(map(str, CHUNKS))
        yield Case(
            f"zarr-{kind}",
            f"{words}, {steps} × 721 × 1440 float32 in {chunks}: lat, lon",
            (("store", source, str(steps), str(number)),),
            ours(source, "ours.zarr", "-a", "lat,lon", "-O"),
            (Peer(peer, (faster(2),)),),
        )


def store(path: Path, steps: int, number: int) -> None:
    """Write ``t2m(time, lat, lon)`` as the kind of this number says."""
    import numpy as np
    import zarr
    from zarr.codecs import BloscCodec, ZstdCodec

    from tests.benchmarks.inputs import fields, slabs

    kind = list(KINDS)[number]
    version = 2 if kind == "version2" else 3
    group = zarr.open_group(path, mode="w", zarr_format=version)
    axes = {
        "time": np.arange(steps) * 6.0,
        "lat": np.linspace(90, -90, 721, dtype="f4"),
        "lon": np.arange(1440, dtype="f4") * np.float32(0.25),
    }
    blosc = BloscCodec(cname="zstd", clevel=1, shuffle="shuffle", typesize=4)
    codecs = {"zstd": ZstdCodec(level=0), "version2": "auto"}

    def named(*dims: str) -> dict:
        named = {"attributes": {"_ARRAY_DIMENSIONS": list(dims)}}
        return named if version == 2 else {"dimension_names": dims}

    for name, values in axes.items():
        group.create_array(name, data=values, **named(name))
    field = group.create_array(
        "t2m",
        shape=tuple(map(len, axes.values())),
        dtype="f4",
        chunks=CHUNKS,
        shards=(10, 721, 1440) if kind == "shards" else None,
        compressors=codecs.get(kind, blosc),
        fill_value=float("nan"),
        **named(*axes),
    )
    for first, block in slabs(fields(steps), CHUNKS[0]):
        field[first : first + len(block)] = block
