"""What others do while a run lasts, in every format: inputs cut or replaced, folders gone."""

from __future__ import annotations

import os
import shutil
import signal
from pathlib import Path

import netCDF4  # first: h5py and it bring an HDF5 library each
import numpy as np
import pytest

# isort: split
import h5py

from gradcli.errors import InputError
from gradcli.formats.csv.text import TextFile
from tests.cli.shell import LENIENT, single_error, until, workers
from tests.long import long

SHAPE = (3000, 100)
SOURCES = {
    "in.npy": ("-a", "1"),
    "in.npz": (),
    "deflated.npz": (),
    "in.h5": (),
    "chunked.h5": (),
    "lzf.h5": (),
    "in.nc": (),
    "in.nc3": (),
    "records.nc3": (),
    "in.csv": ("-a", "0"),
    "in.csv.gz": ("-a", "0"),
}
FORMATS = ["in.npy", "in.npz", "in.h5", "in.nc", "records.nc3", "in.csv"]
ARGS = ("-j", "1", "--memory", "17MiB", "--no-history", "--smooth", "savgol:49,2")


def make_all(folder: Path, values: np.ndarray) -> None:
    """Write values in every form in which they are read in another way."""
    np.save(folder / "in.npy", values)
    np.savez(folder / "in.npz", f=values)
    np.savez_compressed(folder / "deflated.npz", f=values)
    np.savetxt(folder / "in.csv", values, delimiter=",", fmt="%.6f")
    np.savetxt(folder / "in.csv.gz", values, delimiter=",", fmt="%.6f")
    stored = {"in.h5": {}, "chunked.h5": {"compression": 1}, "lzf.h5": {"compression": "lzf"}}
    for name, options in stored.items():
        with h5py.File(folder / name, "w") as made:
            chunks = (50, 100) if options else None
            made.create_dataset("f", data=values, chunks=chunks, **options)
    for name in ("in.nc", "in.nc3", "records.nc3"):
        kind = "NETCDF4" if name == "in.nc" else "NETCDF3_CLASSIC"
        with netCDF4.Dataset(folder / name, "w", format=kind) as made:
            options = {"zlib": True, "chunksizes": (50, 100)} if kind == "NETCDF4" else {}
            made.createDimension("y", None if name == "records.nc3" else len(values))
            made.createDimension("x", values.shape[1])
            made.createVariable("f", "f8", ("y", "x"), **options)[:] = values


@pytest.fixture(scope="module")
def sets(tmp_path_factory) -> tuple[Path, Path]:
    """Return two folders with inputs of the same names."""
    folders = tmp_path_factory.mktemp("first"), tmp_path_factory.mktemp("second")
    for seed, folder in enumerate(folders):
        make_all(folder, np.random.default_rng(seed).standard_normal(SHAPE))
    return folders


@pytest.fixture(scope="module")
def whole(sets, tmp_path_factory, inputs) -> dict[tuple[str, int], bytes]:
    """Return what a run gives that nothing disturbs, by input and set; made when asked for."""
    from tests.cli.shell import Shell

    class Made(dict):
        def __missing__(self, key: tuple[str, int]) -> bytes:
            name, number = key
            shell = Shell(tmp_path_factory.mktemp("whole"), inputs)
            shutil.copy(sets[number] / name, shell / name)
            shell.run("compute", name, *SOURCES[name], *ARGS, "-o", output_of(name))
            self[key] = (shell / output_of(name)).read_bytes()
            return self[key]

    return Made()


def output_of(name: str) -> str:
    return "out." + name.partition(".")[2]


def begin(shell, sets, name: str, *more: str):
    """Start a run and stop it as soon as it has opened its input and a temporary output."""
    shutil.copy(sets[0] / name, shell / name)
    args = ["compute", name, *SOURCES[name], *ARGS, "-o", output_of(name), *more]
    process = shell.fork(*args, python=LENIENT)
    shell.pause_when_writing(process)
    return process


def resumed(shell, process):
    process.send_signal(signal.SIGCONT)
    return shell.finish(process)


