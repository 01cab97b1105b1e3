"""What a killed run leaves, a later run removes; what belongs to anyone else stays."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest

from gradcli.system import temporary
from gradcli.system.temporary import SUFFIX, made_name, remove_leftovers
from gradcli.system.watch import Watched
from tests.cli.inputs import ENDLESS, SLOW
from tests.cli.shell import LENIENT, until

NOBODY = 65534
MADE = '"{}/.*(O_CREAT|0700)'


def name_by(process: subprocess.Popen[bytes]) -> str:
    """Return a temporary name that another process might have made."""
    start = temporary._start_of(process.pid)
    return f".out.nc.{temporary._host()}-{process.pid}-{start}-00000000{SUFFIX}"


@pytest.fixture
def dead(tmp_path: Path) -> Path:
    """Return a temporary file whose maker has ended."""
    (tmp_path / "folder").mkdir()
    with subprocess.Popen(["sleep", "60"]) as maker:
        path = tmp_path / "folder" / name_by(maker)
        maker.kill()
    path.write_bytes(b"half")
    return path


def renamed(path: Path, place: int, word: str) -> Path:
    """Change one part of a temporary name: host, process, start, number."""
    label, maker = path.name.removesuffix(SUFFIX).rsplit(".", 1)
    parts = maker.split("-")
    parts[place] = word
    return path.rename(path.with_name(f"{label}.{'-'.join(parts)}{SUFFIX}"))


def swept(folder: Path) -> set[str]:
    remove_leftovers(str(folder))
    return set(os.listdir(folder))


def test_a_name_tells_who_made_it(tmp_path):
    name = made_name("out.nc")
    host, process, start, number = name.removesuffix(SUFFIX).split(".")[-1].split("-")
    assert name.startswith(".out.nc.")
    assert int(process) == os.getpid()
    assert (len(host), len(start), len(number)) == (8, 8, 8)
    assert made_name("out.nc") != name


@pytest.mark.parametrize("label", ["x" * 255, "é" * 127, ".", "a-b.c-d", "new\nline"])
def test_a_name_of_any_file_can_be_made_and_told(tmp_path, label):
    name = made_name(label)
    assert len(os.fsencode(name)) <= 255
    (tmp_path / name).touch()
    assert swept(tmp_path) == {name}


def test_what_the_dead_left_goes(dead):
    assert swept(dead.parent) == set()


def test_what_the_living_make_stays(tmp_path):
    ours = made_name("a")
    (tmp_path / ours).touch()
    with subprocess.Popen(["sleep", "60"]) as other:
        theirs = name_by(other)
        (tmp_path / theirs).touch()
        assert swept(tmp_path) == {ours, theirs}
        other.kill()
    assert swept(tmp_path) == {ours}


def test_a_process_that_is_dead_but_not_waited_for_is_gone(tmp_path):
    with subprocess.Popen(["sleep", "60"]) as other:
        (tmp_path / name_by(other)).touch()
        other.kill()
        until(lambda: temporary._start_of(other.pid) == temporary.GONE)
        assert swept(tmp_path) == set()


def test_a_number_that_another_process_has_now_is_told_apart(dead):
    # This process lives, and has not made it: it began at another time.
    path = renamed(dead, 1, str(os.getpid()))
    assert swept(path.parent) == set()


@pytest.mark.parametrize(("place", "word"), [(0, "00000000"), (1, "many"), (1, "")])
def test_what_another_host_or_program_made_stays(dead, place, word):
    path = renamed(dead, place, word)
    assert swept(path.parent) == {path.name}


def test_a_process_whose_start_is_unknown_is_gone_only_when_there_is_none(dead):
    path = renamed(dead, 2, temporary.UNKNOWN)
    copy = path.with_name("copy")
    copy.hardlink_to(path)
    assert swept(path.parent) == {"copy"}
    alive = copy.rename(path)
    alive = renamed(alive, 1, str(os.getppid()))
    assert swept(path.parent) == {alive.name}


@pytest.mark.parametrize(
    "name", [SUFFIX, f".a{SUFFIX}", f".a.0123abcd{SUFFIX}", "a.gradcli-tmp.nc"]
)
def test_other_names_stay(tmp_path, name):
    (tmp_path / name).touch()
    assert swept(tmp_path) == {name}


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_what_another_user_left_stays(dead):
    os.chown(dead, NOBODY, NOBODY)
    assert swept(dead.parent) == {dead.name}


def test_a_folder_goes_with_all_that_is_in_it_and_links_are_not_followed(dead, tmp_path_factory):
    outside = tmp_path_factory.mktemp("outside")
    (outside / "kept").touch()
    dead.unlink()
    (dead / "inner").mkdir(parents=True)
    (dead / "inner" / "stdin.h5").touch()
    (dead / "link").symlink_to(outside)
    assert swept(dead.parent) == set()
    dead.symlink_to(outside)
    assert swept(dead.parent) == set()
    assert os.listdir(outside) == ["kept"]


def test_a_command_looks_a_folder_through_once_and_other_callers_each_time(dead, monkeypatch):
    copy = dead.read_bytes()
    for _ in range(2):
        assert swept(dead.parent) == set()
        dead.write_bytes(copy)
    monkeypatch.setattr(temporary, "WATCHED", Watched(on_name=lambda name: None))
    assert swept(dead.parent) == set()
    dead.write_bytes(copy)
    assert swept(dead.parent) == {dead.name}


def test_a_folder_of_ten_thousand_files_takes_no_time(tmp_path):
    for number in range(10_000):
        (tmp_path / f"{number}.nc").touch()
    began = time.process_time()
    assert len(swept(tmp_path)) == 10_000
    assert time.process_time() - began < 0.2


# By the command.


def test_a_later_run_removes_what_a_killed_one_left(shell, sparse):
    process = shell.fork("compute", str(sparse), "-o", "one.npz", *ENDLESS, python=LENIENT)
    shell.pause_when_writing(process)
    process.kill()
    shell.finish(process)
    (left,) = shell.names()
    until(lambda: temporary._maker_is_gone(left))
    shell.run("compute", "five.npy")
    assert shell.names() == {"five.npy", "five_d0.npy"}


def test_a_later_run_removes_what_a_killed_one_left_of_stdin(shell):
    process = shell.start("compute", "-", "--format", "hdf5", stdin=subprocess.PIPE, python=LENIENT)
    until(lambda: shell.spooled() != [], process)
    (left,) = shell.spooled()
    process.send_signal(signal.SIGKILL)
    # Its input ends with `finish`, and must not end before the one that reads it is dead.
    until(lambda: temporary._maker_is_gone(left))
    shell.finish(process)
    assert shell.spooled() == [left]
    shell.take("field.h5")
    data = (shell / "field.h5").read_bytes()
    shell.run("compute", "-", "--format", "hdf5", "-o", "out.h5", stdin=data)
    assert shell.spooled() == []


def test_a_run_leaves_what_another_one_is_writing(shell, sparse):
    args = ["compute", str(sparse), "-o", "one.npy", *SLOW]
    process = shell.fork(*args, python=LENIENT)
    shell.pause_when_writing(process)
    (temporary,) = shell.names()
    shell.run("compute", "five.npy")
    assert temporary in shell.names()
    process.send_signal(signal.SIGCONT)
    assert shell.finish(process).code == 0
    assert shell.names() == {"five.npy", "five_d0.npy", "one.npy"}


def test_a_plan_removes_nothing(shell, dead):
    path = dead.rename(shell / dead.name)
    shell.run("compute", "five.npy", "--dry-run")
    assert path.exists()


def test_a_signal_at_each_file_made_for_stdin_leaves_nothing(shell):
    # tempfile tries its folder by a file, which a signal at its making left there.
    if not shutil.which("strace"):
        pytest.skip("there is no strace")
    trace = shell.folder / "trace"
    shell.take("field.h5")
    data = (shell / "field.h5").read_bytes()
    args = ["compute", "-", "--format", "hdf5", "-o", "out.h5", "-O"]
    under = ["strace", "-f", "-qq", "-o", str(trace), "-e", "trace=openat,mkdir"]
    shell.run(*args, stdin=data, under=tuple(under))
    calls = re.findall(r"^(\d+ +(?:openat|mkdir)\()(.*)$", trace.read_text(), re.MULTILINE)
    made = [i for i, (_, rest) in enumerate(calls) if re.search(MADE.format(shell.spool), rest)]
    assert len(made) == 2
    for place in made:
        # strace counts the calls of each process.
        when = sum(call == calls[place][0] for call, _ in calls[: place + 1])
        name = calls[place][0].split()[1].rstrip("(")
        inject = ["-e", f"inject={name}:signal=SIGTERM:when={when}"]
        done = shell.finish(
            shell.start(*args, under=(*under, *inject), python=LENIENT, stdin=-1), data
        )
        assert done.code == 143, done.err
        assert shell.spooled() == []
