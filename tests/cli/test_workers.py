"""Small inputs of a batch are worked on by several processes; what is seen is that of one."""

from __future__ import annotations

import json
import os
import signal
import sys
import zlib
from pathlib import Path

import netCDF4  # first: h5py and it bring an HDF5 library each
import numpy as np
import pytest

# isort: split
import h5py

from tests.cli.shell import LENIENT, Process, Shell, single_error, until, workers

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="/proc says if forks are safe")

COUNT = 24  # inputs; fewer than 20 are worked on by one process
HEAVY = 11  # the input that takes long
ROWS, WIDTH = 60, 5000  # of its chunks
BESIDE = ["-j", "2", "--output-dir", "out", "-a", "0"]


def make_heavy(path: Path, chunks: int = 400) -> None:
    """Write a small file that holds up to a gigabyte, all of it the same deflated chunk."""
    with h5py.File(path, "w") as file:
        shape = (ROWS, WIDTH * chunks)
        made = file.create_dataset("f", shape, "f8", chunks=(ROWS, WIDTH), compression="gzip")
        chunk = zlib.compress(bytes(8 * ROWS * WIDTH), 9)
        for number in range(chunks):
            made.id.write_direct_chunk((0, number * WIDTH), chunk)


def named(number: int) -> str:
    return f"f{number:02d}" + (".h5" if number in HEAVIES else ".npy")


HEAVIES = {3, HEAVY, 17}  # those that are no NPY
NAMES = [named(number) for number in range(COUNT)]


@pytest.fixture(scope="module")
def heavy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("heavy") / "heavy.h5"
    make_heavy(path)
    assert 2**19 < path.stat().st_size < 2**20
    return path


@pytest.fixture
def many(shell: Shell, heavy: Path) -> Shell:
    """Return a shell with small inputs, of which one takes long."""
    for number, name in enumerate(NAMES):
        if number == HEAVY:
            (shell / name).hardlink_to(heavy)
        elif number in HEAVIES:
            make_heavy(shell / name, 1)
        else:
            np.save(shell / name, np.arange(5.0))
    return shell


def scratch(folder: Path) -> list[str]:
    return [name for name in os.listdir(folder) if "gradcli-tmp" in name]


def outputs(*left_out: int) -> list[str]:
    endings = {True: "_gradient.h5", False: "_d0.npy"}
    return [f"f{n:02d}{endings[n in HEAVIES]}" for n in range(COUNT) if n not in left_out]


def start(many: Shell, *args: str) -> tuple[Process, int]:
    """Start on all inputs; return when the long one is written, and the process that writes it."""
    process = many.fork("compute", *NAMES, *BESIDE, *args, python=LENIENT)
    return process, writing(many, process, HEAVY)


def writing(many: Shell, process: Process, number: int) -> int:
    """Wait until an output is written, and return the process that writes it."""
    found: list[str] = []

    def begun() -> bool:
        if (many / "out").is_dir():
            found[:] = [name for name in scratch(many / "out") if f"f{number}_" in name]
        return bool(found)

    until(begun, process)
    writer = int(found[0].split("-")[-4])
    assert writer in below(process)
    return writer


def lighten(many: Shell, chunks: int) -> None:
    (many / NAMES[HEAVY]).unlink()
    make_heavy(many / NAMES[HEAVY], chunks)


def below(process: Process) -> list[int]:
    """Return the workers of the process that works."""
    (first,) = workers(process)
    return [int(pid) for pid in Path(f"/proc/{first}/task/{first}/children").read_text().split()]


def told(data: bytes) -> list[dict]:
    return [json.loads(line) for line in data.decode().splitlines()]


# The same as one process.