@pytest.mark.parametrize("name", SOURCES)
def test_an_input_that_is_cut_is_one_line(shell, sets, whole, name):
    over = name in ("chunked.h5", "in.nc3", "in.csv")
    output = shell / output_of(name)
    if over:
        output.write_bytes(b"an old result")
    process = begin(shell, sets, name, *(["-O"] if over else []))
    os.truncate(shell / name, (shell / name).stat().st_size // 3)
    done = resumed(shell, process)
    if done.code == 0:  # all of it had been read
        assert output.read_bytes() == whole[name, 0]
        return
    assert done.code == 1
    assert single_error(done.err).startswith(f"Error: {name}: ")
    assert shell.names() == {name, *([output.name] if over else [])}
    assert not over or output.read_bytes() == b"an old result"
    assert shell.spooled() == []


@pytest.mark.parametrize("name", [n if n in FORMATS else long(n) for n in SOURCES])
def test_an_input_that_is_replaced_is_read_to_its_end(shell, sets, whole, name):
    process = begin(shell, sets, name)
    shutil.copy(sets[1] / name, shell / "new")
    (shell / "new").replace(shell / name)
    done = resumed(shell, process)
    assert done.code == 0, done.err
    assert (shell / output_of(name)).read_bytes() == whole[name, 0]
    assert shell.names() == {name, output_of(name)}


@pytest.mark.parametrize("suffix", [".csv", ".csv.gz"])
def test_a_text_that_is_cut_between_its_lines_while_it_is_read_is_refused(tmp_path, suffix):
    # Nothing in what is left says that there was more.
    path = tmp_path / f"log{suffix}"
    rows = np.random.default_rng(1).standard_normal((100_000, 8))
    np.savetxt(path, rows, delimiter=",", fmt="%.6f")
    with TextFile(str(path), 2**20) as text:
        slabs = text.slabs()
        next(slabs)
        os.truncate(path, path.stat().st_size // 8 * 7)
        if suffix == ".csv":
            os.truncate(path, path.read_bytes().rindex(b"\n") + 1)
        with pytest.raises(InputError, match="became shorter while it was being read"):
            list(slabs)


# Folders.


@pytest.mark.parametrize("name", FORMATS)
def test_an_output_folder_that_is_removed_is_one_line(shell, sets, name):
    (shell / "folder").mkdir()
    shutil.copy(sets[0] / name, shell / name)
    output = f"folder/{output_of(name)}"
    args = ["compute", name, *SOURCES[name], *ARGS, "-o", output]
    process = shell.fork(*args, python=LENIENT)
    until(lambda: os.listdir(shell / "folder") != [], process)
    for pid in (*workers(process), process.pid):
        os.kill(pid, signal.SIGSTOP)
    shutil.rmtree(shell / "folder")
    done = resumed(shell, process)
    assert done.code == 1
    assert single_error(done.err).startswith(f"Error: {output}: ")
    assert shell.names() == {name}


@pytest.fixture
def nobody(shell):
    """Return what to run the command under to have no powers over files."""
    if os.geteuid():
        return ()
    if not shutil.which("setpriv"):
        pytest.skip("there is no setpriv")
    for path in (shell.folder.parent, shell.folder, shell.spool):
        path.chmod(0o755)
    return ("setpriv", "--bounding-set=-all", "--inh-caps=-all", "--no-new-privs")


@pytest.mark.parametrize("name", FORMATS)
def test_a_folder_that_is_read_only_is_one_line(shell, sets, nobody, name):
    (shell / "folder").mkdir()
    old = shell / "folder" / output_of(name)
    old.write_bytes(b"an old result")
    shutil.copy(sets[0] / name, shell / name)
    (shell / "folder").chmod(0o555)
    args = ["compute", name, *SOURCES[name], "-o", f"folder/{old.name}", "-O"]
    line = shell.refuse(*args, under=nobody)
    assert line == f"Error: folder/{old.name}: cannot be written: Permission denied"
    (shell / "folder").chmod(0o755)


# Two runs at once.


@pytest.mark.parametrize("over", [False, True])
@pytest.mark.parametrize("name", [*FORMATS[::2], *map(long, FORMATS[1::2])])
def test_two_runs_to_one_output_give_one_of_the_results(shell, sets, whole, name, over):
    for number, folder in enumerate(("first", "second")):
        (shell / folder).mkdir()
        shutil.copy(sets[number] / name, shell / folder / name)
    if over:
        (shell / output_of(name)).write_bytes(b"an old result")
    more = [*SOURCES[name], *ARGS, "-o", output_of(name), *(["-O"] if over else [])]
    runs = [
        shell.fork("compute", f"{folder}/{name}", *more, python=LENIENT)
        for folder in ("first", "second")
    ]
    codes = sorted(shell.finish(run).code for run in runs)
    assert codes == ([0, 0] if over else [0, 1])
    found = (shell / output_of(name)).read_bytes()
    assert found in (whole[name, 0], whole[name, 1])
    assert shell.names() == {"first", "second", output_of(name)}


@pytest.mark.parametrize("name", FORMATS)
def test_two_runs_on_one_input_are_both_right(shell, sets, whole, name):
    shutil.copy(sets[0] / name, shell / name)
    suffix = output_of(name)[3:]
    common = ["compute", name, *SOURCES[name], *ARGS, "-o"]
    runs = [shell.fork(*common, f"{word}{suffix}", python=LENIENT) for word in ("a", "b")]
    assert [shell.finish(run).code for run in runs] == [0, 0]
    for word in ("a", "b"):
        assert (shell / f"{word}{suffix}").read_bytes() == whole[name, 0]
