"""Series of files on the command line: one output or one each, notes, refusals, kills."""

from __future__ import annotations

import json
import os
import re
import signal
from pathlib import Path

import netCDF4
import numpy as np
import pytest

from tests.cli.shell import LENIENT, Shell, workers
from tests.series import results, times_of, values_at, write, write_series

CUTS = (6, 10)
NAMES = ("x.nc", "y.nc", "z.nc")  # the last is the first in time


@pytest.fixture
def series(shell: Shell) -> Shell:
    times = times_of(20, even=True)
    write_series(shell.folder, times, values_at(times), CUTS, history="made")
    write(shell / "whole.nc", times, values_at(times), history="made")
    return shell


def test_one_output_is_that_of_one_file(series: Shell) -> None:
    done = series.run(
        "compute", *NAMES, "--join", "time", "-a", "t", "-o", "all.nc", "--accuracy", "4"
    )
    assert done.out == ["all.nc"]
    assert "Note: 3 files are joined along time, in the order of its coordinate: z.nc to x.nc" in (
        done.err
    )
    series.run("compute", "whole.nc", "-a", "t", "-o", "right.nc", "--accuracy", "4")
    assert results(series / "all.nc") == results(series / "right.nc")
    with netCDF4.Dataset(series / "all.nc") as file:
        first, second = file.history.splitlines()
        assert "--join time" in first
        assert second == "made"
        assert file.dimensions["time"].isunlimited()


def test_the_default_name_is_that_of_the_first_in_time(series: Shell) -> None:
    assert series.run("compute", *NAMES, "--join", "time", "-q").out == ["z_gradient.nc"]


@pytest.mark.parametrize("where", [("--output-dir", "each"), ("-o", "each_{stem}{suffix}")])
def test_one_output_each_is_the_joined_one_cut(series: Shell, where: tuple[str, str]) -> None:
    asked = ("compute", *NAMES, "--join", "time", "-a", "time", "--accuracy", "6")
    series.run(*asked, "-o", "all.nc")
    done = series.run(*asked, *where)
    assert len(done.out) == 3
    with netCDF4.Dataset(series / "all.nc") as whole:
        for path, part in zip(done.out, (slice(0, 6), slice(6, 10), slice(10, 20)), strict=True):
            with netCDF4.Dataset(series / path) as file:
                for name in ("dT_dtime", "time"):
                    right = whole[name][part].tobytes()
                    assert file[name][:].tobytes() == right
    assert [re.search(r"[xyz](?=[._][gn])", path)[0] for path in done.out] == ["z", "y", "x"]  # type: ignore[index]


def test_json_and_dry_runs_tell_of_all_files(series: Shell) -> None:
    said = series.run("compute", *NAMES, "--join", "time", "--output-dir", "o", "--json").json()
    assert [Path(path).name for path in said["outputs"]] == [f"{n}_gradient.nc" for n in "zyx"]
    plan = series.run("compute", *NAMES, "--join", "time", "-o", "all.nc", "--dry-run", "--json")
    assert plan.json()["variables"][0]["shape"] == [20, 4, 5]
    assert not (series / "all.nc").exists()


def test_outputs_that_are_current_are_skipped(series: Shell) -> None:
    asked = ("compute", *NAMES, "--join", "time", "-o", "all.nc", "--skip-existing")
    series.run(*asked)
    before = (series / "all.nc").stat().st_mtime_ns
    assert "skipped" in series.run(*asked).err
    assert (series / "all.nc").stat().st_mtime_ns == before
    (series / "x.nc").touch()
    assert "skipped" not in series.run(*asked).err