def make_mixed(folder: Path) -> list[str]:
    """Write small files of some formats; one is damaged and one is missing."""
    names = [f"f{number:02d}.{['npz', 'nc', 'csv'][number % 3]}" for number in range(COUNT)]
    for number, name in enumerate(names):
        values = np.arange(12.0 + 3 * (number % 2)).reshape(-1, 3) ** 2
        if name.endswith("npz"):
            np.savez(folder / name, f=values)
        elif name.endswith("csv"):
            np.savetxt(folder / name, values, delimiter=",")
        else:
            with netCDF4.Dataset(folder / name, "w") as data:
                data.createDimension("y", len(values))
                data.createDimension("x", 3)
                data.createVariable("f", "f8", ("y", "x"))[:] = values
    (folder / names[7]).write_bytes(b"no NetCDF")
    (folder / names[12]).unlink()
    return names


def test_what_two_processes_say_and_write_is_what_one_does(shell):
    names = make_mixed(shell.folder)
    args = ["compute", *names, "-a", "0", "--no-history", "--skip-existing"]
    said, made = [], []
    for jobs in ("1", "2"):
        (shell / jobs).mkdir()
        (shell / jobs / "f09_gradient.npz").write_bytes(b"made before")
        done = shell.run(*args, "-j", jobs, "--output-dir", jobs, code=3)
        *lines, last = done.err.splitlines()
        assert last.startswith("Error: 2 of 24 inputs failed; done 21, skipped 1, failed 2, ")
        said.append((lines, [Path(line).name for line in done.out]))
        made.append({path.name: path.read_bytes() for path in (shell / jobs).iterdir()})
    assert said[0] == said[1]
    assert made[0] == made[1]
    assert len(made[0]) == 22
    assert any(" more inputs: " in line for line in said[0][0])
    done = shell.run(*args, "-j", "2", "--output-dir", "json", "--json", code=3)
    assert [report["input"] for report in told(done.data)] == names
    failed = [report["input"] for report in told(done.data) if report["status"] == "failed"]
    assert failed == [names[7], names[12]]


def test_the_processes_are_two_and_end_with_the_command(many):
    process, writer = start(many)
    pids = below(process)
    assert len(pids) == 2
    os.kill(writer, signal.SIGKILL)
    assert many.finish(process).code == 3
    assert not any(Path(f"/proc/{pid}").exists() for pid in pids)


def test_results_that_meet_are_refused_in_whichever_process(shell):
    # What a component is called is not known before a file is open.
    names = [f"f{number:02d}.npz" for number in range(COUNT)]
    for name in names:
        np.savez(shell / name, x=np.arange(4.0), c=np.arange(4.0))
    np.savez(shell / "f05.npz", b_x=np.arange(4.0), c=np.arange(4.0))
    np.savez(shell / "f05_b.npz", x=2 * np.arange(4.0), c=np.arange(4.0))
    args = ["-o", "{stem}_{component}.npy", "-O", "-q", "-j", "2"]
    done = shell.run("compute", *names, "f05_b.npz", *args, code=3)
    assert len(done.err.splitlines()) == 2
    assert "f05_b_x_d0.npy: holds the results of another input, f05.npz" in done.err
    np.testing.assert_array_equal(np.load(shell / "f05_b_x_d0.npy"), 1.0)


@pytest.mark.parametrize("wrong", [["--name", "{bogus}"], ["--accuracy", "3"]])
def test_wrong_usage_is_said_once(many, wrong):
    assert many.refuse("compute", *NAMES, *BESIDE, *wrong, code=2)


# Deaths.


def test_a_worker_that_dies_fails_its_input_alone(many):
    process, writer = start(many, "--json")
    os.kill(writer, signal.SIGSEGV)
    done = many.finish(process)
    assert done.code == 3
    first, last = [line for line in done.err.splitlines() if not line.startswith("Note: ")]
    assert first.startswith(f"Error: {NAMES[HEAVY]}: the process that ")
    assert "SIGSEGV" in first
    assert last.startswith("Error: 1 of 24 inputs failed; done 23, skipped 0, failed 1, ")
    assert [report["input"] for report in told(done.data)] == NAMES
    assert sorted(os.listdir(many / "out")) == outputs(HEAVY)


