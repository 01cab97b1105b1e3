"""What is said of a run while it lasts, in this process; test_options.py runs the command."""

from __future__ import annotations

import sys

import pytest

from gradcli.cli.report import BatchProgress, Progress, path_line, progress_text, say
from gradcli.system.logbook import Outcome

MIB = 2**20


@pytest.mark.parametrize(
    ("done", "count", "seconds", "text"),
    [
        (MIB, 2 * MIB, 1.0, "50 %, 1.0 MiB of 2.0 MiB, 1.0 MiB/s, 1 s left"),
        (MIB, 100 * MIB, 1.0, "1 %, 1.0 MiB of 100.0 MiB, 1.0 MiB/s, 1 min 39 s left"),
        (MIB, 7201 * MIB, 1.0, "0 %, 1.0 MiB of 7.0 GiB, 1.0 MiB/s, 2 h 0 min left"),
        (2 * MIB, 2 * MIB, 2.0, "100 %, 2.0 MiB of 2.0 MiB, 1.0 MiB/s, 0 s left"),
        (MIB, 0, 0.5, "1.0 MiB, 2.0 MiB/s"),
    ],
)
def test_progress_in_words(done: int, count: int, seconds: float, text: str) -> None:
    assert progress_text(done, count, seconds) == text


def test_a_short_run_says_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    with Progress(True, "f.nc") as progress:
        for done in range(10):
            progress.update(done, 10)
        progress.update(10, 10)
    assert capsys.readouterr().err == ""


def test_a_long_run_says_whole_lines_where_there_is_no_terminal(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [0.0]
    monkeypatch.setattr("gradcli.cli.report.time.monotonic", lambda: now[0])
    with Progress(True, "f\x1b.nc") as progress:
        for done in range(1, 31):
            now[0] += 1.0
            progress.update(done * MIB, 30 * MIB)
    lines = capsys.readouterr().err.splitlines()
    assert [line.partition(": ")[2].partition(",")[0] for line in lines] == [
        "3 %",
        "36 %",
        "70 %",
        "100 %",
    ]
    assert all(line.isprintable() for line in lines)


def test_a_batch_counts_files_and_their_bytes(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [0.0]
    monkeypatch.setattr("gradcli.cli.report.time.monotonic", lambda: now[0])
    progress = BatchProgress(True)
    progress.expect([MIB, 3 * MIB, 8 * MIB], [2])
    now[0] = 2.0
    progress.update_one(1, 1, 3)
    now[0] = 20.0
    progress.finish_one(0)
    progress.finish_one(2)
    progress.finish_one(1)
    first, second, last = capsys.readouterr().err.splitlines()
    assert first.startswith("1 of 3 files, 25 %, 1.0 MiB of 4.0 MiB")
    assert second.startswith("2 of 3 files, 50 %")
    assert last.startswith("3 of 3 files, 100 %")


def test_outcomes_go_to_their_streams(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    say(Outcome("out\udcff", "Error: no", 1))
    sys.stdout.flush()
    found = capfdbinary.readouterr()
    assert found.out == b"out\xff\n"
    assert found.err == b"Error: no\n"


def test_a_path_goes_to_a_script_as_it_is() -> None:
    assert path_line("a\x1b.npy") == "a\x1b.npy"
