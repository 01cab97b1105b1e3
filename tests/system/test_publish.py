"""Write beside, then move: whatever happens, a name holds what it held, or all of the new."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from threading import Thread

import h5py
import netCDF4
import numpy as np
import pytest

from gradcli.errors import GradcliError, OutputError
from gradcli.system.paths import is_special
from gradcli.system.publish import Staging
from tests.contract import one_line

NEW, OLD = b"what is new", b"what was there"


def publish(*paths: Path, overwrite: bool = False, meanwhile: Callable = lambda: None) -> None:
    """Write files through a staging, with something that happens while the run lasts."""
    with Staging(overwrite) as staging:
        for path in paths:
            Path(staging.add(str(path))).write_bytes(NEW)
        meanwhile()


def refused(*paths: Path, **options: object) -> str:
    with pytest.raises(OutputError) as caught:
        publish(*paths, **options)
    return one_line(caught.value)


def test_a_file_appears_when_it_is_complete_and_nothing_is_left_beside_it(tmp_path: Path) -> None:
    target = tmp_path / "a.npy"

    def look() -> None:
        assert not target.exists()
        (hidden,) = os.listdir(tmp_path)
        assert hidden.startswith(".")

    publish(target, meanwhile=look)
    assert os.listdir(tmp_path) == ["a.npy"]
    assert target.read_bytes() == NEW


def test_a_new_file_has_the_mode_that_the_user_asks_of_new_files(tmp_path: Path) -> None:
    for mask, mode in ((0o022, 0o644), (0o077, 0o600), (0o002, 0o664)):
        before = os.umask(mask)
        try:
            publish(tmp_path / f"{mask}")
        finally:
            os.umask(before)
        assert stat.S_IMODE((tmp_path / f"{mask}").stat().st_mode) == mode


def test_what_exists_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(OLD)
    assert "exists already" in refused(tmp_path / "a")
    (tmp_path / "dangling").symlink_to(tmp_path / "a")
    assert "exists already" in refused(tmp_path / "dangling")
    assert (tmp_path / "a").read_bytes() == OLD
    assert sorted(os.listdir(tmp_path)) == ["a", "dangling"]


@pytest.mark.parametrize("overwrite", [False, True])
def test_folders_and_places_that_are_not_there_are_refused(tmp_path: Path, overwrite: bool) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "plain").write_bytes(OLD)
    assert "is a folder" in refused(tmp_path / "folder", overwrite=overwrite)
    assert "No such file" in refused(tmp_path / "none" / "a", overwrite=overwrite)
    assert "ot a directory" in refused(tmp_path / "plain" / "a", overwrite=overwrite)
    assert "too long" in refused(tmp_path / ("x" * 256), overwrite=overwrite)
    assert sorted(os.listdir(tmp_path)) == ["folder", "plain"]


def test_what_appears_during_the_run_is_left_as_it_is(tmp_path: Path) -> None:
    target = tmp_path / "a"
    message = refused(target, meanwhile=lambda: target.write_bytes(OLD))
    assert "appeared" in message
    assert target.read_bytes() == OLD
    assert os.listdir(tmp_path) == ["a"]


def test_overwrite_replaces_and_keeps_the_mode(tmp_path: Path) -> None:
    target = tmp_path / "a"
    target.write_bytes(OLD)
    target.chmod(0o640)
    publish(target, overwrite=True, meanwhile=lambda: target.write_bytes(OLD + OLD))
    assert target.read_bytes() == NEW
    assert stat.S_IMODE(target.stat().st_mode) == 0o640
    publish(tmp_path / "b", overwrite=True)
    assert sorted(os.listdir(tmp_path)) == ["a", "b"]


def test_overwrite_leaves_other_names_of_the_old_file_alone(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(OLD)
    (tmp_path / "b").hardlink_to(tmp_path / "a")
    with (tmp_path / "a").open("rb") as reader:
        publish(tmp_path / "a", overwrite=True)
        assert reader.read() == OLD
    assert (tmp_path / "b").read_bytes() == OLD


@pytest.mark.parametrize("there", [True, False])
def test_a_symbolic_link_is_followed(tmp_path: Path, there: bool) -> None:
    (tmp_path / "far").mkdir()
    (tmp_path / "link").symlink_to(Path("far") / "real")
    (tmp_path / "link2").symlink_to("link")
    if there:
        (tmp_path / "far" / "real").write_bytes(OLD)
    publish(tmp_path / "link2", overwrite=there)
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "far" / "real").read_bytes() == NEW
    assert not (tmp_path / "far" / "real").is_symlink()
    assert os.listdir(tmp_path / "far") == ["real"]


@pytest.mark.parametrize("overwrite", [False, True])
def test_a_link_to_itself_is_refused(tmp_path: Path, overwrite: bool) -> None:
    (tmp_path / "loop").symlink_to("loop")
    refused(tmp_path / "loop", overwrite=overwrite)
    assert os.listdir(tmp_path) == ["loop"]
    assert (tmp_path / "loop").is_symlink()


def test_two_results_for_one_file_are_refused_by_any_name(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("a")
    for other in (tmp_path / "a", tmp_path / "link", tmp_path / ".." / tmp_path.name / "a"):
        assert "two results" in refused(tmp_path / "a", other)
    assert os.listdir(tmp_path) == ["link"]


@pytest.mark.parametrize("name", ["x" * 255, "é" * 127, "." + "y" * 254, "new\nline", "-"])
def test_names_of_any_kind_are_written(tmp_path: Path, name: str) -> None:
    for overwrite in (False, True):
        publish(tmp_path / name, overwrite=overwrite)
        assert os.listdir(tmp_path) == [name]
        assert (tmp_path / name).read_bytes() == NEW


@pytest.mark.parametrize("overwrite", [False, True])
def test_of_several_files_all_appear_or_none(tmp_path: Path, overwrite: bool) -> None:
    names = ["a", "b", "c"]
    if overwrite:
        for name in names[:2]:
            (tmp_path / name).write_bytes(OLD + name.encode())
    message = refused(
        *(tmp_path / name for name in names),
        overwrite=overwrite,
        meanwhile=(tmp_path / "c").mkdir,
    )
    assert str(tmp_path / "c") in message
    assert sorted(os.listdir(tmp_path)) == (names if overwrite else ["c"])
    for name in names[:2] if overwrite else ():
        assert (tmp_path / name).read_bytes() == OLD + name.encode()
    (tmp_path / "c").rmdir()
    publish(*(tmp_path / name for name in names), overwrite=overwrite)
    assert sorted(os.listdir(tmp_path)) == names


@pytest.mark.parametrize("error", [KeyError, KeyboardInterrupt, SystemExit, GradcliError])
def test_an_error_in_the_run_changes_nothing(tmp_path: Path, error: type) -> None:
    (tmp_path / "a").write_bytes(OLD)

    def fail() -> None:
        raise error("in the midst")

    with pytest.raises(error):
        publish(tmp_path / "a", tmp_path / "b", overwrite=True, meanwhile=fail)
    assert os.listdir(tmp_path) == ["a"]
    assert (tmp_path / "a").read_bytes() == OLD


# --- what is no file -------------------------------------------------------------------------


def test_a_fifo_gets_the_data_when_they_are_complete(tmp_path: Path) -> None:
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    got: list[bytes] = []
    reader = Thread(target=lambda: got.append(fifo.read_bytes()), daemon=True)
    reader.start()
    publish(fifo)
    reader.join(10)
    assert got == [NEW]
    assert os.listdir(tmp_path) == ["fifo"]
    assert is_special(str(fifo))


def test_a_reader_that_goes_away_is_a_broken_pipe(tmp_path: Path) -> None:
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)

    def leave() -> None:
        with fifo.open("rb", buffering=0) as reader:
            reader.read(1)

    def write() -> None:
        with Staging(False) as staging:
            Path(staging.add(str(fifo))).write_bytes(b"x" * 2_000_000)

    reader = Thread(target=leave, daemon=True)
    reader.start()
    with pytest.raises(BrokenPipeError):
        write()
    reader.join(10)
    assert os.listdir(tmp_path) == ["fifo"]


# --- killed, full, forbidden -----------------------------------------------------------------

RUN = (
    "import sys, time\n"
    "from gradcli.system.publish import Staging\n"
    "with Staging(True) as staging:\n"
    "    scratches = [staging.add(path) for path in sys.argv[1:]]\n"
    "    with open(scratches[0], 'wb') as file:\n"
    "        file.write(b'half')\n"
    "        print('ready', flush=True)\n"
    "        time.sleep(60)\n"
)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
def test_a_run_that_is_killed_changes_no_output(tmp_path: Path, number: signal.Signals) -> None:
    (tmp_path / "a").write_bytes(OLD)
    command = [sys.executable, "-c", RUN, str(tmp_path / "a"), str(tmp_path / "b")]
    run = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert run.stdout.readline() == b"ready\n"
    run.send_signal(number)
    run.communicate()
    assert run.returncode != 0
    visible = [name for name in os.listdir(tmp_path) if not name.startswith(".")]
    assert visible == ["a"]
    assert (tmp_path / "a").read_bytes() == OLD
    if number == signal.SIGINT:
        assert os.listdir(tmp_path) == ["a"]


def test_a_disk_that_is_full_is_said_in_one_line_and_leaves_nothing(tmp_path: Path) -> None:
    # A limit on the size of files stands for the end of the disk.
    np.save(tmp_path / "a.npy", np.ones((400, 400)))
    grid = np.ones((300, 300))
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["f"] = grid
    with netCDF4.Dataset(tmp_path / "a.nc", "w") as file:
        file.createDimension("y", 300)
        file.createVariable("f", "f8", ("y", "y"))[:] = grid
    np.savez(tmp_path / "a.npz", f=grid)
    np.savetxt(tmp_path / "a.csv", grid[:, :200], delimiter=",")
    before = sorted(os.listdir(tmp_path))
    code = (
        "import os, resource, signal, sys\n"
        "import gradcli\n"
        "from gradcli.errors import GradcliError\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))\n"
        "for name in sys.argv[1:]:\n"
        "    try:\n"
        "        gradcli.differentiate(name, axis='0')\n"
        "    except GradcliError as error:\n"
        "        print(name, str(error).count(chr(10)), 'written' in str(error), flush=True)\n"
        "    except BaseException as error:\n"
        "        print(name, repr(error)[:200], flush=True)\n"
    )
    names = ["a.npy", "a.npz", "a.csv", "a.h5", "a.nc"]
    # -B: the limit is for the outputs, and would cut compiled modules short.
    command = [sys.executable, "-B", "-c", code, *names]
    run = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert run.stdout.splitlines() == [f"{name} 0 True" for name in names], run.stderr
    assert run.returncode == 0
    assert sorted(os.listdir(tmp_path)) == before


def as_nobody(action: Callable[[], None]) -> str:
    """Return the error that an action ends with when root's powers are gone."""
    if os.geteuid():
        return _outcome(action)
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        os.setgroups([])
        os.setgid(65534)
        os.setuid(65534)
        os.write(writing, _outcome(action).encode())
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        text = pipe.read().decode()
    os.waitpid(child, 0)
    return text