def test_every_worker_that_dies_is_replaced(many, heavy):
    (many / NAMES[17]).unlink()
    (many / NAMES[17]).hardlink_to(heavy)
    process, writer = start(many, "-q")
    os.kill(writer, signal.SIGKILL)
    os.kill(writing(many, process, 17), signal.SIGKILL)
    done = many.finish(process)
    assert done.code == 3
    first, second, last = done.err.splitlines()
    for number, line in ((HEAVY, first), (17, second)):
        assert line.startswith(f"Error: {NAMES[number]}: the process that worked on it was killed")
    assert "2 of 24 inputs failed; done 22" in last
    assert sorted(os.listdir(many / "out")) == outputs(HEAVY, 17)


def test_the_one_that_forked_them_may_die_too(many):
    lighten(many, 100)
    process, _ = start(many, "-q")
    (first,) = workers(process)
    os.kill(first, signal.SIGKILL)
    done = many.finish(process)
    assert done.code == 0, done.err
    assert sorted(done.out) == [f"out/{name}" for name in outputs()]
    assert sorted(os.listdir(many / "out")) == outputs()


def test_none_outlives_a_supervisor_that_is_killed(many):
    process, writer = start(many)
    process.kill()
    process.wait()
    until(lambda: not Path(f"/proc/{writer}").exists())
    many.finish(process)
    assert outputs()[HEAVY] not in os.listdir(many / "out")


# Ends that are asked for.


@pytest.mark.parametrize(
    ("number", "whom"),
    [
        (signal.SIGTERM, "command"),
        (signal.SIGINT, "all"),
        (signal.SIGTERM, "writer"),
    ],
    ids=str,
)
def test_a_signal_ends_all_and_leaves_nothing(many, number, whom):
    process, writer = start(many, "-q")
    (first,) = workers(process)
    every = [process.pid, first, *below(process)]  # as a terminal sends it
    for pid in {"command": every[:1], "all": every, "writer": [writer]}[whom]:
        os.kill(pid, number)
    done = many.finish(process)
    assert done.code == 128 + number
    assert "no output is half-written" in single_error(done.err)
    assert scratch(many / "out") == []
    assert outputs()[HEAVY] not in os.listdir(many / "out")
    assert not Path(f"/proc/{writer}").exists()


def test_fail_fast_stops_all_of_them(many):
    lighten(many, 1)
    (many / "f08.npy").write_bytes(b"no array")
    done = many.run("compute", *NAMES, *BESIDE, "-q", "--fail-fast", code=1)
    *_, first, last = done.err.splitlines()
    assert first.startswith("Error: f08.npy: ")
    made = sorted(os.listdir(many / "out"))
    assert [f"out/{name}" for name in made] == done.out
    # One may have been under way beside it.
    assert made in (outputs(*range(8, COUNT)), outputs(8, *range(10, COUNT)))
    untried = COUNT - len(made) - 1
    assert last == f"Error: stopped at the first failure; {untried} of 24 inputs were not tried"


def test_a_reader_that_goes_away_ends_all(many):
    reading, writing = os.pipe()
    os.close(reading)
    process = many.start("compute", *NAMES, *BESIDE, "-q", python=LENIENT, stdout=writing)
    os.close(writing)
    done = many.finish(process)
    assert (done.code, done.err) == (0, "")
    assert scratch(many / "out") == []


def test_a_full_disk_fails_the_large_outputs_alone(many):
    lighten(many, 1)
    np.save(many / NAMES[5], np.arange(10_000.0))
    under = ("prlimit", f"--fsize={2**16}")
    done = many.run("compute", *NAMES, *BESIDE, "-q", under=under, code=3)
    first, last = done.err.splitlines()
    assert f"out/{outputs()[5]}: cannot be written: " in first
    assert "1 of 24 inputs failed; done 23" in last
    assert sorted(os.listdir(many / "out")) == outputs(5)
