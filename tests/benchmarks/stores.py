"""Zarr to Zarr in processor time: ``python -m tests.benchmarks.stores [--quick]``.

For each kind of store the command and zarr-python, which reads the same field and writes as much,
run in turn, and the table gives the processor seconds of both (medians). Below stands what of the
command's is not to be saved: the codec alone, which decodes the chunks of the input and encodes
those of the results in one thread, and the start of the command, by a field of one chunk. The last
column is how many times faster the command would be if it did nothing else.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median

import numpy as np

from gradcli.formats.chunked import overlapping
from gradcli.formats.opening import open_source
from gradcli.formats.zarr.source import ZarrSource
from tests.benchmarks.measure import helper, run
from tests.benchmarks.zarr import KINDS, ZARR_PYTHON, store

RESULTS = "dt2m_dlat", "dt2m_dlon"


def codec_seconds(source: str, result: str) -> float:
    """Return how long the codec takes to decode a field and to encode its derivatives."""
    spent = 0.0
    for path, names in ((source, ("t2m",)), (result, RESULTS)):
        with open_source(path) as opened:
            assert isinstance(opened, ZarrSource)
            for name in names:
                codecs = opened.layouts[name].codecs
                for data in _chunks(opened, name):
                    began = time.thread_time()
                    values = codecs.decode(data, opened.layouts[name].chunks)
                    if path == result:
                        values, began = np.array(values), time.thread_time()
                        codecs.encode(values)
                    spent += time.thread_time() - began
    return spent


def _chunks(source: ZarrSource, name: str) -> Iterator[bytes]:
    layout = source.layouts[name]
    for numbers in overlapping(tuple(slice(0, size) for size in layout.shape), layout.chunks):
        data = source.store.read(source.prefixes[name] + layout.keys.key(numbers), 2**31)
        if data is not None:
            yield bytes(data)


def rows(folder: Path, quick: bool) -> Iterator[tuple[str, float, float, float, float]]:
    """Yield for each kind the seconds of the command, of zarr-python, the codec and the start."""
    python = sys.executable
    for number, (kind, words) in enumerate(KINDS.items()):
        if kind == "shards":  # chunks as those of the first, several in a file
            continue
        source, small = folder / f"{kind}.zarr", folder / f"{kind}-small.zarr"
        store(source, 20 if quick else 200, number)
        store(small, 10, number)
        ours, theirs = folder / "ours.zarr", folder / "theirs.zarr"
        asked = ["-m", "gradcli", "compute", "-a", "lat,lon", "-q", "-j", "2", "-o", str(ours)]
        part = ["--isel", "time=0:2,lat=0:9"]
        runs: dict[str, tuple[list[str], Path]] = {
            "start": ([*asked, str(small), *part], ours),
            "gradcli": ([*asked, str(source)], ours),
            "zarr-python": (["-c", ZARR_PYTHON, str(source), str(theirs)], theirs),
        }
        busy: dict[str, list[float]] = {name: [] for name in runs}
        for _ in range(1 if quick else 3):
            for name, (argv, path) in runs.items():
                busy[name].append(run([python, *argv], path, folder).busy)
        codec = float(helper("stores", "--codec", str(source), str(ours)))
        start, own, other = (median(busy[name]) for name in runs)
        yield words, own, other, codec, start


def main() -> int:
    """Print the table, and return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="smaller fields, one run")
    parser.add_argument("--codec", nargs=2, metavar=("SOURCE", "RESULT"), help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.codec:
        # In the main thread blosc would use threads of its own.
        found: list[float] = []
        thread = threading.Thread(target=lambda: found.append(codec_seconds(*asked.codec)))
        thread.start()
        thread.join()
        print(found[0])
        return 0
    print(f"{'':34} gradcli  zarr-python  ratio   codec   start   at best")
    with tempfile.TemporaryDirectory() as name:
        for words, own, other, codec, start in rows(Path(name), asked.quick):
            print(
                f"{words:32} {own:7.2f} s {other:9.2f} s {other / own:6.2f} {codec:7.2f} "
                f"{start:7.2f} {other / (codec + start):9.2f}"
            )
    return 0


if __name__ == "__main__":
    sys.exit(main())
