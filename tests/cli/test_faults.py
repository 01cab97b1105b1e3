"""Whatever happens, at whatever moment: each output is complete, or as it was before."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from tests.cli.inputs import ENDLESS, SLOW, SPARSE, TWO_SLOW, make_sparse
from tests.cli.shell import LENIENT, single_error, until
from tests.long import long

KIB = 1024
FILES = {
    "npy": ["large.npy", "-a", "0"],
    "npy, two files": ["large.npy"],
    "npz": ["large.npz"],
    "hdf5": ["large.npy", "-o", "{stem}_gradient.h5"],
    "netcdf": ["large.npy", "-o", "{stem}_gradient.nc"],
    "classic netcdf": ["large.nc"],
    "csv": ["large.csv", "-a", "0"],
}
MOMENTS = [0.0, 0.05, 0.15]


@pytest.fixture(scope="module")
def large(tmp_path_factory) -> Path:
    """Return a folder with a grid of 320 KiB in some formats."""
    import netCDF4

    folder = tmp_path_factory.mktemp("large")
    # No compression makes noise smaller.
    noise = np.random.default_rng(1).standard_normal((160, 256))
    np.save(folder / "large.npy", noise)
    np.savez(folder / "large.npz", f=noise)
    np.savetxt(folder / "large.csv", noise, delimiter=",")
    with netCDF4.Dataset(folder / "large.nc", "w", format="NETCDF3_CLASSIC") as made:
        made.createDimension("y", 160)
        made.createDimension("x", 256)
        made.createVariable("f", "f8", ("y", "x"))[:] = noise
    return folder


def run_on(shell, sparse: Path, *args: str):
    """Start a run on one thread, in a forked process."""
    fixed = ["-j", "1", "--output-dir", "."]
    return shell.fork("compute", str(sparse), *fixed, *args, python=LENIENT)


def ended(shell, process):
    """Let a process that was paused go on to its end."""
    process.send_signal(signal.SIGCONT)
    return shell.finish(process)


# Signals.


@pytest.mark.parametrize("moment", [*MOMENTS[:2], *map(long, MOMENTS[2:])])
@pytest.mark.parametrize(
    ("number", "code", "word"),
    [(signal.SIGTERM, 143, "terminated"), (signal.SIGINT, 130, "interrupted")],
)
@pytest.mark.parametrize("kind", ["npy", "nc"])
def test_a_signal_leaves_nothing(shell, sparse, moment, number, code, word, kind):
    output = {"npy": ["--output-dir", "."], "nc": ["-o", "out.nc"]}[kind]
    # The handlers that a fresh process sets are those of a forked one: one of three shows it.
    begin = shell.start if moment == MOMENTS[0] else shell.fork
    process = begin("compute", str(sparse), *output, *ENDLESS, python=LENIENT)
    until(lambda: any("gradcli-tmp" in name for name in shell.names()), process)
    time.sleep(moment)
    process.send_signal(number)
    done = shell.finish(process)
    assert done.code == code, done.err
    assert done.err.strip().startswith(f"Error: {word}")
    assert shell.names() == set()
    assert shell.spooled() == []


@pytest.mark.parametrize("number", [signal.SIGTERM, long(signal.SIGINT)])
def test_a_signal_while_modules_are_compiled(shell, sparse, number):
    # Python's compiler drops exceptions that it does not know.
    fresh = {"PYTHONDONTWRITEBYTECODE": "1", "PYTHONPYCACHEPREFIX": str(shell.spool / "none")}
    args = ["compute", str(sparse), "-o", "out.nc", *ENDLESS]
    process = shell.start(*args, env=fresh, python=LENIENT)
    until(lambda: shell.names() != set(), process)
    time.sleep(0.002)
    process.send_signal(number)
    assert shell.finish(process).code == 128 + number
    assert shell.names() == set()


def test_an_interrupted_run_says_so_in_one_line(shell, sparse):
    process = run_on(shell, sparse, *ENDLESS)
    shell.pause_when_writing(process)
    process.send_signal(signal.SIGINT)
    assert single_error(ended(shell, process).err).startswith("Error: interrupted")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_second_signal_leaves_nothing_either(shell, sparse, number):
    process = run_on(shell, sparse, *ENDLESS)
    shell.pause_when_writing(process)
    process.send_signal(number)
    process.send_signal(signal.SIGCONT)
    while process.poll() is None:
        process.send_signal(number)
        time.sleep(0.001)
    done = shell.finish(process)
    assert shell.names() == set()
    # One that comes when all is done ends the process as if it had no handler.
    assert done.code in (128 + number, -number)
    assert "Traceback" not in done.err


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_while_stdin_is_spooled(shell, number):
    process = shell.start("compute", "-", "--format", "hdf5", stdin=subprocess.PIPE, python=LENIENT)
    until(lambda: shell.spooled() != [], process)
    process.send_signal(number)
    done = shell.finish(process)
    assert done.code == 128 + number
    assert shell.spooled() == []


def test_a_signal_while_a_fifo_waits_for_its_reader(shell):
    os.mkfifo(shell / "pipe")
    process = shell.start("compute", "five.npy", "-o", "pipe", python=LENIENT)
    until(lambda: shell.spooled() != [], process)
    time.sleep(0.1)
    process.send_signal(signal.SIGTERM)
    assert shell.finish(process).code == 143
    assert shell.names() == {"five.npy", "pipe"}
    assert shell.spooled() == []


@pytest.mark.parametrize("moment", [0.0, 0.1])
@pytest.mark.parametrize("old", [b"an old result", None])
def test_a_killed_run_changes_no_output(shell, sparse, moment, old):
    if old is not None:
        (shell / "big_d0.npy").write_bytes(old)
    process = run_on(shell, sparse, "-O", *ENDLESS)
    until(lambda: any("gradcli-tmp" in name for name in shell.names()), process)
    time.sleep(moment)
    process.kill()
    assert shell.finish(process).code == -signal.SIGKILL
    output = shell / "big_d0.npy"
    assert (output.read_bytes() if output.exists() else None) == old


# What others do meanwhile.


def test_an_output_that_appears_during_the_run_is_left(shell, sparse):
    process = run_on(shell, sparse, *SLOW)
    shell.pause_when_writing(process)
    (shell / "big_d0.npy").write_bytes(b"of another program")
    done = ended(shell, process)
    assert done.code == 1
    assert single_error(done.err).startswith("Error: ./big_d0.npy: appeared")
    assert done.data == b""
    assert shell.files() == {"big_d0.npy": b"of another program"}


def test_none_of_two_outputs_stays_where_the_second_appeared(shell, sparse):
    process = run_on(shell, sparse, *TWO_SLOW)
    shell.pause_when_writing(process)
    (shell / "big_d1.npy").write_bytes(b"of another program")
    assert ended(shell, process).code == 1
    assert shell.files() == {"big_d1.npy": b"of another program"}


def test_an_output_that_appears_during_the_run_is_replaced_if_wanted(shell, sparse):
    process = run_on(shell, sparse, "-O", *SLOW)
    shell.pause_when_writing(process)
    (shell / "big_d0.npy").write_bytes(b"of another program")
    assert ended(shell, process).code == 0
    assert np.load(shell / "big_d0.npy", mmap_mode="r").shape == SPARSE


def test_an_input_deleted_during_the_run_is_still_read(shell):
    make_sparse(shell / "in.npy")
    process = run_on(shell, Path("in.npy"), *SLOW)
    shell.pause_when_writing(process)
    (shell / "in.npy").unlink()
    assert ended(shell, process).code == 0
    assert shell.names() == {"in_d0.npy"}
    assert not np.load(shell / "in_d0.npy").any()


def test_an_input_cut_during_the_run_is_an_error(shell):
    make_sparse(shell / "in.npy")
    process = run_on(shell, Path("in.npy"), *SLOW)
    shell.pause_when_writing(process)
    os.truncate(shell / "in.npy", 1000)
    done = ended(shell, process)
    assert done.code == 1
    assert "truncated" in single_error(done.err)
    assert shell.names() == {"in.npy"}


@pytest.mark.parametrize("overwrite", [[], ["-O"]])
def test_two_runs_to_one_output_give_one_complete_result(shell, overwrite):
    ones = {"a.npy": 1.0, "b.npy": 2.0}
    for name, step in ones.items():
        np.save(shell / name, step * np.arange(2e6))
    runs = [shell.fork("compute", name, "-o", "out.npy", *overwrite) for name in ones]
    codes = sorted(shell.finish(run).code for run in runs)
    assert codes == ([0, 0] if overwrite else [0, 1])
    assert shell.names() == {"out.npy", *ones}
    found = np.load(shell / "out.npy")
    assert found.shape == (2_000_000,)
    assert len(np.unique(found)) == 1
    assert found[0] in ones.values()


# Disks that are full.


@pytest.fixture(scope="module")
def small_disk(tmp_path_factory) -> Iterator[Path]:
    """Return a folder on a disk of 256 KiB; only root can mount one."""
    folder = tmp_path_factory.mktemp("disk")
    mount = ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(folder)]
    if os.geteuid() or subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("a small disk cannot be mounted here")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


@pytest.fixture
def disk(small_disk) -> Iterator[Path]:
    yield small_disk
    for path in small_disk.iterdir():
        path.unlink()


def onto(folder: Path, large: Path, args: list[str]) -> list[str]:
    """Return arguments that read from one folder and write to another."""
    args = [str(large / args[0]), *args[1:]]
    if "-o" in args:
        return [*args[:-1], str(folder / args[-1])]
    return [*args, "--output-dir", str(folder)]


@pytest.mark.parametrize("kind", FILES)
def test_a_full_disk_leaves_nothing(shell, large, disk, kind):
    line = shell.refuse("compute", *onto(disk, large, FILES[kind]))
    assert str(disk) in line
    assert "space" in line or "full" in line
    assert list(disk.iterdir()) == []


@pytest.mark.parametrize("kind", ["npy", "npz", "hdf5", "netcdf", "classic netcdf", "csv"])
def test_a_full_disk_leaves_the_old_output(shell, large, disk, kind):
    args = onto(disk, large, FILES[kind])
    suffix = Path(args[-1]).suffix if "-o" in args else Path(args[0]).suffix
    name = "large_d0" if kind in ("npy", "csv") else "large_gradient"
    old = disk / f"{name}{suffix}"
    old.write_bytes(b"an old result")
    shell.refuse("compute", *args, "-O")
    assert list(disk.iterdir()) == [old]
    assert old.read_bytes() == b"an old result"


@pytest.mark.parametrize("kind", ["npz", "stdin"])
def test_a_full_disk_for_temporary_files_is_one_line(shell, large, disk, kind):
    args, data = onto(shell.folder, large, FILES["npz"]), None
    if kind == "stdin":
        args = ["-", "--format", "npy", "-a", "0", "-o", "out.npy"]
        # In C order it would go through without a file.
        data = (large / "large.npy").read_bytes().replace(b"False", b"True ", 1)
    process = shell.start("compute", *args, env={"TMPDIR": str(disk)}, stdin=subprocess.PIPE)
    done = shell.finish(process, data)
    assert done.code == 1
    assert "No space left" in single_error(done.err)
    assert shell.names() == set()
    assert list(disk.iterdir()) == []


def test_a_quota_that_is_used_up(shell, large):
    # As a quota says it; there is none on the disks of most machines that tests run on.
    under = ("strace", "-f", "-qq", "-o", "/dev/null", "-e", "trace=pwrite64")
    under += ("-e", "inject=pwrite64:error=EDQUOT:when=1")
    args = onto(shell.folder, large, FILES["npy"])
    line = shell.refuse("compute", *args, under=under)
    assert line.endswith("cannot be written: Disk quota exceeded")


@pytest.mark.parametrize("kind", ["npy", "npz", "hdf5", "classic netcdf", "csv"])
def test_a_limit_to_the_size_of_files_leaves_nothing(shell, large, kind):
    args = onto(shell.folder, large, FILES[kind])
    line = shell.refuse("compute", *args, under=("prlimit", f"--fsize={100 * KIB}"))
    assert str(shell.folder) in line


def test_a_full_device(shell):
    if not Path("/dev/full").exists():
        pytest.skip("there is no /dev/full")
    line = shell.refuse("compute", "five.npy", "-o", "/dev/full")
    assert line.startswith("Error: /dev/full: cannot be written: No space left")


@pytest.mark.parametrize("args", [["-o", "-"], ["-O"]])
def test_standard_output_that_is_full(shell, args):
    if not Path("/dev/full").exists():
        pytest.skip("there is no /dev/full")
    with open("/dev/full", "wb") as full:
        done = shell.run("compute", "five.npy", *args, stdout=full, code=1)
    assert "No space left" in single_error(done.err)


# Inputs whose damage shows late.


@pytest.fixture
def rotten(shell) -> str:
    """Return a netCDF-4 file whose last compressed chunk is damaged."""
    import netCDF4

    with netCDF4.Dataset(shell / "rotten.nc", "w") as made:
        for name in ("y", "x"):
            made.createDimension(name, 64)
        var = made.createVariable(
            "T", "f8", ("y", "x"), zlib=True, chunksizes=(8, 64), fletcher32=True
        )
        var[:] = np.random.default_rng(1).standard_normal((64, 64))
    data = bytearray((shell / "rotten.nc").read_bytes())
    data[-1200:-1100] = bytes(100)
    (shell / "rotten.nc").write_bytes(data)
    return "rotten.nc"


def test_damage_that_shows_late_leaves_nothing(shell, rotten):
    line = shell.refuse("compute", rotten)
    assert line.startswith(f"Error: {rotten}: T: the chunk at [56, 0]: ")


def test_overwrite_keeps_the_old_output_where_the_run_fails(shell, rotten):
    (shell / "rotten_gradient.nc").write_bytes(b"an old result")
    shell.refuse("compute", rotten, "-O")
    assert (shell / "rotten_gradient.nc").read_bytes() == b"an old result"


def test_overwrite_keeps_the_input_where_the_run_fails(shell, rotten):
    shell.refuse("compute", rotten, "-O", "-o", rotten, code=2)


def test_a_closed_pipe_ends_quietly(shell, sparse):
    process = shell.start("compute", str(sparse), "-a", "0", "-o", "-")
    assert process.stdout.read(6) == b"\x93NUMPY"
    process.stdout.close()
    process.stdout = None
    done = shell.finish(process)
    assert done.err == ""
    assert done.code in (0, 141)
    assert shell.spooled() == []
