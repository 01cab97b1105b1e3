"""The process that works may die of anything: the one that waits says so, and leaves nothing."""

from __future__ import annotations

import json
import os
import pty
import re
import shutil
import signal
import subprocess
import sys
import sysconfig
import time
from pathlib import Path

import numpy as np
import pytest

from tests.cli.inputs import ENDLESS, SLOW
from tests.cli.shell import LENIENT, PATIENCE, Process, Shell, single_error, until, workers
from tests.long import long
from tests.places import ROOT

DEATHS = {
    signal.SIGSEGV: "SIGSEGV (segmentation fault); the file may be damaged",
    signal.SIGABRT: "SIGABRT (aborted); the file may be damaged",
    signal.SIGBUS: "SIGBUS (bus error); the file may be damaged",
    signal.SIGFPE: "SIGFPE (floating point exception); the file may be damaged",
    signal.SIGKILL: "killed (SIGKILL); memory has probably run out: a smaller --memory",
}


def is_writing(shell: Shell) -> bool:
    return any("gradcli-tmp" in name for name in shell.names())


def start(
    shell: Shell, sparse: Path, *args: str, work=ENDLESS, fresh: bool = False, **popen
) -> Process:
    """Start a run, forked if nothing more is asked, and return once it is writing."""
    fixed = ["-j", "1", "--output-dir", ".", *work]
    begin = shell.start if fresh or popen else shell.fork
    process = begin("compute", str(sparse), *fixed, *args, python=LENIENT, **popen)
    until(lambda: is_writing(shell), process)
    return process


def strike(process: Process, number: int) -> None:
    """Send a signal to the process that works."""
    (worker,) = workers(process)
    os.kill(worker, number)


# Deaths.


@pytest.mark.parametrize("number", DEATHS, ids=lambda number: number.name)
def test_a_death_is_one_line_that_names_the_input(shell, sparse, number):
    process = start(shell, sparse)
    strike(process, number)
    done = shell.finish(process)
    assert done.code == 1
    line = single_error(done.err)
    assert line.startswith(f"Error: {sparse}: the process that ")
    assert DEATHS[number] in line
    assert done.data == b""
    assert shell.names() == set()


def test_a_death_leaves_the_old_output(shell, sparse):
    (shell / "big_d0.npy").write_bytes(b"an old result")
    process = start(shell, sparse, "-O")
    strike(process, signal.SIGSEGV)
    assert shell.finish(process).code == 1
    assert shell.files() == {"big_d0.npy": b"an old result"}


def test_a_death_as_json(shell, sparse):
    process = start(shell, sparse, "--json")
    strike(process, signal.SIGSEGV)
    done = shell.finish(process)
    told = done.json()
    assert told["input"] == str(sparse)
    assert told["exit_code"] == done.code == 1
    assert f"Error: {told['error']}" == single_error(done.err)


@pytest.mark.parametrize("command", [["compute", "-"], ["info", "-"]])
def test_a_death_while_stdin_is_spooled_leaves_nothing(shell, command):
    process = shell.start(*command, "--format", "hdf5", stdin=subprocess.PIPE, python=LENIENT)
    # Before its own the library that knows the folder makes a file there, to see that it can.
    until(lambda: any("gradcli-tmp" in name for name in shell.spooled()), process)
    strike(process, signal.SIGBUS)
    done = shell.finish(process)
    assert done.code == 1
    assert single_error(done.err).startswith("Error: -: the process that read it was killed by")
    assert shell.spooled() == []


