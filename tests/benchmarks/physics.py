"""The cases of issue 4: operators beside the gradient, and fields with holes."""

from __future__ import annotations

from collections.abc import Iterator

from tests.benchmarks.cases import Bar, Case, Peer, ours


def operators(quick: bool) -> Iterator[Case]:
    """Yield the case of further operators in the same pass: the time a byte must not grow."""
    steps = 3 if quick else 200
    source = f"compressed-{steps}.nc"
    given = ("-a", "lon,lat", "--metric", "sphere")
    bar = Bar(
        "time a byte ≤ 1.15 × compute",
        lambda a, b: (a.seconds / a.size) / (b.seconds / b.size),
        1.15,
    )
    alone = ours(source, "alone.nc", *given, name="compute alone")
    yield Case(
        "operators",
        "compressed, --metric sphere --also magnitude,laplacian",
        (("netcdf", source, str(steps), "1", "721", "1440"),),
        ours(source, "ours.nc", *given, "--also", "magnitude,laplacian"),
        (Peer(alone, (bar,), ("dt2m_dlon", "dt2m_dlat")),),
    )


def holes(quick: bool) -> Iterator[Case]:
    """Yield the cases of ``--missing adapt`` against ``propagate``, on whole fields and others."""
    shape = ("3" if quick else "200", "721", "1440")
    for percent, most in ((0, 1.1), (30, 3.0)):
        source = f"holes-{percent}.npy"
        bar = Bar(f"≤ {most:g} × propagate", lambda a, b: a.seconds / b.seconds, most)
        alone = ours(source, "alone.npy", "-a", "2", name="propagate")
        yield Case(
            f"adapt-{percent}",
            f"NPY {' × '.join(shape)} float32, {percent} % missing: --missing adapt",
            (("holes", source, *shape, str(percent)),),
            ours(source, "ours.npy", "-a", "2", "--missing", "adapt"),
            (Peer(alone, (bar,), () if percent == 0 else None),),
        )
