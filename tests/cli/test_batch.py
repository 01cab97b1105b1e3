"""Many inputs in one command: found, refused, worked on, reported, taken up again."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import time
from pathlib import Path

import netCDF4  # first: h5py and it bring an HDF5 library each
import numpy as np
import pytest

# isort: split
import h5py

from tests.cli.inputs import SLOW, make_sparse
from tests.cli.shell import LENIENT, Process, Shell, single_error, until, workers


def npy(path: Path, size: int = 5) -> None:
    """Write a ramp, from which a run of one axis makes one file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    np.save(path, np.arange(float(size)))


@pytest.fixture
def tree(shell: Shell) -> Shell:
    """Return a shell with a tree of inputs and of files that are none."""
    for name in ("b.npy", "a.npy", "sub/c.npy", "sub/deep/a.npy", ".hidden/x.npy", ".x.npy"):
        npy(shell / "in" / name)
    (shell / "in" / "notes.md").write_text("no field")
    return shell


# Folders.


def test_a_folder_is_its_files_sorted_folder_by_folder(tree):
    done = tree.run("compute", "in", "--recursive")
    assert done.out == [
        "in/a_d0.npy",
        "in/b_d0.npy",
        "in/sub/c_d0.npy",
        "in/sub/deep/a_d0.npy",
    ]


def test_folders_are_kept_below_the_output_folder(tree):
    done = tree.run("compute", "in/", "--recursive", "--output-dir", "out")
    assert done.out == [
        "out/a_d0.npy",
        "out/b_d0.npy",
        "out/sub/c_d0.npy",
        "out/sub/deep/a_d0.npy",
    ]


def test_a_pattern_chooses_names(tree):
    done = tree.run("compute", "in", "--recursive", "--glob", "a*.npy")
    assert done.out == ["in/a_d0.npy", "in/sub/deep/a_d0.npy"]


def test_files_and_folders_in_the_order_given(tree):
    npy(tree / "z.npy")
    done = tree.run("compute", "z.npy", "in/sub", "in/a.npy", "--recursive")
    assert done.out == ["z_d0.npy", "in/sub/c_d0.npy", "in/sub/deep/a_d0.npy", "in/a_d0.npy"]


def test_results_of_an_earlier_run_are_no_inputs(tree):
    tree.run("compute", "in", "--recursive")
    tree.run("magnitude", "in", "--recursive")
    before = tree.names()
    done = tree.run("compute", "in", "--recursive", "-O", "--json")
    told = [json.loads(line)["input"] for line in done.out]
    assert told == ["in/a.npy", "in/b.npy", "in/sub/c.npy", "in/sub/deep/a.npy"]
    assert "8 inputs are left out, because they look like results of others" in done.err
    assert tree.names() == before


def test_an_output_folder_inside_is_not_searched(tree):
    first = tree.run("compute", "in", "--recursive", "--output-dir", "in/out")
    again = tree.run("compute", "in", "--recursive", "--output-dir", "in/out", "-O")
    assert first.out == again.out
    assert len(first.out) == 4


@pytest.mark.parametrize(
    ("args", "code", "words"),
    [
        (["in"], 1, ["in", "is a folder", "name the files in it", "--recursive"]),
        (["in", "--glob", "*.npy"], 2, ["--glob", "--recursive"]),
        (["in", "--recursive", "--glob", "*.nc"], 2, ["no INPUT", "in", "*.nc"]),
        (["in/notes.md", "--null"], 2, ["--null", "--files-from"]),
        ([], 2, ["no INPUT", "--files-from"]),
        (["--files-from", "gone.txt"], 1, ["gone.txt", "No such file"]),
        (["--files-from", "empty.txt"], 2, ["empty.txt", "lists no files"]),
    ],
)
def test_what_gives_no_inputs_is_refused(tree, args, code, words):
    (tree / "empty.txt").write_text("\n\n")
    line = tree.refuse("compute", *args, code=code)
    assert [word for word in words if word not in line] == []


# Lists.


ODD_NAMES = ["a,b.npy", "two words.npy", "-dash.npy", "{stem}.npy", "ä*.npy"]


