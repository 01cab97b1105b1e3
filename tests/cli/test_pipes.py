"""Live pipes: results leave while the feed is open, in bounded memory."""

from __future__ import annotations

import io
import os
import re
import select
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.cli.shell import LENIENT, PATIENCE, Shell, single_error
from tests.formats.csv.test_joined import ISO, TOLD
from tests.formats.csv.test_joined import ROWS as JOINED

TABLE = ("compute", "-", "--axis", "t", "-o", "-")
SOME_LINES, MANY_LINES = 300_000, 10_000_000
SLAB = 10_000  # lines that are written at once


class Talk:
    """A run that is fed and listened to, line by line: forked, unless it should be fresh."""

    def __init__(self, shell: Shell, *args: str, fresh: bool = False, **popen: Any) -> None:
        usual = {"stdin": subprocess.PIPE, "bufsize": 0, "python": LENIENT}
        alone = fresh or popen
        self.process: Any = shell.start(*args, **(usual | popen)) if alone else shell.speak(*args)
        self._rest = b""

    def say(self, data: bytes | str) -> None:
        self.process.stdin.write(data.encode() if isinstance(data, str) else data)

    def hear(self, lines: int) -> list[str]:
        """Return so many lines, as soon as they are there."""
        end = time.monotonic() + PATIENCE
        while self._rest.count(b"\n") < lines:
            ready, _, _ = select.select([self.process.stdout], [], [], end - time.monotonic())
            assert ready, f"waited in vain for {lines} lines, have {self._rest!r:.200}"
            data = os.read(self.process.stdout.fileno(), 2**20)
            assert data, (self._rest, self.process.stderr.read())
            self._rest += data
        *found, self._rest = self._rest.split(b"\n", lines)
        return [line.decode() for line in found]

    def is_silent(self, seconds: float = 0.2) -> bool:
        return not select.select([self.process.stdout], [], [], seconds)[0]

    def close(self, shell: Shell) -> Any:
        self.process.stdin.close()
        self.process.stdin = None
        return shell.finish(self.process)

    def memory(self) -> int:
        """Return the peak memory so far, in bytes."""
        return peak_so_far(self.process.pid)


