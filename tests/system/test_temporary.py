"""Temporary names, and spools; tests/cli/test_leftovers.py lets real runs die."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from gradcli.system.temporary import (
    SUFFIX,
    free_name,
    made_name,
    remove_leftovers,
    spool,
    spooled_stdin,
)


def test_names_are_hidden_short_and_told_apart() -> None:
    names = {made_name("é" * 300) for _ in range(20)}
    assert len(names) == 20
    for name in names:
        assert name.startswith(".é")
        assert name.endswith(SUFFIX)
        assert len(os.fsencode(name)) <= 255


def test_what_this_process_makes_stays_and_what_says_nothing_of_its_maker(tmp_path: Path) -> None:
    kept = [made_name("a"), f".b{SUFFIX}", f".c.host-x-y-z{SUFFIX}", "f.npy"]
    for name in kept:
        (tmp_path / name).touch()
    remove_leftovers(str(tmp_path))
    assert set(os.listdir(tmp_path)) == set(kept)


def test_what_a_process_that_is_gone_has_made_is_removed(tmp_path: Path) -> None:
    child = os.fork()
    if not child:
        (tmp_path / made_name("f.npy")).touch()
        (tmp_path / made_name("folder")).mkdir()
        os._exit(0)
    os.waitpid(child, 0)
    assert len(os.listdir(tmp_path)) == 2
    remove_leftovers(str(tmp_path))
    assert os.listdir(tmp_path) == []


def test_a_free_name_lies_beside_its_target(tmp_path: Path) -> None:
    name = free_name(str(tmp_path / "f.nc"))
    assert os.path.dirname(name) == str(tmp_path)
    assert not os.path.exists(name)


def test_a_spool_has_no_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    with spool() as file:
        file.write(b"abc")
        file.seek(0)
        assert file.read() == b"abc"
        assert os.listdir(tmp_path) == []


def test_a_copy_of_standard_input_is_there_while_it_is_needed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    with spooled_stdin("f.nc", [b"ab", b"c"]) as path:
        assert Path(path).read_bytes() == b"abc"
        assert Path(path).is_relative_to(tmp_path)
    assert os.listdir(tmp_path) == []