@pytest.mark.parametrize("null", [False, True])
@pytest.mark.parametrize("piped", [False, True])
def test_a_list_of_odd_names(shell, null, piped):
    names = [*ODD_NAMES, *(["new\nline.npy"] if null else [])]
    for name in names:
        npy(shell / name)
    end = "\0" if null else "\n"
    text = "".join(name + end for name in names).encode()
    (shell / "list").write_bytes(text)
    args = ["--files-from", "-" if piped else "list", "--json", *(["-0"] if null else [])]
    done = shell.run("compute", *args, stdin=text if piped else None)
    told = [json.loads(line) for line in done.out]
    assert [report["input"] for report in told] == names
    for report in told:
        (output,) = report["outputs"]
        np.testing.assert_array_equal(np.load(shell / output), 1.0)


def test_names_with_commas_are_names(shell):
    npy(shell / "a,b.npy")
    assert shell.run("compute", "a,b.npy").out == ["a,b_d0.npy"]


def test_a_list_ended_by_nul_says_how_to_read_it(shell):
    line = shell.refuse("compute", "--files-from", "-", stdin=b"a.npy\0b.npy\0", code=2)
    assert "--null" in line


# Refused before anything is written.


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (
            ["a.npy", "sub/a.npy", "--output-dir", "out"],
            ["out/a_", "both a.npy and sub/a.npy would write it"],
        ),
        (["a.npy", "sub/a.npy", "-o", "{stem}_out.npy", "-O"], ["a_out.npy", "sub/a.npy"]),
        (["a.npy", "a.npy"], ["both a.npy and a.npy would write it"]),
        (["a.nc", "a_gradient.nc"], ["a_gradient.nc: is an input", "results of a.nc"]),
        (["a.npy", "b.npy", "-o", "sub/{stem}.npy", "sub/a.npy", "-O"], ["sub/a.npy: is an input"]),
        (["a.npy", "b.npy", "-o", "out.npz"], ["2 inputs and one output out.npz", "{stem}"]),
        (["sub", "a.npy", "--recursive", "--output-dir", "out"], ["out/a_", "sub/a.npy"]),
        (["a.npy", "b.npy", "-o", "{what}.npy"], ["{what}.npy", "{stem}"]),
        (["-", "-"], ["both - and - would write it"]),
        (["a.npy", "-", "--files-from", "-"], ["--files-from"]),
    ],
    ids=lambda value: " ".join(value)[:40],
)
def test_results_that_would_meet_are_refused(shell, args, words):
    for name in ("a.npy", "b.npy", "sub/a.npy"):
        npy(shell / name)
    shell.take("uneven.nc")
    for name in ("a.nc", "a_gradient.nc"):
        shutil.copy(shell / "uneven.nc", shell / name)
    line = shell.refuse("compute", *args, code=2)
    assert [word for word in words if word not in line] == []


def test_none_replaces_itself(shell):
    for name in ("a.npy", "b.npy"):
        npy(shell / name)
    before = (shell / "a.npy").read_bytes()
    shell.refuse("compute", "a.npy", "b.npy", "-o", "{stem}.npy", "-O", code=2)
    assert (shell / "a.npy").read_bytes() == before


def test_results_that_are_found_to_meet_are_refused_when_they_do(shell):
    # What a component is called is not known before a file is open.
    np.savez(shell / "a.npz", b_x=np.arange(4.0), c=np.arange(4.0))
    np.savez(shell / "a_b.npz", x=2 * np.arange(4.0), c=np.arange(4.0))
    args = ["-o", "{stem}_{component}.npy", "-O", "-q"]
    done = shell.run("compute", "a.npz", "a_b.npz", *args, code=3)
    assert "a_b_x_d0.npy: holds the results of another input, a.npz" in done.err
    np.testing.assert_array_equal(np.load(shell / "a_b_x_d0.npy"), 1.0)


# Failures.


@pytest.fixture
def spoiled(shell: Shell) -> Shell:
    """Return a shell with five inputs, the second and the fourth of them damaged."""
    for name in "abcde":
        npy(shell / f"{name}.npy")
    for name in "bd":
        (shell / f"{name}.npy").write_bytes(b"no array at all")
    return shell


NAMES = [f"{name}.npy" for name in "abcde"]
STEP = ["--spacing", "1"]  # without it a note says so


def test_the_others_are_done_where_one_fails(spoiled):
    done = spoiled.run("compute", *NAMES, *STEP, code=3)
    assert done.out == ["a_d0.npy", "c_d0.npy", "e_d0.npy"]
    first, second, last = done.err.splitlines()
    assert first.startswith("Error: b.npy: ")
    assert second.startswith("Error: d.npy: ")
    assert re.fullmatch(
        r"Error: 2 of 5 inputs failed; done 3, skipped 0, failed 2, \d+\.\d s", last
    )