@pytest.mark.parametrize(
    ("args", "code", "says"),
    [
        (("x.nc", "z.nc", "--join", "time"), 1, "x.nc: axis time: begins at 10.0 (2000-01-01T10:0"),
        (("x.nc", "x.nc", "--join", "time"), 1, "files that are joined do not overlap"),
        (("x.nc", "-", "--join", "time"), 2, "standard input is read once"),
        (("x.nc", "y.nc", "--open-files", "3"), 2, "--open-files goes with --join AXIS"),
        (("x.nc", "y.nc", "--join", "tim"), 2, "no axis 'tim'; did you mean 'time'?"),
        (("x.nc", "y.nc", "--join", "time", "-o", "x.nc", "-O"), 2, "x.nc: is another input"),
        (("y.nc", "x.nc", "--join", "time", "-o", "y.nc", "-O"), 1, "is the input"),
        (
            ("x.nc", "y.nc", "--join", "time", "--output-dir", "o", "--isel", "time=0:3"),
            2,
            "each file has an output of its own",
        ),
    ],
)
def test_refusals(series: Shell, args: tuple[str, ...], code: int, says: str) -> None:
    assert says in series.refuse("compute", *args, code=code)


def test_a_gap_names_both_files_and_what_lies_between(series: Shell) -> None:
    line = series.refuse("compute", "x.nc", "z.nc", "--join", "time")
    assert "z.nc ends at 5.0 (2000-01-01T05:00:00): a gap of 5, where steps are 1" in line


@pytest.mark.parametrize("share", [0.3, 0.9])
def test_a_member_that_was_cut_short_is_named(series: Shell, share: float) -> None:
    data = (series / "x.nc").read_bytes()
    (series / "x.nc").write_bytes(data[: int(share * len(data))])
    line = series.refuse("compute", *NAMES, "--join", "time", "-o", "all.nc")
    assert line.startswith("Error: x.nc: ")


def test_members_of_text_are_refused(series: Shell) -> None:
    (series / "a.csv").write_text("1,2\n3,4\n")
    line = series.refuse("compute", "x.nc", "a.csv", "--join", "time", code=(1, 2))
    assert line.startswith("Error: a.csv: ")


def test_a_list_may_name_the_files(series: Shell) -> None:
    (series / "list").write_text("\n".join(NAMES))
    done = series.run("compute", "--files-from", "list", "--join", "time", "-o", "all.nc", "-q")
    assert done.out == ["all.nc"]


def test_a_killed_run_leaves_nothing(shell: Shell) -> None:
    times = np.arange(9_000.0)
    write_series(shell.folder, times, values_at(times), (5_000, 7_000), deflate=True)
    before = shell.files()
    process = shell.start("compute", *NAMES, "--join", "time", "-o", "all.nc", python=LENIENT)
    shell.pause_when_writing(process)
    for pid in workers(process):  # the one that waits removes what it leaves, and says so
        os.kill(pid, signal.SIGKILL)
    process.send_signal(signal.SIGCONT)
    done = shell.finish(process)
    assert done.code == 1
    assert shell.changed(before) == []


def test_parts_of_a_series_are_merged(series: Shell) -> None:
    asked = ("compute", *NAMES, "--join", "time", "-a", "time", "-q", "--no-history")
    series.run(*asked, "-o", "all.nc")
    for part in ("1/2", "2/2"):
        series.run(*asked, "-o", "made.nc", "--part", part)
    series.run("merge", "made.nc", "-q")
    assert results(series / "made.nc") == results(series / "all.nc")
    line = series.refuse(*asked, "--output-dir", "each", "--part", "1/2", code=2)
    assert "--part makes one file; with --join" in line


def test_json_errors_name_the_file(series: Shell) -> None:
    done = series.run("compute", "x.nc", "x.nc", "--join", "time", "--json", code=1)
    assert "x.nc" in json.loads(done.out[0])["error"]


def test_tables_are_joined_too(shell: Shell) -> None:
    (shell / "a.csv").write_text("t,v\n0,1\n1,2\n2,4\n")
    (shell / "b.csv").write_text("t,v\n3,9\n4,16\n5,25\n")
    asked = ("compute", "b.csv", "a.csv", "--join", "t", "-a", "t", "-q")
    shell.run(*asked, "-o", "all.csv")
    made = (shell / "all.csv").read_text().split()
    assert made == ["t,dv_dt", "0.0,1.0", "1.0,1.5", "2.0,3.5", "3.0,6.0", "4.0,8.0", "5.0,9.0"]
    shell.run(*asked, "--output-dir", "each")
    assert (shell / "each/b_gradient.csv").read_text().split() == [made[0], *made[4:]]
