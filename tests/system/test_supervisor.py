"""What is said of a process that died; tests/cli/test_supervisor.py lets real ones die."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path

import pytest

from gradcli.system.logbook import Item, Logbook, Outcome
from gradcli.system.supervisor import bury, failure, obituary, remove_names


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (signal.SIGKILL, "memory has probably run out: a smaller --memory or fewer --jobs may do"),
        (signal.SIGPROF, "does not finish; the file is probably damaged"),
        (signal.SIGBUS, "killed by SIGBUS (bus error); the file may be damaged"),
        (signal.SIGABRT, "the file may be damaged, or memory has run out (--memory)"),
        (63, "killed by "),
    ],
)
def test_a_death_has_a_cause(number: int, words: str) -> None:
    assert words in obituary(number)
    assert "\n" not in obituary(number)


def test_an_input_is_named_once_and_printed_safely() -> None:
    assert failure("a.nc", "is damaged", 1, False) == Outcome("", "Error: a.nc: is damaged", 1)
    assert failure("a.nc", "a.nc: is damaged", 1, False).err == "Error: a.nc: is damaged"
    assert failure("a\x1b.nc", "is\ndamaged", 1, False).err.isprintable()
    told = json.loads(failure("a.nc", "is damaged", 3, True).out)
    assert told == {
        "status": "failed",
        "input": "a.nc",
        "error": "a.nc: is damaged",
        "exit_code": 3,
    }


def test_what_was_left_is_removed_files_and_folders(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "folder" / "in").mkdir(parents=True)
    (tmp_path / "kept").touch()
    remove_names([str(tmp_path / name) for name in ("file", "gone", "folder")])
    assert os.listdir(tmp_path) == ["kept"]


def test_the_rest_of_a_batch_is_done_after_a_death() -> None:
    log = Logbook()
    log.set_out([Item("a.nc"), Item("b.nc")], True, False)
    log.begin(1)
    bury(log, signal.SIGSEGV)
    assert log.outcomes[1].err.startswith("Error: b.nc: the process that read it was killed by ")
    assert log.outcomes[1].code == 1


def test_the_rest_is_done_too_if_others_worked_for_the_one_that_died() -> None:
    log = Logbook()
    log.set_out([Item("a.nc"), Item("b.nc")], True, False)
    bury(log, signal.SIGKILL, went_on=True)
    assert (log.outcomes, log.suspects) == ({}, [])


def test_one_input_is_all_there_is() -> None:
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        os.dup2(writing, 2)
        log = Logbook()
        log.set_out([Item("a.nc")], False, False)
        log.begin(0)
        # What pytest collects is not for the parent.
        import sys

        sys.stderr = open(2, "w", closefd=False)  # noqa: SIM115
        bury(log, signal.SIGSEGV)
        os._exit(99)
    os.close(writing)
    _, status = os.waitpid(child, 0)
    with open(reading) as told:
        assert told.read().startswith("Error: a.nc: the process that read it was killed by SIGSEGV")
    assert os.waitstatus_to_exitcode(status) == 1