def test_fail_fast_stops_at_the_first(spoiled):
    done = spoiled.run("compute", *NAMES, *STEP, "--fail-fast", code=1)
    assert done.out == ["a_d0.npy"]
    first, last = done.err.splitlines()
    assert first.startswith("Error: b.npy: ")
    assert last == "Error: stopped at the first failure; 3 of 5 inputs were not tried"
    assert spoiled.names() == {*NAMES, "a_d0.npy"}


def test_json_has_an_object_for_each_input(spoiled):
    done = spoiled.run("compute", *NAMES, *STEP, "--json", code=3)
    told = [json.loads(line) for line in done.out]
    assert [report["input"] for report in told] == NAMES
    assert [report["status"] for report in told] == ["done", "failed"] * 2 + ["done"]
    assert set(told[1]) == {"status", "input", "error", "exit_code"}
    assert told[1]["exit_code"] == 1
    assert f"Error: {told[1]['error']}" == done.err.splitlines()[0]
    for report in told[::2]:
        assert report["outputs"] == [report["input"].replace(".npy", "_d0.npy")]
        assert report["variables"][0]["axes"][0]["accuracy"] == 2
        assert report["bytes_in"] == report["bytes_out"] == 40
        assert report["seconds"] > 0
        assert report["peak_memory"] > 10 * 2**20
        assert report["notes"] == []


def test_a_folder_of_one_file_is_a_batch_too(spoiled):
    (spoiled / "sub").mkdir()
    (spoiled / "b.npy").rename(spoiled / "sub" / "b.npy")
    done = spoiled.run("compute", "sub", "--recursive", code=3)
    assert done.err.splitlines()[1].startswith("Error: 1 of 1 inputs failed; done 0, ")


# Files that are there already.


def dated(path: Path, seconds: float) -> None:
    """Make a file so many seconds younger than now."""
    now = time.time() + seconds
    os.utime(path, (now, now))


def test_skip_existing_does_again_what_is_older_than_its_input(shell):
    for name in "abc":
        npy(shell / f"{name}.npy")
        dated(shell / f"{name}.npy", -100)
        (shell / f"{name}_d0.npy").write_bytes(b"an old result")
    dated(shell / "b_d0.npy", -200)
    (shell / "c_d0.npy").unlink()
    done = shell.run("compute", "a.npy", "b.npy", "c.npy", "--skip-existing")
    assert done.out == ["b_d0.npy", "c_d0.npy"]
    assert re.fullmatch(r"done 2, skipped 1, failed 0, \d+\.\d s", done.err.splitlines()[-1])
    assert "a.npy" not in done.err
    assert (shell / "a_d0.npy").read_bytes() == b"an old result"
    np.testing.assert_array_equal(np.load(shell / "b_d0.npy"), 1.0)


def test_skip_existing_completes_what_is_there_in_part(shell):
    shell.take("image.npy")
    dated(shell / "image.npy", -100)
    (shell / "image_d1.npy").write_bytes(b"of a run that was killed in between")
    shell.run("compute", "image.npy", "--skip-existing")
    for axis in (0, 1):
        assert np.load(shell / f"image_d{axis}.npy").shape == (5, 6)


def test_the_same_command_given_again_finds_nothing_to_do(tree):
    args = ["compute", "in", "--recursive", "--skip-existing"]
    first = tree.run(*args)
    before = tree.files()
    again = tree.run(*args)
    assert len(first.out) == 4
    assert again.out == []
    assert tree.changed(before) == []


def test_names_by_the_shell_given_again(shell):
    # What *.nc means has grown by the results.
    for name in ("a", "b"):
        shell.take("uneven.nc")
        shutil.copy(shell / "uneven.nc", shell / f"{name}.nc")
    (shell / "uneven.nc").unlink()
    shell.run("compute", "a.nc", "b.nc", "--skip-existing", "-q")
    before = shell.files()
    done = shell.run("compute", *sorted(before), "--skip-existing")
    assert "2 inputs are left out, because they look like results of others" in done.err
    assert shell.changed(before) == []


# Many formats, several at once.


def grid(seed: int) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal((400, 500))


