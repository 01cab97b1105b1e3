"""Forked processes give what fresh ones give, and what is unlike them is not forked."""

from __future__ import annotations

import os
import re
import subprocess

import numpy as np
import pytest

from tests.cli.shell import Shell, environment_of, the_server

SECONDS = re.compile(r"\d+\.\d s$", re.M)


@pytest.mark.parametrize(
    ("args", "code"),
    [
        (("--version",), 0),
        ((), (0, 2)),
        (("--no-such-option",), 2),
        (("comptue", "five.npy"), 2),
        (("info", "five.npy"), 0),
        (("info", "gone.nc"), 1),
        (("compute", "five.npy", "--order", "0"), 2),
        (("compute", "five.npy", "-o", "-"), 0),
        (("compute", "five.npy", "table.csv", "gone.nc", "-O", "--json"), (1, 2, 3)),
    ],
)
def test_a_forked_process_is_as_a_fresh_one(shell: Shell, args: tuple[str, ...], code) -> None:
    fresh = shell.run(*args, fresh=True, code=code)
    made = shell.files()
    for name in made.keys() - shell.taken:
        (shell / name).unlink()
    forked = shell.run(*args, code=code)
    assert forked.code == fresh.code
    assert _without_times(forked.data) == _without_times(fresh.data)
    assert SECONDS.sub("", forked.err) == SECONDS.sub("", fresh.err)
    assert shell.files() == made


def _without_times(data: bytes) -> list[bytes]:
    return [line for line in data.splitlines() if b"seconds" not in line]


def test_what_is_piped_in_comes_out(shell: Shell) -> None:
    shell.take("five.npy")
    data = (shell / "five.npy").read_bytes()
    piped = ("compute", "-", "--format", "npy")
    assert shell.run(*piped, stdin=data).data == shell.run(*piped, stdin=data, fresh=True).data


def test_the_environment_and_the_mask_are_those_of_the_test(shell: Shell) -> None:
    mask = os.umask(0o027)
    try:
        shell.run("compute", "five.npy", env={"GRADCLI_COMPUTE_OUTPUT": "out.npy"})
    finally:
        os.umask(mask)
    assert (shell / "out.npy").stat().st_mode & 0o777 == 0o640
    assert np.load(shell / "out.npy").shape == (5,)


def test_what_is_read_at_the_start_asks_for_a_fresh_process() -> None:
    ours = environment_of()
    server = the_server()
    assert server.knows(ours)
    for name in ("GRADCLI_COMPUTE_ORDER", "NO_COLOR", "TMPDIR", "TERM"):
        assert server.knows(ours | {name: "other"})
    for name in ("PYTHONUTF8", "LC_ALL", "OPENBLAS_NUM_THREADS", "HDF5_USE_FILE_LOCKING", "HOME"):
        assert not server.knows(ours | {name: "other"})
    assert not server.knows({k: v for k, v in ours.items() if k != "PATH"})


def test_a_run_that_takes_too_long_is_killed(shell: Shell) -> None:
    os.mkfifo(shell / "never.csv")
    shell.patience = 1
    with pytest.raises(subprocess.TimeoutExpired):
        shell.run("compute", "never.csv", "-a", "0")
