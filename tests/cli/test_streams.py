"""Standard streams, FIFOs, devices: read once, written straight, told where they fail."""

from __future__ import annotations

import os
import pty
import subprocess

import numpy as np
import pytest

from tests.cli.shell import PYTHON, single_error


@pytest.fixture
def ramp(shell):
    np.save(shell / "a.npy", np.arange(5.0) ** 2)
    return shell


@pytest.mark.parametrize(
    "args",
    [["compute", "a.npy"], ["info", "a.npy"], ["--version"], ["compute", "a.npy", "-o", "-"]],
)
def test_a_full_standard_output_is_one_line_and_no_bug(ramp, args):
    with open("/dev/full", "wb") as full:
        process = ramp.start(*args, stdout=full)
        done = ramp.finish(process)
    assert done.code == 1
    error = single_error(done.err)
    assert "No space left on device" in error
    assert "report" not in error


@pytest.mark.parametrize("name", ["grid.nc", "field.h5", "image.npy", "pair.npz", "table.csv"])
def test_an_input_of_any_format_may_come_through_a_fifo(shell, name):
    shell.take(name)
    kind = {"nc": "netcdf", "h5": "hdf5"}.get(name.rpartition(".")[2], name.rpartition(".")[2])
    axis = {"csv": ["-a", "t"], "nc": ["-v", "T"], "h5": ["-v", "T"]}.get(name.split(".")[1], [])
    os.mkfifo(shell / "fifo")
    output = "out_{component}.npy" if kind == "npy" else f"out.{name.split('.')[1]}"
    options = ["--format", kind, *axis, "--no-history", "-q", "-O"]
    process = shell.start("compute", "fifo", *options, "-o", output)
    with open(shell / "fifo", "wb") as fifo:
        fifo.write((shell / name).read_bytes())
    done = shell.finish(process)
    assert done.code == 0, done.err
    made = {path: (shell / path).read_bytes() for path in done.out}
    assert shell.run("compute", name, *options, "-o", output).out == done.out
    if kind in ("npy", "csv"):
        assert {path: (shell / path).read_bytes() for path in done.out} == made
    assert made


@pytest.mark.parametrize("output", ["/dev/stdout", "/dev/fd/1"])
def test_standard_output_by_its_name_is_written_straight(ramp, output):
    done = ramp.run("compute", "a.npy", "-o", output)
    assert done.data.startswith(b"\x93NUMPY")


@pytest.mark.parametrize("output", ["-", "/dev/stdout"])
def test_binary_goes_to_no_terminal_whatever_its_name(ramp, output):
    ours, terminal = pty.openpty()
    command = [*PYTHON, "-m", "gradcli", "compute", "a.npy", "-o", output]
    done = subprocess.run(
        command, cwd=ramp.folder, stdout=terminal, stderr=subprocess.PIPE, text=True
    )
    os.close(terminal)
    os.close(ours)
    assert done.returncode == 2
    assert "binary data is not written to a terminal" in single_error(done.stderr)


def test_standard_input_has_a_name_in_an_output_folder(shell):
    shell.take("table.csv")
    text = (shell / "table.csv").read_bytes()
    done = shell.run("compute", "-", "-a", "t", "--output-dir", "out", stdin=text)
    assert done.out == ["out/stdin_gradient.csv"]
    assert (
        shell.run("compute", "-", "-a", "t", stdin=text).data
        == (shell / "out/stdin_gradient.csv").read_bytes()
    )


def test_a_version_of_something_else_in_the_environment_is_not_asked_for(ramp):
    for value in ("1", "0.1.0"):
        done = ramp.run("compute", "a.npy", "-O", env={"GRADCLI_VERSION": value})
        assert done.out == ["a_d0.npy"]