# The C library says why it ends a process; that is for those who debug.
CORRUPTS = """
import ctypes, gradcli.cli.group

def free_twice(*_):
    c = ctypes.CDLL(None)
    c.malloc.restype = ctypes.c_void_p
    place = ctypes.c_void_p(c.malloc(64))
    c.free(place)
    c.free(place)

gradcli.cli.group.LazyGroup.get_command = free_twice
gradcli.cli.main()
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only glibc is known to abort so")
@pytest.mark.parametrize("debugging", [False, True])
def test_words_of_the_c_library(debugging):
    command = [sys.executable, "-c", CORRUPTS, "compute", *(["--debug"] if debugging else [])]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 1
    lines = done.stderr.splitlines()
    assert lines[-1].startswith("Error: the process that read it was killed by SIGABRT")
    assert ("free()" in done.stderr) == debugging
    assert (len(lines) > 1) == debugging


@pytest.mark.parametrize("megabytes", [400, long(700), 1200])
@pytest.mark.parametrize("name", ["image.npy", "field.h5", "uneven.nc", "table.csv"])
def test_too_little_address_space_is_one_line(shell, name, megabytes):
    limit = ("prlimit", f"--as={megabytes * 2**20}")
    args = ["-a", "t"] if name == "table.csv" else []
    done = shell.run("compute", name, *args, "-q", under=limit, code=(0, 1))
    if done.code:
        single_error(done.err)
        assert shell.names() == {name}


def test_a_death_by_the_script(shell, sparse):
    script = Path(sysconfig.get_path("scripts")) / "gradcli"
    if not script.exists():
        pytest.skip("gradcli is not installed as a script")
    process = subprocess.Popen(
        [script, "compute", str(sparse), "-j", "1", "--output-dir", ".", *ENDLESS],
        cwd=shell.folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    until(lambda: is_writing(shell), process)
    strike(process, signal.SIGSEGV)
    assert "SIGSEGV" in single_error(shell.finish(process).err)
    assert shell.names() == set()


# Signals.


def is_there(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child of its parent's end")
def test_no_worker_outlives_a_supervisor_that_is_killed(shell, sparse):
    process = start(shell, sparse)
    (worker,) = workers(process)
    os.kill(worker, signal.SIGSTOP)
    process.kill()
    process.wait()
    until(lambda: not is_there(worker))
    shell.finish(process)
    assert "big_d0.npy" not in shell.names()


def test_a_hangup_is_passed_on(shell, sparse):
    ours = signal.signal(signal.SIGHUP, signal.SIG_DFL)  # nohup may run the tests
    try:
        process = start(shell, sparse, fresh=True)
    finally:
        signal.signal(signal.SIGHUP, ours)
    process.send_signal(signal.SIGHUP)
    done = shell.finish(process)
    assert done.code == 128 + signal.SIGHUP
    assert single_error(done.err).startswith("Error: terminated")
    assert shell.names() == set()


def test_a_hangup_that_is_ignored_stays_so(shell, sparse):
    ignore = ["sh", "-c", 'trap "" HUP; exec "$@"', "sh"]
    process = start(shell, sparse, under=tuple(ignore), work=SLOW)
    process.send_signal(signal.SIGHUP)
    (worker,) = workers(process)
    os.kill(worker, signal.SIGHUP)
    done = shell.finish(process)
    assert done.code == 0, done.err
    assert shell.names() == {"big_d0.npy"}


def test_a_worker_that_is_asked_to_end_ends_the_command_so(shell, sparse):
    process = start(shell, sparse)
    strike(process, signal.SIGTERM)
    assert shell.finish(process).code == 128 + signal.SIGTERM
    assert shell.names() == set()


# Terminals.


class Terminal:
    """An interactive shell at a terminal of its own."""

    def __init__(self, shell: Shell) -> None:
        bash = shutil.which("bash")
        if bash is None:
            pytest.skip("there is no bash")
        environment = {**os.environ, "PS1": "", "PYTHONPATH": str(ROOT), "TERM": "dumb"}
        environment["TMPDIR"] = str(shell.spool)
        pid, self._fd = pty.fork()
        if pid == 0:
            os.chdir(shell.folder)
            os.execve(bash, [bash, "--norc", "--noediting", "-i"], environment)
        self.pid, self.seen = pid, b""

    def type(self, text: str) -> None:
        os.write(self._fd, text.encode())

    def read_until(self, *wanted: bytes) -> None:
        """Read until something stands behind what was seen before."""
        end = time.monotonic() + PATIENCE
        while not all(word in self.seen for word in wanted):
            assert time.monotonic() < end, self.seen
            self.seen += os.read(self._fd, 2**12)

    def close(self) -> None:
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        os.close(self._fd)


@pytest.fixture
def terminal(shell):
    made = Terminal(shell)
    yield made
    made.close()


def command(sparse: Path, work: tuple[str, ...]) -> str:
    words = [*LENIENT, "-m", "gradcli", "compute", str(sparse), "-j", "1"]
    return " ".join([*words, *work, "--output-dir", ".", "--no-progress"])


def test_control_c_at_a_terminal_is_one_line(shell, sparse, terminal):
    terminal.type(command(sparse, ENDLESS) + '; echo "co""de $?"\n')
    until(lambda: is_writing(shell))
    terminal.type("\x03")
    terminal.read_until(b"code 130")
    assert terminal.seen.count(b"Error: interrupted; no output is half-written") == 1
    assert shell.names() == set()


def state(pid: int) -> str:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]


@pytest.mark.skipif(sys.platform != "linux", reason="states are read from /proc")
def test_control_z_stops_both_and_fg_goes_on(shell, sparse, terminal):
    terminal.type(command(sparse, SLOW) + '; echo "co""de $?"\n')
    until(lambda: is_writing(shell))
    terminal.type("\x1a")
    terminal.read_until(b"Stopped")
    children = f"/proc/{terminal.pid}/task/{terminal.pid}/children"
    (parent,) = map(int, Path(children).read_text().split())
    (worker,) = map(int, Path(f"/proc/{parent}/task/{parent}/children").read_text().split())
    until(lambda: state(parent) == state(worker) == "T")
    terminal.seen = b""
    terminal.type('fg; echo "en""ded $?"\n')
    terminal.read_until(b"ended 0", b"./big_d0.npy")
    assert shell.names() == {"big_d0.npy"}


# What needs nobody to watch it.


def forks(*args: str) -> int:
    """Return how many processes a command starts."""
    if shutil.which("strace") is None:
        pytest.skip("there is no strace")
    trace = ["strace", "-q", "-e", "trace=fork,vfork,clone,clone3"]
    command = [*trace, sys.executable, "-m", "gradcli", *args]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    return len(re.findall(r"^(?:v?fork|clone3?)\(", done.stderr, re.MULTILINE))


@pytest.mark.parametrize("args", [["--help"], ["--version"], ["compute", "-h"], ["nothing"]])
def test_help_needs_no_second_process(args):
    assert forks(*args) == 0


def test_a_command_has_one_process_that_works(samples):
    assert forks("info", str(samples / "ocean.nc")) == 1


def test_the_python_face_never_forks(tmp_path):
    np.save(tmp_path / "five.npy", np.arange(5.0))
    code = (
        "import os, sys; os.register_at_fork(before=lambda: sys.exit('forked'));"
        "import gradcli; from gradcli.cli import main;"
        "gradcli.differentiate('five.npy'); main(['compute', 'five.npy', '-O', '--json'])"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["outputs"] == ["five_d0.npy"]


@pytest.mark.parametrize("closed", ["<&-", "1>&-", "2>&-", "<&- 1>&- 2>&-"])
def test_standard_streams_may_be_closed(shell, closed):
    under = ("sh", "-c", f'exec "$@" {closed}', "sh")
    done = shell.run("compute", "five.npy", "--spacing", "1", under=under)
    assert done.err == ""
    assert done.out == ([] if "1>" in closed else ["five_d0.npy"])
    assert np.load(shell / "five_d0.npy").shape == (5,)


def test_a_worker_that_hears_no_signal_is_killed_when_its_time_is_up():
    # It goes around in C, where no handler of Python's runs. Ten seconds of that would be long.
    code = "import signal; from gradcli.system import supervisor; supervisor.GRACE = 2;"
    code += "supervisor.supervise();"
    code += "signal.signal(signal.SIGTERM, lambda *_: None); print('on', flush=True);"
    code += "any(iter(int, 1))"
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as run:
        assert run.stdout.readline() == b"on\n"
        run.terminate()
        assert run.wait(30) == 143
