"""`--part` and `gradcli merge`: the same bytes as one run, or one line."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from gradcli.formats.hdf5.library import h5py
from tests.cli.shell import LENIENT, Shell, workers
from tests.engine.test_nothing import hollow


def make(folder: Path) -> None:
    values = np.random.default_rng(0).normal(size=(40, 200, 300)).astype("f4")
    values[3, 10:30, 50:60] = np.nan
    values[0] = np.add.outer(np.arange(200), np.arange(300) % 7)  # packed otherwise than noise
    grid = xr.Dataset({"f": (("t", "y", "x"), values, {"units": "K"})}, {"x": np.arange(300.0)})
    encoding = {"f": {"zlib": True, "chunksizes": (1, 200, 300)}}
    grid.to_netcdf(folder / "f.nc", encoding=encoding)
    np.save(folder / "f.npy", values)


LIMITS = ("--memory", "24MiB", "--jobs", "1", "--no-history", "-q")
WAYS = {
    "netcdf": ("f.nc", "made.nc", ("--axis", "x,y", "--missing", "adapt")),
    "hdf5": ("f.nc", "made.h5", ("--axis", "t", "--accuracy", "4")),
    "stack": ("f.npy", "made.npy", ("--stack",)),
    "operator": ("f.npy", "made.npz", ("--axis", "1,2", "--also", "magnitude")),
}


@pytest.mark.parametrize("way", WAYS)
def test_parts_give_the_bytes_of_one_run(shell: Shell, way: str) -> None:
    make(shell.folder)
    source, name, options = WAYS[way]
    words = ("compute", source, *options, *LIMITS)
    shell.run(*words, "-o", f"whole{Path(name).suffix}")
    for number in (3, 1, 2):  # in any order
        done = shell.run(*words, "-o", name, "--part", f"{number}/3")
        assert done.out == [f".{name}.part-{number}-of-3"]
        assert (shell / done.out[0]).stat().st_size > 10_000
        assert not (shell / name).exists()
    assert shell.run("merge", name, "-q").out == [name]
    assert (shell / name).read_bytes() == (shell / f"whole{Path(name).suffix}").read_bytes()
    assert [path.name for path in shell.folder.iterdir() if "part" in path.name] == []


def test_a_part_that_is_there_is_left_and_a_damaged_one_is_made_again(shell: Shell) -> None:
    make(shell.folder)
    words = ("compute", "f.npy", "--stack", "-o", "made.npy", *LIMITS[:-1], "--part")
    (place,) = (shell / name for name in shell.run(*words, "1/2").out)
    before = place.stat().st_mtime_ns
    assert "is there already" in shell.run(*words, "1/2").err
    assert place.stat().st_mtime_ns == before
    shell.run(*words, "2/2")
    whole = place.read_bytes()
    place.write_bytes(whole[:-100])
    told = shell.run("merge", "made.npy", code=1).err
    assert "is damaged or cut short; make this part again" in told
    assert not (shell / "made.npy").exists()
    shell.run(*words, "1/2")
    assert shell.run("merge", "made.npy", "-q").out == ["made.npy"]


def test_the_history_is_that_of_the_command(shell: Shell) -> None:
    make(shell.folder)
    for number in (1, 2):
        shell.run("compute", "f.nc", "-a", "x", "-o", "made.nc", "--part", f"{number}/2")
    shell.run("merge", "made.nc")
    with xr.open_dataset(shell / "made.nc") as made:
        assert "gradcli compute f.nc -a x -o made.nc" in made.attrs["history"]


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (("compute", "f.npy", "--part", "1/2"), 2, "--part makes one file of a file"),
        (("compute", "f.npy", "--stack", "-o", "-", "--part", "1/2"), 2, "--part makes one file"),
        (("compute", "f.npy", "--part", "3/2"), 2, "I counts from 1 to N"),
        (("compute", "f.npy", "--part", "0/2"), 2, "I counts from 1 to N"),
        (("compute", "f.npy", "--part", "half"), 2, "write I/N"),
        (("merge", "none.nc"), 1, "none.nc: has no parts here"),
    ],
)
def test_wrong_uses_are_one_line(
    shell: Shell, words: tuple[str, ...], code: int, told: str
) -> None:
    np.save(shell / "f.npy", np.zeros((4, 5)))
    done = shell.run(*words, code=code)
    assert told in done.err
    assert len(done.err.splitlines()) == 1


def test_parts_that_do_not_belong_together_are_refused(shell: Shell) -> None:
    make(shell.folder)
    words = ("compute", "f.npy", "--stack", "-o", "made.npy", *LIMITS)
    shell.run(*words, "--part", "1/3")
    assert "part 2, 3 of 3 is missing" in shell.run("merge", "made.npy", code=1).err
    shell.run(*words, "--part", "1/2")
    assert "has parts of 2 and 3" in shell.run("merge", "made.npy", code=1).err
    (shell / ".made.npy.part-1-of-3").unlink()
    shell.run(*words, "--order", "2", "--part", "2/2")
    assert "is of another plan" in shell.run("merge", "made.npy", code=1).err
    assert not (shell / "made.npy").exists()
    (shell / ".made.npy.part-2-of-2").write_bytes(b"no part at all\n")
    assert "is no part of an output" in shell.run("merge", "made.npy", code=1).err


def test_an_output_that_exists_is_refused(shell: Shell) -> None:
    np.save(shell / "f.npy", np.zeros((4, 5)))
    words = ("compute", "f.npy", "--stack", "-o", "made.npy", "--part", "1/1", "-q")
    shell.run(*words)
    (shell / "made.npy").write_bytes(b"mine")
    assert "exists already" in shell.run(*words, code=1).err
    assert "exists already" in shell.run("merge", "made.npy", code=1).err
    assert (shell / "made.npy").read_bytes() == b"mine"
    assert shell.run("merge", "made.npy", "-O").out == ["made.npy"]
    assert np.load(shell / "made.npy").shape == (2, 4, 5)


def three_parts(shell: Shell, source: str, name: str, *options: str) -> dict[str, bytes]:
    for number in (1, 2, 3):
        shell.run("compute", source, *options, *LIMITS, "-o", name, "--part", f"{number}/3")
    return shell.files()


@pytest.mark.parametrize(("source", "name"), [("f.nc", "made.nc"), ("f.npy", "made.npz")])
def test_a_merge_that_is_killed_leaves_the_parts_and_no_output(
    shell: Shell, source: str, name: str
) -> None:
    make(shell.folder)
    before = three_parts(shell, source, name, "-a", "1,2" if name.endswith("z") else "x,y")
    process = shell.fork("merge", name, "-q", python=LENIENT)
    shell.pause_when_writing(process)
    for pid in (*workers(process), process.pid):
        os.kill(pid, signal.SIGKILL)
    process.wait()
    kept = {path: data for path, data in shell.files().items() if "gradcli-tmp" not in path}
    assert kept == before
    assert shell.run("merge", name, "-q").out == [name]
    assert shell.names() == {"f.nc", "f.npy", name}


@pytest.mark.parametrize(("source", "name"), [("f.nc", "made.nc"), ("f.npy", "made.npz")])
def test_a_merge_without_room_leaves_the_parts_and_no_output(
    shell: Shell, source: str, name: str
) -> None:
    make(shell.folder)
    before = three_parts(shell, source, name, "-a", "1,2" if name.endswith("z") else "x,y")
    line = shell.refuse("merge", name, under=("prlimit", "--fsize=1000000"))
    assert line == f"Error: {name}: cannot be written: File too large"
    assert shell.files() == before


def test_a_part_without_room_is_one_line(shell: Shell) -> None:
    make(shell.folder)
    words = ("compute", "f.npy", "--stack", *LIMITS, "-o", "made.npy", "--part", "1/2")
    line = shell.refuse(*words, under=("prlimit", "--fsize=1000000"))
    assert line == "Error: .made.npy.part-1-of-2: cannot be written: File too large"


def test_a_part_that_is_no_whole_part_is_one_line(shell: Shell) -> None:
    make(shell.folder)
    before = three_parts(shell, "f.nc", "made.nc", "-a", "x")
    place = shell / ".made.nc.part-2-of-3"
    whole = before[place.name]
    rng = np.random.default_rng(4)
    cuts = [whole[: int(size)] for size in rng.integers(0, len(whole), 8)]
    flips = [bytearray(whole) for _ in range(8)]
    for data, spot in zip(flips, rng.integers(0, len(whole), 8), strict=True):
        data[spot] ^= 64
    for data in (*cuts, *flips, b"", whole + whole):
        place.write_bytes(data)
        told = shell.run("merge", "made.nc", code=1).err
        assert f"/{place.name}: is " in told
        assert len(told.splitlines()) == 1
        assert not (shell / "made.nc").exists()


@pytest.mark.parametrize("name", ["g.nc", "g.h5"])
def test_parts_leave_the_same_chunks_unwritten(shell: Shell, name: str) -> None:
    hollow(shell / "f.nc", 40)
    words = (
        "compute",
        "f.nc",
        "--axis",
        "y",
        "--memory",
        "60MiB",
        "--no-history",
        "-j",
        "1",
        "-q",
        "-o",
    )
    shell.run(*words, f"whole{name}")
    for number in (2, 1):
        shell.run(*words, name, "--part", f"{number}/2")
    assert shell.run("merge", name, "-q").out == [name]
    assert (shell / name).read_bytes() == (shell / f"whole{name}").read_bytes()
    with h5py.File(shell / name) as file:
        made = next(file[key] for key in file if file[key].ndim == 3)
        assert made.id.get_num_chunks() < 20