def _outcome(action: Callable[[], None]) -> str:
    try:
        action()
    except BaseException as error:
        return f"{type(error).__name__}: {error}"
    return "done"


@pytest.mark.filterwarnings("ignore:.*fork")
def test_a_folder_that_may_not_be_written_is_refused(shared: Path) -> None:
    (shared / "a").write_bytes(OLD)
    shared.chmod(0o555)
    for overwrite in (False, True):
        text = as_nobody(lambda overwrite=overwrite: publish(shared / "b", overwrite=overwrite))
        assert text == f"UnwritableError: {shared / 'b'}: cannot be written: Permission denied"
    shared.chmod(0o755)
    assert os.listdir(shared) == ["a"]


@pytest.mark.filterwarnings("ignore:.*fork")
@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make a file of another user")
def test_a_file_that_may_not_be_replaced_is_left_and_nothing_beside_it(shared: Path) -> None:
    # In a folder like /tmp, a file that all may write and only its owner may remove.
    (shared / "a").write_bytes(OLD)
    (shared / "a").chmod(0o666)
    shared.chmod(0o1777)
    text = as_nobody(lambda: publish(shared / "b", shared / "a", overwrite=True))
    assert text.startswith(f"UnwritableError: {shared / 'a'}: cannot be written: ")
    assert (shared / "a").read_bytes() == OLD
    assert os.listdir(shared) == ["a"]


# --- what a file holds -----------------------------------------------------------------------
