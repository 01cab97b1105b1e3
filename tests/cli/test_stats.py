"""Statistics of results after a run, and of variables by ``info``; many inputs of ``info``."""

from __future__ import annotations

import json
import os
import pty
import re
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

import numpy as np
import pytest

from tests.cli.shell import Done, Shell, single_error

LINES = [
    "df_d0: smallest 4, largest 4, mean 4, 37.5 % missing",
    "df_d1: smallest 1, largest 1, mean 1, 56.2 % missing",
]


@pytest.fixture
def field(shell: Shell) -> Shell:
    """Return a shell with a field of 4 x 4 points of which the last two columns have a gap."""
    values = np.arange(16.0).reshape(4, 4)
    values[:, 3] = np.nan
    values[0, 2] = np.nan
    np.save(shell / "f.npy", values)
    return shell


def at_terminal(shell: Shell, *args: str) -> Done:
    """Run a command whose stderr is a terminal, and return what stands there."""
    ours, terminal = pty.openpty()
    with ThreadPoolExecutor(1) as beside:
        shown = beside.submit(read_all, ours)
        try:
            done = shell.run(*args, stderr=terminal)
        finally:
            os.close(terminal)
        text = shown.result()
    os.close(ours)
    return Done(done.code, done.data, text)


def read_all(ours: int) -> str:
    read = b""
    with suppress(OSError):  # how Linux says that the other side is closed
        while part := os.read(ours, 2**12):
            read += part
    return read.decode().replace("\r\n", "\n")


def test_a_line_for_each_result_at_a_terminal(field: Shell) -> None:
    done = at_terminal(field, "compute", "f.npy", "--spacing", "1")
    assert done.err.splitlines() == LINES
    assert done.out == ["f_d0.npy", "f_d1.npy"]


@pytest.mark.parametrize("option", ["-q", "--json", "--dry-run"])
def test_no_line_at_a_terminal_where_none_is_wanted(field: Shell, option: str) -> None:
    done = at_terminal(field, "compute", "f.npy", "--spacing", "1", option)
    assert "smallest" not in done.err
    assert '"stats": {' not in done.data.decode()


def test_off_a_terminal_they_are_asked_for(field: Shell) -> None:
    silent = field.run("compute", "f.npy", "--spacing", "1")
    assert silent.err == ""
    done = field.run("compute", "f.npy", "--spacing", "1", "--stats", "-O")
    assert done.err.splitlines() == LINES
    assert done.out == silent.out
    quiet = field.run("compute", "f.npy", "--spacing", "1", "--stats", "-O", "-q")
    assert quiet.err.splitlines() == LINES


def test_in_json_they_are_an_object_a_result(field: Shell) -> None:
    done = field.run("compute", "f.npy", "--spacing", "1", "--stats", "--json")
    assert done.err == ""
    first, second = done.json()["variables"][0]["axes"]
    assert first["stats"] == {"min": 4, "max": 4, "mean": 4, "missing": 0.375, "infinite": 0}
    assert second["stats"]["missing"] == 0.5625
    plain = field.run("compute", "f.npy", "--spacing", "1", "--json", "-O").json()
    assert plain["variables"][0]["axes"][0]["stats"] is None


def test_a_dry_run_has_none(field: Shell) -> None:
    error = field.refuse("compute", "f.npy", "--stats", "--dry-run", code=2)
    assert "--dry-run and --stats exclude each other" in error


def test_of_rows_that_arrive(shell: Shell) -> None:
    done = shell.run("compute", "-", "-a", "t", "--stats", stdin=b"t,v\n0,1\n1,4\n2,9\n")
    assert done.err == "dv_dt: smallest 3, largest 5, mean 4, none missing\n"
    assert done.out[1:] == ["0,3.0", "1,4.0", "2,5.0"]


