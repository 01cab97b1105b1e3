"""Compare two outputs: ``python -m tests.benchmarks.agree OURS THEIRS CROP [A=B …]``.

Values must agree within 1e-4 (float32) or 1e-9 (float64) of the value and of the field's largest;
points missing on one side are left out, and CROP points at every end of every axis.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import netCDF4
import numpy as np

SLAB = 32 * 2**20


def compare(ours: object, theirs: object, crop: int, axis_crop: int) -> None:
    """Compare two arrays, or variables of files, in slabs along the first axis."""
    shape = ours.shape
    assert shape == theirs.shape, f"shapes {shape} and {theirs.shape}"
    rows = max(1, SLAB // max(1, ours.dtype.itemsize * int(np.prod(shape[1:]))))
    edges = [*range(axis_crop, shape[0] - axis_crop, rows), shape[0] - axis_crop]
    rest = tuple(slice(crop, length - crop) for length in shape[1:])
    seen = 0
    for first, stop in pairwise(edges):
        a, b = (np.ma.filled(v[first:stop], np.nan)[(slice(None), *rest)] for v in (ours, theirs))
        there = np.isfinite(a) & np.isfinite(b)
        seen += int(there.sum())
        largest = float(np.abs(b[there]).max(initial=0.0))
        close = 1e-4 if a.dtype.itemsize == 4 else 1e-9
        np.testing.assert_allclose(a[there], b[there], rtol=close, atol=close * largest)
    inside = int(np.prod([max(0, n - 2 * crop) for n in shape[1:]])) * (shape[0] - 2 * axis_crop)
    assert seen > 0.6 * inside, "hardly a point to compare"


def netcdf_pairs(ours: Path, theirs: Path, crop: int, names: list[str]) -> None:
    """Compare variables of two NetCDF files, ``A`` with ``B`` for each ``A=B`` or ``A``."""
    with netCDF4.Dataset(ours) as a, netCDF4.Dataset(theirs) as b:
        for pair in names:
            left, _, right = pair.partition("=")
            compare(a[left], b[right or left], crop, crop if a[left].ndim < 3 else 0)


def table(path: Path) -> np.ndarray:
    """Return the numbers of a CSV file with a header."""
    import polars

    return polars.read_csv(path).to_numpy()


def outputs(ours: Path, theirs: Path) -> Iterator[tuple[Path, Path]]:
    """Yield the files to compare; of a folder, every twentieth by name."""
    if not ours.is_dir():
        yield ours, theirs
        return
    mine, other = (sorted(entry.name for entry in path.iterdir()) for path in (ours, theirs))
    assert len(mine) == len(other), f"{len(mine)} and {len(other)} files"
    yield from ((ours / a, theirs / b) for a, b in list(zip(mine, other, strict=True))[::20])


def main() -> None:
    """Compare, and fail with what differs."""
    for ours, theirs in outputs(Path(sys.argv[1]), Path(sys.argv[2])):
        crop, names = int(sys.argv[3]), sys.argv[4:]
        if ours.suffix == ".nc":
            netcdf_pairs(ours, theirs, crop, names)
        elif ours.suffix == ".csv":
            compare(table(ours), table(theirs), crop, crop)
        else:
            compare(*(np.load(path, mmap_mode="r") for path in (ours, theirs)), crop, crop)


if __name__ == "__main__":
    try:
        main()
    except AssertionError as error:
        raise SystemExit(" ".join(str(error).split())[:300]) from None
