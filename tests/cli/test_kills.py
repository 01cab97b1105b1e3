"""Killed at any moment, a run leaves at each path the old file or the complete new one."""

from __future__ import annotations

import random
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from tests.cli.shell import LENIENT, Shell, until

OLD = b"an old result"
SIGNALS = [signal.SIGKILL, signal.SIGTERM, signal.SIGINT]
ARGS = ["-j", "2", "--memory", "24MiB", "--no-history", "-q"]
# The seconds of the pauses are chosen by this number; another tries other moments.
SEED = 5


@dataclass(frozen=True)
class Form:
    """A command, what it reads, what it writes."""

    source: str
    args: tuple[str, ...]
    outputs: tuple[str, ...]
    stdin: bool = False


FORMS = {
    "npy": Form("in.npy", ("-a", "0"), ("in_d0.npy",)),
    "npy, two outputs": Form("in.npy", (), ("in_d0.npy", "in_d1.npy")),
    "npz": Form("in.npz", (), ("in_gradient.npz",)),
    "hdf5": Form("in.h5", (), ("in_gradient.h5",)),
    "hdf5 on stdin": Form("in.h5", ("--format", "hdf5", "-o", "out.h5"), ("out.h5",), True),
    "netcdf-4": Form("in.nc", (), ("in_gradient.nc",)),
    "classic netcdf": Form("in.nc3", (), ("in_gradient.nc3",)),
    "records": Form("records.nc3", ("-a", "x"), ("records_gradient.nc3",)),
    "csv": Form("in.csv", ("-a", "0"), ("in_d0.csv",)),
    "csv, two outputs": Form("in.csv", ("-o", "{component}.csv"), ("d0.csv", "d1.csv")),
}

SHORT = ["npy, two outputs", "hdf5 on stdin", "netcdf-4", "records", "csv"]


