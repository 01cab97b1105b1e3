"""What options do to the numbers and to the run, from the command line and the environment."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import signal
import struct
import termios
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial

import netCDF4  # first: h5py and it bring an HDF5 library each
import numpy as np
import pytest

# isort: split
import h5py

from tests.cli.inputs import field
from tests.cli.shell import Done

FIVE, IMAGE, UNEVEN = field(5), field(5, 6), [0, 1, 2.5, 4.5, 7]
HOLE = np.nan
FITTED = np.polynomial.Polynomial.fit(range(5), FIVE, 2).deriv()

# Arguments, and the numbers that they give.
NUMBERS = {
    "as numpy": ("image.npy --stack", np.gradient(IMAGE)),
    "edge order 1": ("image.npy -a 1 --edge-order 1", np.gradient(IMAGE, axis=1)),
    "edge order 2": ("image.npy -a 1 --edge-order 2", np.gradient(IMAGE, axis=1, edge_order=2)),
    "missing edges": ("five.npy --edges missing", [HOLE, *np.gradient(FIVE)[1:-1], HOLE]),
    "adapt": ("holed.npy --missing adapt", [3, 3, HOLE, HOLE, HOLE, 5, 4.5, 4]),
    "propagate": ("holed.npy --missing propagate", [3, HOLE, HOLE, HOLE, HOLE, HOLE, 4.5, 4]),
    "forward": ("five.npy --scheme forward", [*np.diff(FIVE), FIVE[4] - FIVE[3]]),
    "backward": ("five.npy --scheme backward", [FIVE[1] - FIVE[0], *np.diff(FIVE)]),
    "a step": ("five.npy --spacing 0.5", np.gradient(FIVE, 0.5)),
    "a step for an index": ("five.npy --spacing 0=0.5", np.gradient(FIVE, 0.5)),
    "a negative step": ("five.npy --spacing -2", np.gradient(FIVE, -2.0)),
    "a step for the last axis": ("five.npy --spacing -1=4", np.gradient(FIVE, 4.0)),
    "a step for a name": ("five.npy --dims t --spacing t=2", np.gradient(FIVE, 2.0)),
    "steps": ("image.npy --stack --spacing 0=2,1=4", np.gradient(IMAGE, 2.0, 4.0)),
    "coords npy": ("five.npy --coords 0=uneven.npy", np.gradient(FIVE, UNEVEN)),
    "coords txt": ("five.npy --coords 0=uneven.txt", np.gradient(FIVE, UNEVEN)),
    "coords nc": ("five.npy --coords 0=uneven.nc:depth", np.gradient(FIVE, UNEVEN)),
    "coords h5": ("five.npy --coords 0=uneven.h5:/depth", np.gradient(FIVE, UNEVEN)),
    "periodic": ("five.npy --periodic 0", (np.roll(FIVE, -1) - np.roll(FIVE, 1)) / 2),
    "smoothed": ("five.npy --smooth savgol:5,2", FITTED(np.arange(5))),
    "sorted": (
        "five.npy --coords 0=unsorted.npy --sort",
        np.gradient(FIVE[[0, 1, 3, 2, 4]], [0, 1, 1.5, 2.5, 4]),
    ),
    "first of repeated": (
        "five.npy --coords 0=repeated.npy --duplicates first",
        np.gradient(FIVE[[0, 1, 3, 4]], [0, 1, 2.5, 4]),
    ),
    "mean of repeated": (
        "five.npy --coords 0=repeated.npy --duplicates mean",
        np.gradient([FIVE[0], FIVE[1:3].mean(), FIVE[3], FIVE[4]], [0, 1, 2.5, 4]),
    ),
    "a part": ("image.npy -a 0 --isel 0=1:4,1=2 --no-halo", np.gradient(IMAGE[1:4, 2])[:, None]),
}


@pytest.fixture(scope="module")
def numbers(ahead):
    return ahead({case: partial(out, line.split()) for case, (line, _) in NUMBERS.items()})


def out(args, shell, **popen) -> np.ndarray:
    """Return what a command writes to out.npy."""
    shell.run("compute", *args, "-o", "out.npy", "-O", **popen)
    return np.load(shell / "out.npy")


@pytest.mark.parametrize("case", NUMBERS)
def test_the_numbers_are_those_asked_for(numbers, case):
    np.testing.assert_allclose(numbers[case].result(), NUMBERS[case][1], rtol=1e-13)


def test_the_numbers_differ_from_case_to_case():
    assert not np.array_equal(np.gradient(FIVE), np.gradient(FIVE, UNEVEN))
    assert len({FIVE[i + 1] - FIVE[i] for i in range(4)}) == 4


def test_a_part_by_coordinate(shell, inputs):
    shell.run(
        "compute", "grid.nc", "-v", "T", "--sel", "lat=10:13,time=1", "-a", "lat", "--no-halo"
    )
    with netCDF4.Dataset(shell / "grid_gradient.nc") as found:
        np.testing.assert_array_equal(found["lat"][:], [10, 11, 13])
        np.testing.assert_array_equal(found["time"][:], [1])
        with netCDF4.Dataset(inputs / "grid.nc") as source:
            part = source["T"][1, :3].data.astype("f8")
        expected = np.gradient(part, [10, 11, 13], axis=0)
        np.testing.assert_allclose(found["dT_dlat"][0], expected, rtol=1e-6)


@pytest.mark.parametrize(("name", "role"), [("x", "lon"), ("t", "time"), ("longitude", None)])
def test_axes_by_role(shell, name, role):
    code = 0 if role else 2
    done = shell.run("compute", "grid.nc", "-v", "T", "-a", name, "--json", code=code)
    if role:
        (variable,) = done.json()["variables"]
        assert [(a["axis"], a["result"]) for a in variable["axes"]] == [(role, f"dT_d{name}")]
    else:
        assert "lon" in done.err


def test_snapping_can_be_left_out(shell):
    x = (150 + 0.00025 * np.arange(300)).astype("f4")
    np.savez(shell / "lines.npz", x=x, f=150 + 0.00025 * np.arange(300))
    args = ["lines.npz", "-v", "f", "--dims", "x", "--coords", "x=lines.npz:x", "-o", "out.npz"]
    done = shell.run("compute", *args)
    assert "taken as equal steps of 0.00024999" in done.err
    with np.load(shell / "out.npz") as found:
        np.testing.assert_allclose(found["df_dx"], 1, rtol=1e-5)
    assert shell.run("compute", *args, "-O", "--no-snap").err == ""
    with np.load(shell / "out.npz") as found:
        expected = np.gradient(150 + 0.00025 * np.arange(300), x.astype("f8"))
        np.testing.assert_allclose(found["df_dx"], expected, rtol=1e-9)
        assert np.abs(expected - 1).max() > 0.01


def test_adapt_says_how_many_points_it_gave_a_value(shell):
    done = shell.run("compute", "holed.nc", "--missing", "adapt", "-a", "x", "--json")
    (axis,) = done.json()["variables"][0]["axes"]
    assert (axis["missing"], axis["adapted"], axis["lost"]) == ("adapt", 2, 1)
    assert "Note: df_dx: 1 point is missing for want of valid neighbours\n" in done.err
    with netCDF4.Dataset(shell / "holed_gradient.nc") as found:
        result = found["df_dx"]
        expected = [3, 3, HOLE, HOLE, HOLE, 5, 4.5, 4]
        np.testing.assert_allclose(np.ma.filled(result[:], HOLE), expected)
        assert result.derivative_missing == "adapt"
        assert (result.derivative_missing_adapted, result.derivative_missing_lost) == (2, 1)


# The same bytes whatever the memory and the threads.


@pytest.fixture(scope="module")
def noise(common):
    np.save(common / "noise.npy", np.random.default_rng(2).standard_normal((300, 70, 90)))
    common.run("compute", "noise.npy", "--stack", "-o", "reference.npy")
    return (common / "reference.npy").read_bytes()


@pytest.mark.parametrize("args", [["-j", "1"], ["-j", "7"], ["--memory", "17MiB", "-j", "3"]])
def test_memory_and_threads_change_no_byte(common, noise, args):
    common.run("compute", "noise.npy", "--stack", "-o", "other.npy", "-O", *args)
    assert (common / "other.npy").read_bytes() == noise


@pytest.mark.parametrize("text", ["20MiB", "20 MB", "0.02g", "20000000"])
def test_the_memory_limit_is_kept_by_the_plan(common, noise, text):
    plan = common.run("compute", "noise.npy", "--memory", text, "--dry-run", "--json").json()
    assert plan["memory"] <= 22 * 2**20
    assert plan["blocks"] > 1


# The environment.


def test_options_come_from_the_environment(shell):
    by_option = out(["five.npy", "--accuracy", "4"], shell)
    by_name = out(["five.npy"], shell, env={"GRADCLI_COMPUTE_ACCURACY": "4"})
    np.testing.assert_array_equal(by_name, by_option)
    assert not np.array_equal(by_name, np.gradient(FIVE))


def test_the_command_line_goes_before_the_environment(shell):
    env = {"GRADCLI_COMPUTE_ACCURACY": "4"}
    found = out(["five.npy", "--accuracy", "2"], shell, env=env)
    np.testing.assert_allclose(found, np.gradient(FIVE))


ENVIRONMENT = {
    "AXIS": ("1", ["image_d1.npy"]),
    "STACK": ("1", ["image_gradient.npy"]),
    "ORDER": ("2", ["image_d0d0.npy", "image_d1d1.npy"]),
    "DIMS": ("y,x", ["image_dy.npy", "image_dx.npy"]),
    "OUTPUT": ("all.npz", ["all.npz"]),
    "DRY_RUN": ("1", []),
}


@pytest.fixture(scope="module")
def environments(ahead):
    return ahead({name: partial(under_variable, name) for name in ENVIRONMENT})


def under_variable(name, shell):
    shell.run("compute", "image.npy", env={f"GRADCLI_COMPUTE_{name}": ENVIRONMENT[name][0]})
    return shell.names() - {"image.npy"}


@pytest.mark.parametrize("name", ENVIRONMENT)
def test_each_option_has_its_variable(environments, name):
    assert environments[name].result() == set(ENVIRONMENT[name][1])


@pytest.mark.parametrize("text", ["0=2,1=4", "0=2\n1=4"])
def test_an_option_that_may_be_repeated_is_one_variable(shell, text):
    env = {"GRADCLI_COMPUTE_SPACING": text}
    found = out(["image.npy", "--stack"], shell, env=env)
    np.testing.assert_allclose(found, np.gradient(IMAGE, 2.0, 4.0), rtol=1e-14)


def test_a_blank_in_the_environment_is_part_of_a_name(shell):
    np.savez(shell / "blank.npz", **{"my var": IMAGE, "other": IMAGE})
    shell.run("compute", "blank.npz", env={"GRADCLI_COMPUTE_VAR": "my var"})
    with np.load(shell / "blank_gradient.npz") as found:
        assert sorted(found.files) == ["dmy var_d0", "dmy var_d1"]


def test_a_wrong_value_in_the_environment_names_the_option(shell):
    line = shell.refuse("compute", "five.npy", env={"GRADCLI_COMPUTE_ORDER": "two"}, code=2)
    assert "--order" in line
    assert "two" in line


@pytest.mark.parametrize("command", ["compute", "info"])
def test_json_comes_from_the_environment(shell, command):
    done = shell.run(command, "five.npy", env={f"GRADCLI_{command.upper()}_JSON": "1"})
    assert done.data.startswith(b"{")
    assert done.json()["format"] == "npy"


# Bugs.


def test_debug_shows_the_traceback(shell):
    done = shell.finish(shell.start("compute", "gone.npy", "--debug"))
    assert done.code == 1
    assert "Traceback (most recent call last)" in done.err
    assert done.err.splitlines()[-1].startswith("Error: gone.npy: ")


# Progress shows itself after a second: the run is paused for longer.


def slow(shell, *args: str, **popen):
    """Run a command of many blocks that takes more than a second."""
    np.save(shell / "cube.npy", np.zeros((100, 32, 32)))
    fixed = ["--memory", "17MiB", "-j", "1", "--smooth", "savgol:25,2", "--spacing", "1"]
    process = shell.start("compute", "cube.npy", *fixed, *args, **popen)
    shell.pause_when_writing(process)
    time.sleep(1.1)
    process.send_signal(signal.SIGCONT)
    return shell.finish(process)


def test_progress_is_not_shown_to_a_file(shell):
    assert slow(shell).err == ""


PROGRESS = r"cube\.npy: +\d+ %, [\d.]+ \wiB of 800\.0 KiB, [\d.]+ [KMG]iB/s, (\d+ min )?\d+ s left"


def test_progress_can_be_asked_for(shell):
    lines = slow(shell, "--progress").err.splitlines()
    assert [line for line in lines if not re.fullmatch(PROGRESS, line)] == []
    assert 2 <= len(lines) < 6  # after a second, now and then, at the end: not for every block
    assert lines[-1].startswith("cube.npy: 100 %, 800.0 KiB of 800.0 KiB, ")


def at_terminal(shell, *args: str, width: int = 80, **env: str) -> Done:
    """Run the slow command with stderr on a terminal of a width, and return what stands there."""
    ours, terminal = pty.openpty()
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 24, width, 0, 0))
    with ThreadPoolExecutor(1) as beside:
        # A terminal holds a few kilobytes: read while the command writes.
        shown = beside.submit(read_terminal, ours)
        try:
            done = slow(shell, *args, stderr=terminal, env=env)
        finally:
            os.close(terminal)
    os.close(ours)
    # What stands there after the run, a line a result, is the matter of test_stats.py.
    progress = re.sub(r"^.*: smallest .*\n", "", shown.result(), flags=re.MULTILINE)
    return Done(done.code, done.data, progress)


def read_terminal(ours: int) -> str:
    """Return all that is written to a terminal, until nobody has it open."""
    read = b""
    with suppress(OSError):  # how Linux says that the other side is closed
        while part := os.read(ours, 2**12):
            read += part
    # The terminal makes two characters of the end of a line.
    return read.decode().replace("\r\n", "\n")


@pytest.mark.parametrize("option", ["--no-progress", "-q"])
def test_progress_at_a_terminal_can_be_left_out(shell, option):
    done = at_terminal(shell, option, TERM="xterm")
    assert "%" not in done.err
    assert done.out == ["cube_d0.npy", "cube_d1.npy", "cube_d2.npy"]


@pytest.mark.parametrize("no_color", ["", "1"])
def test_a_terminal_gets_one_line_without_colours(shell, no_color):
    shown = at_terminal(shell, TERM="xterm-256color", NO_COLOR=no_color).err
    assert "\x1b" not in shown
    assert shown.startswith("\r")
    assert shown.endswith("\n")
    assert shown.count("\n") == 1
    states = shown.strip().split("\r")
    assert len(states) > 1
    assert [state for state in states if not re.fullmatch(PROGRESS + " *", state)] == []
    assert states[-1].startswith("cube.npy: 100 %, 800.0 KiB of 800.0 KiB, ")


def test_a_narrow_terminal_is_not_overrun(shell):
    shown = at_terminal(shell, width=30, TERM="xterm").err
    assert {len(state) for state in shown.strip("\r\n").split("\r")} == {29}
    assert "s left" in shown


def test_a_dumb_terminal_gets_lines_of_their_own(shell):
    shown = at_terminal(shell, TERM="dumb").err
    assert "\r" not in shown
    assert [line for line in shown.splitlines() if not re.fullmatch(PROGRESS, line)] == []
    assert 2 <= len(shown.splitlines()) < 6


def test_a_quick_run_shows_no_progress(shell):
    assert shell.run("compute", "image.npy", "--spacing", "1", "--progress").err == ""


# How results are stored.


def test_chunks_and_deflate_of_results(shell):
    line = "compute grid.nc -v T -a lat --deflate 6 --chunks"
    for sizes, expected in [
        ("lat=2,lon=all", [1, 2, 4]),
        ("time=0,x=3", [3, 2, 3]),
        ("3, 4,1", [3, 4, 1]),
        ("all,all,9", [3, 4, 4]),
    ]:
        shell.run(*line.split(), sizes, "-o", "out.nc", "-O")
        with netCDF4.Dataset(shell / "out.nc") as found:
            filters = found["dT_dlat"].filters()
            assert found["dT_dlat"].chunking() == expected
            assert (filters["complevel"], filters["shuffle"]) == (6, True)


def test_a_plan_says_how_results_will_be_stored(shell):
    args = ["compute", "grid.nc", "-v", "T,P", "-a", "lat", "--dry-run"]
    plan = shell.run(*args, "--chunks", "time=1,lat=3", "--json").json()
    stored = {v["name"]: (v["chunks"], v["deflate"]) for v in plan["variables"]}
    assert stored == {"T": ([1, 3, 4], 3), "P": ([1, 3, 4], 0)}
    text = shell.run(*args, "--chunks", "time=1,lat=3").out
    assert "    stored in chunks of 1 x 3 x 4, deflate 3" in text
    assert not [line for line in shell.run(*args, "-o", "x.npz").out if "stored" in line]


def test_storage_comes_from_the_environment(shell):
    env = {"GRADCLI_COMPUTE_CHUNKS": "2,2", "GRADCLI_COMPUTE_DEFLATE": "0"}
    shell.run("compute", "image.npy", "-o", "out.nc", env=env)
    with netCDF4.Dataset(shell / "out.nc") as found:
        assert found["dimage_d0"].chunking() == [2, 2]
        assert not found["dimage_d0"].filters()["zlib"]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("grid.nc --chunks lat=2,3", "--chunks lat=2,3: write A=N,B=M, each axis once, or N,M,K"),
        ("grid.nc --chunks lat=2,lat=3", "--chunks lat=2 and --chunks lat=3: give lat one value"),
        ("grid.nc --chunks lat=two", "--chunks lat=two: 'two' is not a number of points; 'all'"),
        ("grid.nc --chunks lat=-2", "--chunks lat=-2: '-2' is not a number of points; 'all'"),
        ("grid.nc --chunks =2", "an axis is missing before '='"),
        ("grid.nc --chunks height=2", "--chunks: no axis 'height'"),
        ("grid.nc --chunks 1,2", "--chunks gives 2 sizes, and T has the axes time, lat, lon"),
        ("grid.nc --deflate 10", "deflate 10; a level is 0 (uncompressed) to 9"),
        ("NETCDF3_CLASSIC.nc --deflate 1", "--deflate: classic NetCDF is not deflated; use -o"),
        ("NETCDF3_CLASSIC.nc --chunks 1,1", "--chunks: classic NetCDF has no chunks; use -o"),
        ("image.npy --deflate 1", "--deflate: NPY is not deflated; use -o"),
        ("table.csv -a t --chunks 1", "--chunks: CSV has no chunks; use -o"),
        ("pair.npz --chunks 1,1", "--chunks: NPZ has no chunks; use -o"),
    ],
)
def test_storage_that_cannot_be_is_refused(shell, line, message):
    assert message in shell.refuse("compute", *line.split(), code=2)


def test_a_filter_that_is_not_written_is_in_a_note(shell):
    with h5py.File(shell / "packed.h5", "w") as file:
        file.create_dataset("f", data=IMAGE, compression="lzf")
    done = shell.run("compute", "packed.h5", "-a", "0", "--spacing", "1")
    note = "Note: lzf: not written; shuffle and deflate take its place in df_d0\n"
    assert done.err == note
    assert shell.run("compute", "packed.h5", "-a", "0", "-q", "-O").err == ""


def test_a_part_by_date_and_fraction_of_a_second(shell):
    lines = [f"2000-01-01T00:00:{10 + i // 10}.{i % 10},{i * i}" for i in range(20)]
    (shell / "log.csv").write_text("\n".join(["time,v", *lines, ""]))
    part = "time=2000-01-01T00:00:10.8:2000-01-01T00:00:11.3"
    shell.run("compute", "log.csv", "-a", "time", "--sel", part, "-o", "part.npy")
    assert len(np.load(shell / "part.npy")) == 6
    shell.run(
        "compute", "log.csv", "-a", "time", "--sel", "time=2000-01-01T00:00:10", "-o", "s.npy"
    )
    assert len(np.load(shell / "s.npy")) == 10


@pytest.mark.parametrize(("other", "name"), [("gradient", "compute"), ("vorticity", "curl")])
def test_another_name_of_a_command_takes_its_options_and_names_its_results(shell, other, name):
    np.savez(shell.folder / "f.npz", u=field(5, 6), v=field(6, 5).T)
    words = ["f.npz", "--var", "u,v", "--axis", "1,0", "-O"]
    found = []
    for each in (name, other):
        done = shell.run(each, *words, env={"GRADCLI_COMPUTE_EDGE_ORDER": "2"})
        found.append((done.out, (shell.folder / done.out[0]).read_bytes()))
    assert found[0] == found[1]