def make_mixed(folder: Path) -> list[str]:
    """Write files of every format, large enough to be worked on beside others."""
    for seed in range(3):
        values = grid(seed)
        np.save(folder / f"n{seed}.npy", values)
        np.savez(folder / f"z{seed}.npz", f=values)
        with h5py.File(folder / f"h{seed}.h5", "w") as file:
            file.create_dataset("f", data=values, chunks=(50, 250), compression="gzip")
        for name, kind in (("c", "NETCDF3_CLASSIC"), ("r", "NETCDF3_CLASSIC"), ("d", "NETCDF4")):
            with netCDF4.Dataset(folder / f"{name}{seed}.nc", "w", format=kind) as made:
                made.createDimension("y", None if name == "r" else 400)
                made.createDimension("x", 500)
                made.createVariable("y", "f8", ("y",))[:] = np.arange(400.0)
                made.createVariable("x", "f8", ("x",))[:] = np.linspace(0, 1, 500) ** 2
                made.createVariable("f", "f8", ("y", "x"), zlib=name == "d")[:] = values
        table = np.column_stack([np.arange(20_000), values.reshape(20_000, -1)[:, :4]])
        lines = (",".join(map(repr, row)) for row in table.tolist())
        (folder / f"t{seed}.csv").write_text("t,a,b,c,d\n" + "\n".join(lines) + "\n")
    return sorted(os.listdir(folder))


def test_many_formats_at_once_are_what_they_are_in_turn(shell):
    names = make_mixed(shell.folder)
    assert all((shell / name).stat().st_size > 2**20 for name in names)
    tables = [name for name in names if name.endswith(".csv")]
    arrays = [name for name in names if name not in tables]
    for some, axis in ((arrays, "0,1"), (tables, "t")):
        args = ["compute", *some, "-a", axis, "--no-history", "-q", "--output-dir"]
        in_turn = shell.run(*args, "in_turn", "-j", "1").out
        at_once = shell.run(*args, "at_once", "-j", "4").out
        assert [Path(line).name for line in in_turn] == [Path(line).name for line in at_once]
    in_turn, at_once = (results(shell / folder) for folder in ("in_turn", "at_once"))
    assert len(in_turn) == len(names) + 3  # an NPY array has a file for each axis
    assert in_turn.keys() == at_once.keys()
    assert [name for name in in_turn if in_turn[name] != at_once[name]] == []


@pytest.fixture
def heavy(shell: Shell) -> Shell:
    """Return a shell with six inputs that are worked on two at a time."""
    values = np.random.default_rng(1).standard_normal((700, 1400)).round(3)
    with h5py.File(shell / "h0.h5", "w") as file:
        file.create_dataset("f", data=values, chunks=(50, 1400), compression="gzip")
    for number in range(1, 6):
        shutil.copy(shell / "h0.h5", shell / f"h{number}.h5")
    return shell


def start_heavy(heavy: Shell, *args: str) -> Process:
    """Start on the six inputs and stop the process that works while it writes two of them."""
    names = [f"h{number}.h5" for number in range(6)]
    fixed = ["-j", "2", "-q", "--no-history", "--output-dir", "out"]
    process = heavy.fork("compute", *names, *fixed, *args, python=LENIENT)

    def two() -> bool:
        return (heavy / "out").is_dir() and len(scratch(heavy / "out")) > 1

    until(two, process)
    (worker,) = workers(process)
    os.kill(worker, signal.SIGSTOP)
    assert two(), "the run was over before it could be stopped"
    return process


def scratch(folder: Path) -> list[str]:
    return [name for name in os.listdir(folder) if "gradcli-tmp" in name]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_while_several_are_worked_on_leaves_nothing(heavy, number):
    process = start_heavy(heavy)
    process.send_signal(number)
    process.send_signal(signal.SIGCONT)
    done = heavy.finish(process)
    assert done.code == 128 + number
    single_error(done.err)
    assert scratch(heavy / "out") == []
    for path in (heavy / "out").iterdir():
        with h5py.File(path) as file:
            assert np.isfinite(file["df_d0"][:]).all()


def test_a_death_while_several_are_worked_on_blames_none(heavy):
    process = start_heavy(heavy)
    (worker,) = workers(process)
    os.kill(worker, signal.SIGSEGV)
    os.kill(worker, signal.SIGCONT)  # a stopped process hears of SIGKILL alone
    done = heavy.finish(process)
    # Alone, each of them is done.
    assert done.code == 0, done.err
    assert sorted(done.out) == [f"out/h{number}_gradient.h5" for number in range(6)]
    assert sorted(os.listdir(heavy / "out")) == [f"h{n}_gradient.h5" for n in range(6)]
    contents = {path.read_bytes() for path in (heavy / "out").iterdir()}
    assert len(contents) == 1


