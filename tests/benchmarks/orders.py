"""The cases of arrays in Fortran order, and those of CSV in the forms that laboratories write."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from tests.benchmarks import snippets
from tests.benchmarks.cases import Bar, Case, Peer, Tool, ours, python

SHAPES = (
    (2048, 2048),
    (32768, 128),
    (128, 32768),
    (160, 160, 160),
    (2048, 64, 32),
    (16, 32, 64, 128),
)
ORDER = Bar("≤ 1.5 × C order", lambda a, b: a.seconds / b.seconds, 1.5)
BEFORE = Bar("≤ 1.05 × before", lambda a, b: a.seconds / b.seconds, 1.05)


def orders(quick: bool) -> Iterator[Case]:
    """Yield a case for each shape, format and axis: Fortran order against C order."""
    for shape in SHAPES:
        sizes = tuple(max(8, n // 16) for n in shape) if quick else shape
        for suffix in ("npy", "npz"):
            name = "x".join(map(str, sizes))
            numbers = tuple(map(str, sizes))
            sources = {order: f"{order}-{name}.{suffix}" for order in ("fortran", "rows")}
            inputs = tuple((order, source, *numbers) for order, source in sources.items())
            for axis in range(len(sizes)):
                given = ("-a", str(axis), *(("-v", "f") if suffix == "npz" else ()))
                peer = ours(sources["rows"], f"rows.{suffix}", *given, name="C order")
                yield Case(
                    f"order-{suffix}-{name}-{axis}",
                    f"{suffix.upper()} {' × '.join(numbers)} in Fortran order, axis {axis}",
                    inputs,
                    ours(sources["fortran"], f"ours.{suffix}", *given),
                    (Peer(peer, (ORDER,), () if suffix == "npy" else None),),
                )


FORMS = {
    "table": ("-a", "t"),
    "dates": ("-a", "t"),
    "blanks": ("-a", "t"),
    "commas": ("-a", "t"),
    "matrix": ("-a", "0"),
    "long": ("--dims", "y,x"),
}


def forms(quick: bool, base: str | None) -> Iterator[Case]:
    """Yield a case for each form of CSV, against pandas, and against gradcli as it was before.

    ``base`` is the Python of an environment with the older gradcli, or a folder that holds it.
    """
    rows = 10_000 if quick else 400_000
    for form, given in FORMS.items():
        source = f"{form}-{rows}.csv"
        peers = [Peer(python("pandas, np.gradient", snippets.PANDAS, source, "pandas.csv", form))]
        if base is not None and form != "commas":  # which was refused before
            plain = form in ("table", "matrix", "long")
            peers.append(Peer(older(base, source, given), (BEFORE,), () if plain else None))
        yield Case(
            f"form-{form}",
            f"CSV {form}, {rows:,} rows",
            ((f"csv_{form}", source, str(rows)),),
            ours(source, "ours.csv", *given),
            tuple(peers),
        )


def older(base: str, source: str, given: tuple[str, ...]) -> Tool:
    """Return a run of an older gradcli."""
    tool = ours(source, "older.csv", *given, name="gradcli before")
    place = Path(base)
    front = (base, "-I") if place.is_file() else ("env", f"PYTHONPATH={place}", sys.executable)
    return Tool(tool.name, (*front, *tool.argv[1:]), tool.output)