def make_noise(folder: Path, rows: int) -> None:
    """Write the same noise in every format."""
    import netCDF4

    # isort: split
    import h5py

    noise = np.random.default_rng(SEED).standard_normal((rows, 256))
    np.save(folder / "in.npy", noise)
    np.savez_compressed(folder / "in.npz", f=noise)
    np.savetxt(folder / "in.csv", noise[: rows // 4], delimiter=",", fmt="%.6f")
    with h5py.File(folder / "in.h5", "w") as made:
        made.create_dataset("f", data=noise, chunks=(64, 256), compression=1, shuffle=True)
    for name, kind, records in (
        ("in.nc", "NETCDF4", False),
        ("in.nc3", "NETCDF3_64BIT_OFFSET", False),
        ("records.nc3", "NETCDF3_64BIT_OFFSET", True),
    ):
        with netCDF4.Dataset(folder / name, "w", format=kind) as made:
            made.createDimension("y", None if records else rows)
            made.createDimension("x", 256)
            made.createVariable("f", "f8", ("y", "x"))[:] = noise


class Range:
    """Runs of every form that are killed, and one of each that is not."""

    def __init__(self, folder: Path, inputs: Path, rows: int) -> None:
        self.shell = Shell(folder, inputs)
        self.kept = folder / "inputs"
        self.kept.mkdir()
        make_noise(self.kept, rows)
        self.random = random.Random(SEED)
        self._whole: dict[str, tuple[dict[str, bytes], float, float]] = {}

    def start(self, form: Form, *more: str):
        source = self.shell / form.source
        if not source.exists():
            source.hardlink_to(self.kept / form.source)
        args = ["compute", "-" if form.stdin else form.source, *form.args, *ARGS, *more]
        if not form.stdin:  # which is started anew, so that kills while Python starts are tried too
            return self.shell.fork(*args, python=LENIENT)
        with source.open("rb") as stream:
            return self.shell.start(*args, python=LENIENT, stdin=stream)

    def whole(self, name: str) -> tuple[dict[str, bytes], float, float]:
        """Return what a run gives that nothing disturbs, and how long it starts and writes."""
        if name not in self._whole:
            form = FORMS[name]
            self.clear()
            times = [time.monotonic()]
            process = self.start(form)
            until(lambda: self.temporary() != [] or process.poll() is not None)
            times.append(time.monotonic())
            assert self.shell.finish(process).code == 0
            times.append(time.monotonic())
            self._whole[name] = self.outputs(form), times[1] - times[0], times[2] - times[1]
        return self._whole[name]

    def clear(self) -> None:
        for path in self.shell.folder.iterdir():
            path.unlink()

    def outputs(self, form: Form) -> dict[str, bytes | None]:
        paths = {name: self.shell / name for name in form.outputs}
        return {name: p.read_bytes() if p.exists() else None for name, p in paths.items()}

    def temporary(self) -> list[str]:
        names = {*self.shell.names(), *self.shell.spooled()}
        return sorted(name for name in names if name.endswith(".gradcli-tmp"))

    def kill(self, name: str, number: signal.Signals, over: bool) -> str:
        """Kill a run of a form at a random moment, and check what is left; say how it ended."""
        form = FORMS[name]
        whole, starting, writing = self.whole(name)
        self.clear()
        old = dict.fromkeys(form.outputs, OLD if over else None)
        for path in form.outputs if over else ():
            (self.shell / path).write_bytes(OLD)
        process = self.start(form, *(["-O"] if over else []))
        if self.random.random() < 0.2:
            time.sleep(self.random.uniform(0, starting))
        else:
            until(lambda: self.temporary() != [] or process.poll() is not None)
            time.sleep(self.random.uniform(0, writing))
        process.send_signal(number)
        done = self.shell.finish(process)
        # -number: before the command could see to its signals, or when all was done.
        early = done.code == 1 and "KeyboardInterrupt" in done.err
        assert early or done.code in (0, 128 + number, -number), done.err
        found = self.outputs(form)
        for path in form.outputs:
            assert found[path] in (old[path], whole[path]), f"{path} is neither old nor new"
        if number == signal.SIGKILL:
            self._take_over(form, whole)
        else:
            assert found in (old, whole), "some of the outputs are new"
            assert self.temporary() == []
            assert self.shell.spooled() == []
        assert found == whole or done.code != 0
        return "complete" if found == whole else "as before"

    def _take_over(self, form: Form, whole: dict[str, bytes]) -> None:
        """Run once more: what the killed run left goes, and the result is right."""
        until(lambda: not any(map(is_alive, self.temporary())))
        assert self.shell.finish(self.start(form, "-O")).code == 0
        assert self.outputs(form) == whole
        assert self.temporary() == []


def is_alive(name: str) -> bool:
    """Return whether the maker of a temporary file is still at work."""
    from gradcli.system.temporary import _maker_is_gone

    return not _maker_is_gone(name)


@pytest.fixture(scope="module")
def firing_range(tmp_path_factory, inputs) -> Callable[[int], Range]:
    made: dict[int, Range] = {}

    def make(rows: int) -> Range:
        if rows not in made:
            made[rows] = Range(tmp_path_factory.mktemp("range"), inputs, rows)
        return made[rows]

    return make


@pytest.mark.parametrize("number", SIGNALS, ids=lambda n: n.name)
@pytest.mark.parametrize(
    "name", ["npy, two outputs", "hdf5 on stdin", "netcdf-4", "records", "csv"]
)
def test_a_killed_run(firing_range, name, number):
    firing_range(2_000).kill(name, number, over=number != signal.SIGTERM)


@pytest.mark.long
@pytest.mark.parametrize("name", FORMS)
def test_twenty_killed_runs_of_a_form(firing_range, name):
    ended = {"complete": 0, "as before": 0}
    for turn in range(20):
        number = SIGNALS[turn % 3]
        ended[firing_range(32_000).kill(name, number, over=turn % 2 == 1)] += 1
    print(f"{name}: 20 runs killed, outputs {ended}")
    assert ended["as before"] > 0
