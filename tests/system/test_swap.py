"""Folders that stand for one output: whatever happens, all of the old or all of the new."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from gradcli.errors import OutputError
from gradcli.system.publish import Staging
from gradcli.system.swap import exchange, files_in, move_new_folder
from tests.contract import one_line


def make(path: Path, text: str) -> Path:
    """Make a folder that may be replaced, as a store may."""
    path.mkdir()
    (path / "zarr.json").write_text(text)
    return path


def write(path: Path, overwrite: bool = False, meanwhile: Callable = lambda: None) -> None:
    with Staging(overwrite, sync=True) as staging:
        folder = Path(staging.add(str(path), folder=True))
        (folder / "zarr.json").write_text("new")
        (folder / "in").mkdir()
        meanwhile()


def held(path: Path) -> str:
    return (path / "zarr.json").read_text()


def test_a_folder_appears_when_it_is_complete(tmp_path: Path) -> None:
    write(tmp_path / "a", meanwhile=lambda: not (tmp_path / "a").exists())
    assert os.listdir(tmp_path) == ["a"]
    assert held(tmp_path / "a") == "new"


def test_what_exists_is_replaced_only_if_asked_and_a_store(tmp_path: Path) -> None:
    make(tmp_path / "a", "old")
    with pytest.raises(OutputError, match="exists already"):
        write(tmp_path / "a")
    write(tmp_path / "a", overwrite=True)
    assert held(tmp_path / "a") == "new"
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "mine").write_text("mine")
    with pytest.raises(OutputError, match="never replaced") as caught:
        write(tmp_path / "b", overwrite=True)
    one_line(caught.value)
    (tmp_path / "c").write_text("a file")
    write(tmp_path / "c", overwrite=True)
    assert held(tmp_path / "c") == "new"
    assert sorted(os.listdir(tmp_path)) == ["a", "b", "c"]


@pytest.mark.parametrize("able", [True, False])
def test_what_appears_meanwhile_stays_unless_overwritten(
    tmp_path: Path, able: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not able:  # a system without these calls
        monkeypatch.setattr("gradcli.system.swap._called", lambda *_: False)
    path = tmp_path / "a"
    with pytest.raises(OutputError, match="appeared"):
        write(path, meanwhile=lambda: make(path, "other"))
    assert held(path) == "other"
    write(path, overwrite=True)
    assert held(path) == "new"
    assert os.listdir(tmp_path) == ["a"]


@pytest.mark.parametrize("able", [True, False])
def test_an_error_leaves_the_old_one(
    tmp_path: Path, able: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not able:
        monkeypatch.setattr("gradcli.system.swap._called", lambda *_: False)
    make(tmp_path / "a", "old")

    def fail() -> None:
        raise KeyError("in the midst")

    with pytest.raises(KeyError):
        write(tmp_path / "a", overwrite=True, meanwhile=fail)
    assert held(tmp_path / "a") == "old"
    assert os.listdir(tmp_path) == ["a"]


@pytest.mark.parametrize("overwrite", [True, False])
@pytest.mark.parametrize("able", [True, False])
def test_of_two_outputs_both_appear_or_none(
    tmp_path: Path, overwrite: bool, able: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not able:
        monkeypatch.setattr("gradcli.system.swap._called", lambda *_: False)
    if overwrite:
        make(tmp_path / "a", "old")

    def run() -> None:
        with Staging(overwrite) as staging:
            folder = Path(staging.add(str(tmp_path / "a"), folder=True))
            (folder / "zarr.json").write_text("new")
            staging.add(str(tmp_path / "b"))
            make(tmp_path / "b", "in the way")

    with pytest.raises(OutputError):
        run()
    if overwrite:
        assert held(tmp_path / "a") == "old"
    assert sorted(os.listdir(tmp_path)) == ["a", "b"][not overwrite :]


def test_names_are_exchanged_and_moved(tmp_path: Path) -> None:
    one, other = make(tmp_path / "one", "1"), make(tmp_path / "other", "2")
    if exchange(str(one), str(other)):
        assert (held(one), held(other)) == ("2", "1")
    with pytest.raises(FileExistsError):
        move_new_folder(str(one), str(other))
    move_new_folder(str(one), str(tmp_path / "third"))
    assert not one.exists()
    assert [Path(path).name for path in files_in(str(other))] == ["zarr.json", "other"]


def test_a_run_that_is_killed_leaves_what_was_there(tmp_path: Path) -> None:
    make(tmp_path / "a", "old")
    child = os.fork()
    if not child:
        try:
            write(tmp_path / "a", True, lambda: os.kill(os.getpid(), signal.SIGKILL))
        finally:
            os._exit(1)
    os.waitpid(child, 0)
    assert held(tmp_path / "a") == "old"
    write(tmp_path / "a", overwrite=True)  # it removes what the dead one has left
    assert os.listdir(tmp_path) == ["a"]