def test_lines_of_a_batch_name_their_inputs(field: Shell) -> None:
    np.save(field / "g.npy", np.arange(4.0))
    done = field.run("compute", "f.npy", "g.npy", "--spacing", "1", "--stats")
    *said, last = done.err.splitlines()
    assert last.startswith("done 2, skipped 0, failed 0, ")
    assert said == [
        *(f"f.npy: {line}" for line in LINES),
        "g.npy: dg_d0: smallest 1, largest 1, mean 1, none missing",
    ]


def test_all_missing_is_said_beside_the_note(shell: Shell) -> None:
    np.save(shell / "n.npy", np.full(5, np.nan))
    done = shell.run("compute", "n.npy", "--spacing", "1", "--stats")
    assert done.err.splitlines()[-1] == "dn_d0: all missing"


# info


def variables(found: dict[str, Any]) -> dict[str, Any]:
    return {variable["name"]: variable["stats"] for variable in found["variables"]}


def test_info_reads_values_on_request(field: Shell) -> None:
    plain = field.run("info", "f.npy")
    done = field.run("info", "f.npy", "--stats")
    assert set(done.out) - set(plain.out) == {
        "    values smallest 0, largest 14, mean 7.45455, 31.2 % missing"
    }
    found = variables(field.run("info", "f.npy", "--stats", "--json").json())
    assert found["f"] == {
        "min": 0,
        "max": 14,
        "mean": 82 / 11,
        "missing": 5 / 16,
        "infinite": 0,
    }
    assert variables(field.run("info", "f.npy", "--json").json()) == {"f": None}


def test_info_tells_of_data_alone(shell: Shell) -> None:
    shell.take("uneven.nc")
    found = variables(shell.run("info", "uneven.nc", "--stats", "--json").json())
    known = shell.run("info", "uneven.nc", "--json").json()["variables"]
    for variable in known:
        assert (found[variable["name"]] is None) == (variable["kind"] != "data")
    assert any(found.values())


def test_info_shows_progress_only_while_it_reads(field: Shell) -> None:
    assert at_terminal(field, "info", "f.npy", "--stats").err == ""


def test_info_of_standard_input_has_them(field: Shell) -> None:
    data = (field / "f.npy").read_bytes()
    done = field.run("info", "-", "--stats", stdin=data)
    assert any(re.match(" +values smallest 0, ", line) for line in done.out)


def test_info_of_several_inputs(field: Shell) -> None:
    np.save(field / "g.npy", np.arange(4.0))
    both = field.run("info", "f.npy", "g.npy").out
    one, two = field.run("info", "f.npy").out, field.run("info", "g.npy").out
    assert both == [*one, "", *two]
    lines = field.run("info", "g.npy", "f.npy", "--json").out
    assert [json.loads(line)["file"] for line in lines] == ["g.npy", "f.npy"]


def test_info_of_a_folder_takes_results_too(field: Shell) -> None:
    (field / "deep").mkdir()
    os.rename(field / "f.npy", field / "deep" / "f.npy")
    field.run("compute", "deep/f.npy", "--spacing", "1")
    (field / "deep" / "notes.txt.bak").write_text("no data")
    lines = field.run("info", ".", "--recursive", "--json").out
    assert [json.loads(line)["file"] for line in lines] == [
        "./deep/f.npy",
        "./deep/f_d0.npy",
        "./deep/f_d1.npy",
    ]
    assert "is a folder" in field.refuse("info", "deep")


def test_info_goes_on_after_a_failure(field: Shell) -> None:
    done = field.run("info", "none.npy", "f.npy", "--json", code=3)
    failed, found = map(json.loads, done.out)
    assert failed == {
        "status": "failed",
        "input": "none.npy",
        "error": "none.npy: cannot be read: No such file or directory",
        "exit_code": 1,
    }
    assert found["file"] == "f.npy"
    assert done.err.splitlines()[-1].startswith("Error: 1 of 2 inputs failed; done 1, skipped 0")


def test_info_of_one_input_fails_with_its_own_code(shell: Shell) -> None:
    done = shell.run("info", "none.npy", code=1)
    assert single_error(done.err) == "Error: none.npy: cannot be read: No such file or directory"
    assert "Missing argument 'INPUT...'" in shell.refuse("info", code=2)