# Deaths.


LARGE = (300, 500, 500)  # seconds of work with SLOW, at lengths that all inputs have


def start_many(shell: Shell, count: int, *args: str, large: tuple[int, ...] = LARGE) -> Process:
    """Start on many small inputs and one large one in their middle; return while that is worked."""
    for number in range(count):
        npy(shell / "in" / f"f{number:03d}.npy", 100)
    make_sparse(shell / "in" / f"f{count // 2:03d}.npy", large)
    fixed = ["compute", "in", "--recursive", "--output-dir", "out", "-j", "1", *SLOW]
    process = shell.fork(*fixed, *args, python=LENIENT)
    name = f".f{count // 2:03d}_d0.npy"

    def working() -> bool:
        return (shell / "out").is_dir() and any(name in n for n in os.listdir(shell / "out"))

    until(working, process)
    return process


@pytest.mark.parametrize("number", [signal.SIGSEGV, signal.SIGKILL])
def test_a_death_fails_one_input_and_the_rest_is_done(shell, number):
    process = start_many(shell, 9, "--json", *STEP)
    (worker,) = workers(process)
    os.kill(worker, number)
    done = shell.finish(process)
    assert done.code == 3
    first, last = done.err.splitlines()
    assert first.startswith("Error: in/f004.npy: the process that ")
    assert number.name in first
    assert last.startswith("Error: 1 of 9 inputs failed; done 8, skipped 0, failed 1, ")
    told = [json.loads(line) for line in done.out]
    assert [report["input"] for report in told] == [f"in/f{n:03d}.npy" for n in range(9)]
    assert [report["input"] for report in told if "error" in report] == ["in/f004.npy"]
    made = sorted(os.listdir(shell / "out"))
    assert made == [f"f{n:03d}_d0.npy" for n in range(9) if n != 4]


def test_a_death_ends_a_batch_that_fails_fast(shell):
    process = start_many(shell, 9, "--fail-fast")
    (worker,) = workers(process)
    os.kill(worker, signal.SIGSEGV)
    done = shell.finish(process)
    assert done.code == 1
    assert "stopped at the first failure; 4 of 9 inputs were not tried" in done.err
    assert sorted(os.listdir(shell / "out")) == [f"f{n:03d}_d0.npy" for n in range(4)]


def test_a_list_on_stdin_outlives_the_process_that_read_it(shell):
    make_sparse(shell / "big.npy", LARGE)
    npy(shell / "five.npy", 100)
    args = ["--files-from", "-", "-j", "1", *SLOW]
    process = shell.start("compute", *args, stdin=subprocess.PIPE, python=LENIENT)
    process.stdin.write(b"big.npy\nfive.npy\n")
    process.stdin.close()
    process.stdin = None
    until(lambda: any("gradcli-tmp" in name for name in shell.names()), process)
    (worker,) = workers(process)
    os.kill(worker, signal.SIGSEGV)
    done = shell.finish(process)
    assert done.code == 3
    assert done.out == ["five_d0.npy"]


def finish_after_kills(shell: Shell, count: int, kills: int) -> int:
    """Kill a batch at moments spread over its work, then finish it; return how many were struck."""
    for number in range(count):
        npy(shell / "in" / f"f{number:05d}.npy", 5 + number % 7)
    args = ["compute", "in", "--recursive", "-q", "--output-dir"]
    shell.run(*args, "whole")
    struck = 0
    for kill in range(kills):
        process = shell.fork(*args, "out", "--skip-existing", python=LENIENT)
        goal = count * (kill + 1) // (kills + 1)

        def reached(goal: int = goal) -> bool:
            made = os.listdir(shell / "out") if (shell / "out").is_dir() else []
            return sum(not name.startswith(".") for name in made) >= goal

        until(reached, process, shell.patience)
        process.kill()
        struck += shell.finish(process).code == -signal.SIGKILL
    shell.run(*args, "out", "--skip-existing")
    return struck


def results(folder: Path) -> dict[str, bytes]:
    """Return what a batch has made, without what a killed one left for a later run to remove."""
    found = (path for path in folder.iterdir() if not path.name.startswith("."))
    return {path.name: path.read_bytes() for path in found}


def test_a_batch_that_was_killed_goes_on(shell):
    assert finish_after_kills(shell, 300, 3) == 3
    whole = results(shell / "whole")
    assert len(whole) == 300
    assert results(shell / "out") == whole