def peak_so_far(pid: int) -> int:
    """Return the peak memory of a command that runs, or of the child that does its work."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    peaks = []
    for each in (pid, *children):
        with suppress(OSError, IndexError):
            status = Path(f"/proc/{each}/status").read_text()
            peaks.append(1024 * int(status.partition("VmHWM:")[2].split()[0]))
    return max(peaks)


@pytest.fixture
def talk(shell: Shell) -> Iterator[Any]:
    started: list[Talk] = []

    def start(*args: str, **popen: Any) -> Talk:
        started.append(Talk(shell, *args, **popen))
        return started[-1]

    yield start
    for each in started:
        each.process.kill()
        each.process.communicate()


# What leaves when.


def test_a_result_leaves_when_its_stencil_is_complete(shell, talk):
    feed = talk(*TABLE)
    feed.say("t,v\n0,0\n1,1\n")
    assert feed.hear(2) == ["t,dv_dt", "0,1.0"]
    for t in range(2, 30):
        assert feed.is_silent(0.01)
        feed.say(f"{t},{t * t}\n")
        assert feed.hear(1) == [f"{t - 1},{2.0 * t - 2}"]
    assert shell.spooled() == []
    done = feed.close(shell)
    assert (done.code, done.out, done.err) == (0, ["29,57.0"], "")


def test_half_a_line_waits_for_its_end(shell, talk):
    feed = talk(*TABLE)
    feed.say("t,v\n0,0\n1,1\n2,")
    assert feed.hear(2) == ["t,dv_dt", "0,1.0"]
    feed.say("4")
    assert feed.is_silent()
    feed.say("4\n")
    assert feed.hear(1) == ["1,22.0"]
    assert feed.close(shell).out == ["2,43.0"]


def test_a_header_alone_waits_and_so_does_one_row(shell, talk):
    feed = talk(*TABLE)
    for data in ("# comment\n", "t,v\n", "0,0\n"):
        feed.say(data)
        assert feed.is_silent()
    feed.say("2,8\n")
    assert feed.hear(2) == ["t,dv_dt", "0,4.0"]


def test_rows_of_a_matrix_leave_as_they_come(shell, talk):
    feed = talk("compute", "-", "--format", "csv", "-a", "0")
    feed.say("1 2\n2 4\n")
    assert feed.hear(1) == ["1.0 2.0"]
    feed.say("5 5\n")
    assert feed.hear(1) == ["2.0 1.5"]
    assert feed.close(shell).out == ["3.0 1.0"]


def test_rows_of_an_array_leave_as_they_come(shell, talk):
    array = np.arange(12.0).reshape(4, 3) ** 2
    file = io.BytesIO()
    np.save(file, array)
    data = file.getvalue()
    feed = talk("compute", "-", "-a", "0")
    feed.say(data[: 128 + 48])
    end = time.monotonic() + PATIENCE
    out = b""
    while len(out) < 128 + 24:
        assert select.select([feed.process.stdout], [], [], end - time.monotonic())[0]
        out += os.read(feed.process.stdout.fileno(), 4096)
    assert len(out) == 128 + 24
    feed.say(data[128 + 48 :])
    out += feed.close(shell).data
    np.testing.assert_array_equal(np.load(io.BytesIO(out)), np.gradient(array, axis=0))


def test_tail_follows_a_log(shell, talk):
    log = shell / "log.csv"
    log.write_text("t,v\n" + "".join(f"{t},{3 * t}\n" for t in range(5)))
    tail = subprocess.Popen(
        ["tail", "-n", "+1", "-f", str(log)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    try:
        feed = talk(*TABLE, stdin=tail.stdout)
        assert feed.hear(5)[-1] == "3,3.0"
        with log.open("a") as more:
            more.write("5,15\n")
        assert feed.hear(1) == ["4,3.0"]
    finally:
        tail.kill()
        tail.wait()
        tail.stdout.close()


def test_the_result_of_a_row_comes_within_a_moment_of_its_line(shell, talk):
    feed = talk(*TABLE)
    feed.say("t,v\n0,0\n")
    time.sleep(1)  # until the command has started
    waits = []
    feed.say("1,1\n")
    feed.hear(2)
    for t in range(2, 60):
        began = time.monotonic()
        feed.say(f"{t},{t * t}\n")
        feed.hear(1)
        waits.append(time.monotonic() - began)
        time.sleep(0.002)
    # A machine at work may be late now and then.
    assert sorted(waits)[len(waits) // 2] < 0.1


def test_steps_whose_weights_are_no_numbers_are_refused(shell):
    rows = b"".join(b"%de200,%d\n" % (t, t * t) for t in range(1, 9))
    done = shell.run("compute", "-", "-a", "t", "--order", "2", stdin=b"t,v\n" + rows, code=1)
    assert single_error(done.err).startswith("Error: -: axis t: steps of 1e+200 to 1e+200 are too")


# Ends.


@pytest.mark.parametrize("fed", [b"", b"t,v\n", b"t,v\n0,0\n1,1\n"])
def test_a_reader_that_leaves_ends_the_run_though_the_feed_is_open(shell, talk, fed):
    feed = talk(*TABLE)
    feed.say(fed)
    if fed.count(b"\n") > 1:
        feed.hear(2)
    feed.process.stdout.close()
    feed.process.stdout = None
    assert feed.process.wait(PATIENCE) == 0
    assert feed.process.stderr.read() == b""
    feed.process.stdin.close()
    feed.process.stdin = None


def test_a_reader_that_leaves_a_running_feed(shell):
    process = shell.speak(*TABLE)

    def fill():
        try:
            process.stdin.write(b"t,v\n")
            for start in range(0, 10**7, SLAB):
                process.stdin.write(slab_of_lines(start))
        except BrokenPipeError:
            pass

    thread = threading.Thread(target=fill)
    thread.start()
    assert process.stdout.readline() == b"t,dv_dt\n"
    process.stdout.close()
    assert process.wait(PATIENCE) == 0
    thread.join()
    assert process.stderr.read() == b""
    process.stderr.close()
    with suppress(BrokenPipeError):
        process.stdin.close()
    assert shell.spooled() == []


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_an_open_feed(shell, talk, number):
    feed = talk(*TABLE)
    feed.say("t,v\n0,0\n1,1\n")
    feed.hear(2)
    feed.process.send_signal(number)
    assert feed.process.wait(PATIENCE) == 128 + number
    assert feed.process.stderr.read().count(b"\n") == 1
    assert shell.spooled() == []


def test_a_bad_coordinate_ends_the_run_behind_its_results(shell, talk):
    feed = talk(*TABLE)
    feed.say("t,v\n0,0\n1,1\n2,4\n")
    assert feed.hear(3)[-1] == "1,2.0"
    feed.say("1.5,9\n")
    feed.process.wait(PATIENCE)
    done = feed.close(shell)
    assert done.code == 1
    line = single_error(done.err)
    assert line.startswith("Error: -: line 5: the coordinate t changes direction ('1.5')")


def test_coordinates_are_labels_alone_where_steps_are_given(shell):
    text = b"t,v\n5,0\n5,1\n,4\n3,9\n"
    (shell / "log.csv").write_bytes(text)
    given = "-a", "t", "--spacing", "0.5"
    by_file = shell.run("compute", "log.csv", *given, "-o", "-")
    assert by_file.out == ["t,dv_dt", "5,2.0", "5,4.0", ",8.0", "3,10.0"]
    assert shell.run("compute", "-", *given, stdin=text).data == by_file.data


def test_one_pipe_fills_several_files(shell):
    shell.take("image.npy")
    data = (shell / "image.npy").read_bytes()
    done = shell.run("compute", "-", "-o", "{component}.npy", stdin=data)
    assert done.out == ["d0.npy", "d1.npy"]
    for name, expected in zip(done.out, np.gradient(np.load(shell / "image.npy")), strict=True):
        np.testing.assert_array_equal(np.load(shell / name), expected)
    done = shell.run("compute", "-", "--stack", "-o", "both.npy", stdin=data)
    assert np.load(shell / "both.npy").shape[0] == 2


def test_three_rows_have_a_second_derivative_and_a_note(shell):
    given = ("compute", "-", "--format", "csv", "--axis", "x", "--order", "2", "-o", "-")
    rows = b"x,f\n0,0\n1,1\n3,9\n"
    done = shell.run(*given, stdin=rows)
    assert done.data == b"x,d2f_dx2\n0,2.0\n1,2.0\n3,2.0\n"
    assert "x: 3 points allow an edge order of 1, not 2 as by default" in done.err
    shell.run(*given, "--edge-order", "2", stdin=rows, code=1)


def test_an_axis_that_ends_too_early_gives_nothing(shell):
    done = shell.run(*TABLE, "--accuracy", "4", stdin=b"t,v\n0,0\n1,1\n2,4\n", code=1)
    assert done.data == b""
    assert "axis t: has 3 points, and one-sided differences need 5" in single_error(done.err)


def test_a_closed_standard_input_is_empty(shell):
    command = [sys.executable, "-W", "error", "-m", "gradcli", *TABLE, "--format", "csv"]
    run = subprocess.run(["sh", "-c", 'exec "$@" <&-', "sh", *command], capture_output=True)
    assert run.returncode == 1
    assert single_error(run.stderr.decode()) == "Error: -: is empty; expected CSV"


def test_a_truncated_array_is_refused(shell):
    file = io.BytesIO()
    np.save(file, np.arange(100.0))
    done = shell.run("compute", "-", "-a", "0", stdin=file.getvalue()[:-8], code=1)
    assert "declares 800 bytes of data, but 792 are there" in single_error(done.err)


def test_a_full_device_is_told(shell):
    if not Path("/dev/full").exists():
        pytest.skip("there is no /dev/full")
    with open("/dev/full", "wb") as full:
        done = shell.run(*TABLE, stdin=b"t,v\n0,0\n1,1\n", stdout=full, code=1)
    assert "cannot be written: No space left" in single_error(done.err)


# What else a pipe is told.


@pytest.mark.parametrize("name", ["table.csv", "table.csv.gz", "five.npy", "pair.npz"])
def test_the_first_bytes_say_the_format(shell, name):
    shell.take(name)
    axis = "t" if "table" in name else "0"
    by_file = shell.run("compute", name, "-a", axis, "-o", "-")
    by_pipe = shell.run("compute", "-", "-a", axis, stdin=(shell / name).read_bytes())
    if name.endswith(".gz"):
        assert by_pipe.out[0] == "t,da_dt,db_dt"
    elif name.endswith(".npz"):
        assert len(by_pipe.data) == len(by_file.data)
    else:
        assert by_pipe.data == by_file.data


def test_what_needs_the_whole_input_is_copied_first(shell):
    text = b"t,v\n3,9\n1,1\n2,3\n2,5\n"
    done = shell.run(*TABLE, "--sort", "--duplicates", "mean", "-q", stdin=text)
    assert done.out == ["t,dv_dt", "1.0,3.0", "2.0,4.0", "3.0,5.0"]
    grid = b"y,x,v\n0,0,1\n0,1,5\n1,0,8\n1,1,4\n"
    done = shell.run("compute", "-", "-a", "x", "-q", stdin=grid)
    assert done.out == ["y,x,dv_dx", "0,0,4.0", "0,1,4.0", "1,0,-4.0", "1,1,-4.0"]
    text = b"t,v\n0,0\n1,1\n2,4\n"
    done = shell.run("compute", "-", "-a", "t", "-o", "out.csv", stdin=text)
    assert done.out == ["out.csv"]
    assert shell.spooled() == []


def test_a_grid_in_long_form_is_known_without_its_axes(shell):
    text = "y,x,f\n0,0,1\n0,1,2\n1,0,3\n1,1,5\n"
    (shell / "grid.csv").write_text(text)
    expected = shell.run("compute", "grid.csv", "-o", "-")
    assert shell.run("compute", "-", stdin=text.encode()).out == expected.out


def test_a_report_goes_to_stderr(shell):
    import json

    done = shell.run(*TABLE, "--json", "-q", stdin=b"t,v\n0,0\n1,1\n2,4\n")
    assert done.out[0] == "t,dv_dt"
    report = json.loads(done.err)
    assert report["variables"][0]["shape"] == [3]
    assert report["bytes_in"] == report["bytes_out"] == 24


def test_progress_of_a_feed_says_what_has_passed(shell, talk):
    feed = talk(*TABLE, "--progress")
    feed.say("t,v\n0,0\n1,1\n")
    feed.hear(2)
    time.sleep(1.1)
    feed.say("2,2\n")
    feed.hear(1)
    done = feed.close(shell)
    assert done.code == 0
    assert re.search(r"^-: \d+ B, \d+ B/s$", done.err, re.M)
    assert "%" not in done.err


# Chains and memory.


def test_arrays_go_through_two_pipes_in_bounded_memory(shell):
    rows = np.random.default_rng(2).standard_normal((64, 256, 256))
    with (shell / "a.npy").open("wb") as file:
        header = {"descr": "<f8", "fortran_order": False, "shape": (256, 256, 256)}
        np.lib.format.write_array_header_1_0(file, header)
        for _ in range(4):
            file.write(rows.tobytes())
    first = shell.start("compute", "a.npy", "-a", "0", "-o", "-", "--memory", "64MiB")
    second = shell.start(
        "compute", "-", "-a", "1", "-o", "b.npy", "--memory", "64MiB", stdin=first.stdout
    )
    first.stdout.close()
    peak = 0
    while second.poll() is None:
        with suppress(OSError, ValueError):
            peak = max(peak, peak_so_far(second.pid))
        time.sleep(0.02)
    assert second.returncode == 0, second.stderr.read()
    assert first.wait(PATIENCE) == 0
    for process in (first, second):
        process.stderr.close()
    second.stdout.close()
    made = np.load(shell / "b.npy", mmap_mode="r")
    whole = np.tile(rows, (4, 1, 1))[:3]
    np.testing.assert_array_equal(made[1], np.gradient((whole[2] - whole[0]) * 0.5, axis=0))
    assert made.shape == (256, 256, 256)
    assert 30 * 2**20 < peak < (64 + 110) * 2**20


def slab_of_lines(start: int, count: int = SLAB) -> bytes:
    return b"".join(b"%d,%d\n" % (t, t * t % 1009) for t in range(start, start + count))


class Soak:
    """A long feed through one run: its rate, its memory early and late."""

    def __init__(self, feed: Talk, lines: int) -> None:
        self.feed, self.lines = feed, lines
        self.first_wait = 0.0
        self.peaks: list[int] = []
        self.sum = 0.0

    def run(self, shell: Shell) -> None:
        self.feed.say("t,v\n0,0\n")
        time.sleep(3)  # until the command has started
        began = time.monotonic()
        self.feed.say("1,1\n")
        assert self.feed.hear(2)[0] == "t,dv_dt"
        self.first_wait = time.monotonic() - began
        thread = threading.Thread(target=self._fill)
        began = time.monotonic()
        thread.start()
        count, last = 1, ""
        steps = [self.lines // 10, self.lines - 100_000]
        while count < self.lines - 1:
            data = os.read(self.feed.process.stdout.fileno(), 2**20)
            assert data, self.feed.process.stderr.read()
            count += data.count(b"\n")
            if steps and count >= steps[0]:
                steps.pop(0)
                self.peaks.append(self.feed.memory())
            last = data
        self.seconds = time.monotonic() - began
        thread.join()
        done = self.feed.close(shell)
        assert done.code == 0, done.err
        self.tail = (last + done.data).decode().splitlines()[-1]

    def _fill(self) -> None:
        for start in range(0, self.lines, SLAB):
            first = max(start, 2)
            self.feed.say(slab_of_lines(first, start + SLAB - first))

    def figures(self) -> str:
        early, late = (peak / 2**20 for peak in self.peaks)
        return (
            f"{self.lines} lines: {self.lines / self.seconds:,.0f} a second, peak memory "
            f"{early:.1f} MiB after a tenth, {late:.1f} MiB at the end, "
            f"first result {1000 * self.first_wait:.0f} ms behind its line"
        )


@pytest.mark.parametrize("lines", [SOME_LINES, pytest.param(MANY_LINES, marks=pytest.mark.long)])
def test_a_long_feed_takes_no_more_memory_than_a_short_one(shell, talk, lines, capsys):
    if not Path("/proc/self/status").exists():
        pytest.skip("memory is not told here")
    shell.run(*TABLE, stdin=b"t,v\n0,0\n1,1\n")  # what is imported is compiled once
    soak = Soak(talk(*TABLE, fresh=True), lines)
    soak.run(shell)
    last = lines - 1
    step = last * last % 1009 - (last - 1) ** 2 % 1009
    assert soak.tail == f"{last},{float(step)}"
    early, late = soak.peaks
    assert 40 * 2**20 < late < early + 16 * 2**20
    assert shell.spooled() == []
    with capsys.disabled():
        if lines == MANY_LINES:
            print(f"\n{soak.figures()}")


@pytest.mark.parametrize(
    ("text", "note"),
    [
        (b"t,x\n0,0\n1,1\n2,4\n,\n,\n", "2 rows of empty cells"),
        (b't\tx\r\n0\t0\r\n1\t1\r\n2\t4\r\n"" \t\r\n', "1 row of empty cells"),
        (b"t,x\n0,0\n1,1\n2,4\n\n  \n\n", ""),
    ],
)
def test_empty_rows_at_the_end_end_no_pipe_with_an_error(
    shell: Shell, text: bytes, note: str
) -> None:
    done = shell.run(*TABLE, stdin=text)
    assert done.code == 0
    assert [row.replace("\t", ",") for row in done.out][1:] == ["0,1.0", "1,2.0", "2,3.0"]
    assert note in done.err


def test_empty_rows_within_a_pipe_are_rows_like_others(shell: Shell) -> None:
    talk = Talk(shell, *TABLE)
    talk.say("t,x\n0,0\n1,1\n2,4\n")
    assert talk.hear(3) == ["t,dx_dt", "0,1.0", "1,2.0"]
    talk.say(",\n")
    talk.say("3,9\n")
    done = talk.close(shell)
    assert "line 5: the coordinate t is missing" in single_error(done.err)


def test_a_pipe_joins_dates_and_times(shell: Shell) -> None:
    command = ("compute", "-", "--axis", "DATE TIME")
    done = shell.run(*command, stdin=ISO.encode())
    assert done.out == ["DATE,TIME,dU_dDATE TIME", *JOINED]
    done = shell.run(*command, "--date-format", "%d/%m/%y", stdin=TOLD.encode())
    assert done.out[1] == "9:30;03/05/22;1.0"
    twice = "TIME,DATE,U\n10:00,2020-01-01,0\n11:00,2020-01-01,1\n10:00,2020-01-01,2\n"
    done = shell.run(*command, stdin=twice.encode(), code=1)
    told = "line 4: the coordinate DATE TIME changes direction ('2020-01-01 10:00')"
    assert told in done.err


def test_rows_that_are_commented_out_are_said_of_a_pipe_too(shell: Shell) -> None:
    text = b"t,x\n0,0\n#1,1\n2,4\n4,16\n,\n# 5,25\n,\n# 6,36\n"
    done = shell.run(*TABLE, stdin=text)
    assert done.out == ["t,dx_dt", "0,2.0", "2,4.0", "4,6.0"]
    assert "3 comments read as rows, the first of them on line 3; they are left out" in done.err
    assert "2 rows of empty cells" in done.err
    talk = Talk(shell, *TABLE)
    talk.say("t,x\n0,0\n1,1\n2,4\n")
    assert talk.hear(3)[-1] == "1,2.0"
    talk.say("# 3,9\n")
    done = talk.close(shell)
    assert "line 5 is a comment, and reads as a row; it is left out" in done.err


def test_a_missing_value_that_occurs_nowhere_is_said_of_a_pipe_too(shell: Shell) -> None:
    text = b"t,x,w\n0,0,OL\n1,-999,2\n2,4,3\n"
    done = shell.run(*TABLE, "--missing-value", "-999,OL", stdin=text)
    assert "occurs nowhere" not in done.err
    done = shell.run(*TABLE, "--missing-value", "-998,OLD", stdin=text)
    assert "--missing-value -998: occurs nowhere among the values that were read" in done.err
    assert "--missing-value 'OLD': occurs nowhere as a cell" in done.err


def test_marks_of_inches_before_the_rows_of_a_pipe_are_no_quotes(shell: Shell) -> None:
    done = shell.run(*TABLE, stdin=b'Bench 5" pipe\nt,x\n0,0\n1,1\n2,4\n')
    assert done.out == ["t,dx_dt", "0,1.0", "1,2.0", "2,3.0"]
    done = shell.run(*TABLE, stdin=b't,x\n0,0\n1,1\n2,"4\n', code=1)
    assert "line 4: a quote that opens here does not close" in single_error(done.err)


def test_more_lines_than_a_head_has_may_be_skipped_on_a_pipe(shell: Shell) -> None:
    talk = Talk(shell, *TABLE, "--skip-rows", "151")
    talk.say("Bench 2\n" + "".join(f"{i};junk\n" for i in range(120)))
    assert talk.is_silent()
    talk.say("".join(f"{i};junk\n" for i in range(30)) + "t,x\n0,0\n1,1\n2,4\n")
    assert talk.hear(3) == ["t,dx_dt", "0,1.0", "1,2.0"]
    assert talk.close(shell).code == 0