@pytest.mark.long
def test_a_long_batch_that_was_killed_five_times_goes_on(shell):
    shell.patience = 1800
    assert finish_after_kills(shell, 10_000, 5) == 5
    whole = results(shell / "whole")
    assert len(whole) == 10_000
    assert results(shell / "out") == whole


# Progress.


def test_progress_of_a_batch_is_of_all_its_files(shell):
    process = start_many(shell, 5, "--progress", large=(300, 300, 200))
    (worker,) = workers(process)
    os.kill(worker, signal.SIGSTOP)
    time.sleep(1.1)
    os.kill(worker, signal.SIGCONT)
    done = shell.finish(process)
    assert done.code == 0, done.err
    lines = [line for line in done.err.splitlines() if " files, " in line]
    assert lines
    assert all("of 5 files, " in line and " left" in line for line in lines)


# What is read is not written over.


def test_a_link_to_another_input_is_no_output(shell):
    for name, power in (("a", 2), ("b", 3)):
        np.save(shell / f"{name}.npy", np.arange(5.0) ** power)
    (shell / "a_d0.npy").symlink_to("b.npy")
    before = shell.files()
    done = shell.run("compute", "a.npy", "b.npy", "-a", "0", "-O", code=3)
    assert "a_d0.npy: is another input, b.npy" in done.err
    assert shell.files() == before | {"b_d0.npy": (shell / "b_d0.npy").read_bytes()}
    (shell / "a.nc").symlink_to("b.npy")
    refused = shell.refuse("compute", "a.npy", "b.npy", "-o", "{stem}.nc", "-O", code=2)
    assert "a.nc: is an input, and the results of a.npy would replace it" in refused


def test_links_to_one_file_are_one_output(shell):
    (shell / "z.npz").touch()
    for name in "ab":
        npy(shell / f"{name}.npy")
        (shell / f"{name}_out.npz").symlink_to("z.npz")
    refused = shell.refuse("compute", "a.npy", "b.npy", "-o", "{stem}_out.npz", "-O", code=2)
    assert "b_out.npz: both a.npy and b.npy would write it" in refused


@pytest.mark.parametrize("batch", [[], ["b.npy"]])
def test_coordinates_are_no_output(shell, batch):
    for name in "ab":
        npy(shell / f"{name}.npy")
    np.save(shell / "a_d0.npy", np.arange(5.0) * 10)
    args = ["compute", "a.npy", *batch, "--coords", "0=a_d0.npy", "-O"]
    done = shell.run(*args, code=3 if batch else 2)
    assert "a_d0.npy: is another input" in done.err
    np.testing.assert_array_equal(np.load(shell / "a_d0.npy"), np.arange(5.0) * 10)


def test_an_input_is_never_its_own_output(shell):
    npy(shell / "a.npy")
    (shell / "m.csv").write_text("1,2\n3,5\n")
    args = ["compute", "a.npy", "m.csv", "-o", "{stem}.npy", "-a", "0"]
    assert "a.npy: is an input" in shell.refuse(*args, code=2)
    assert "a.npy: is an input" in shell.refuse(*args, "-O", code=2)


@pytest.mark.parametrize(
    "wrong",
    [
        ["--accuracy", "3"],
        ["--also", "nosuch"],
        ["--name", "{bogus}"],
        ["--spacing", "0"],
        ["-O", "--skip-existing", "--output-dir", "q"],
        ["-o", "{stem}.npz", "--output-dir", "q"],
        ["--output-dir", ""],
        ["-a", ""],
        ["--periodic", "0=nan"],
    ],
    ids=lambda wrong: " ".join(wrong),
)
def test_wrong_usage_of_a_batch_is_said_once_before_work_starts(shell, wrong):
    for name in "ab":
        npy(shell / f"{name}.npy")
    assert shell.refuse("compute", "a.npy", "b.npy", *wrong, code=2)
    assert shell.refuse("compute", "a.npy", *wrong, code=2)


def test_notes_of_a_batch_name_the_file(shell):
    shell.take("grid.nc")
    npy(shell / "a.npy")
    done = shell.run("compute", "grid.nc", "a.npy", "-v", "T", code=3)
    notes = [line for line in done.err.splitlines() if line.startswith("Note: ")]
    assert notes
    assert all(note.startswith("Note: grid.nc: ") for note in notes)
