"""Inputs found in folders and lists, in this process; test_batch.py runs the command."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from gradcli.cli.find import Search, listed, without_results
from gradcli.errors import InputError, UsageError
from gradcli.system.logbook import Item


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("b.npy", "a.csv", "a.log", ".hidden.npy", "in/c.nc", "in/deep/d.h5", ".off/e.npy"):
        (tmp_path / "top" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "top" / name).touch()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def found(search: Search, *given: str) -> list[str]:
    return [item.path for item in search.items(given, [])]


def test_a_folder_stands_for_its_files_of_known_suffixes_in_order(tree: Path) -> None:
    names = ["top/a.csv", "top/b.npy", "top/in/c.nc", "top/in/deep/d.h5"]
    assert found(Search(recursive=True), "top") == names


def test_a_pattern_takes_names_of_any_suffix_but_hidden_ones(tree: Path) -> None:
    assert found(Search(recursive=True, pattern="*.log"), "top") == ["top/a.log"]
    assert found(Search(recursive=True, pattern="*.npy"), "top") == ["top/b.npy"]


def test_results_lie_as_their_inputs_and_are_no_inputs(tree: Path) -> None:
    (tree / "top" / "out").mkdir()
    (tree / "top" / "out" / "r.npy").touch()
    items = Search(recursive=True, folder="top/out").items(["top"], [])
    places = {item.path: item.folder for item in items}
    assert places["top/in/deep/d.h5"] == os.path.join("top/out", "in/deep")
    assert "top/out/r.npy" not in places


@pytest.mark.parametrize(
    ("search", "given", "words"),
    [
        (Search(), (), "name a file"),
        (Search(files_from="-"), ("-",), "cannot be both the list of --files-from and an input"),
        (Search(recursive=True, pattern="*.zz"), ("top",), r"no file matches \*.zz"),
        (Search(recursive=True), ("top/.off/..",), "of a known suffix"),
    ],
)
def test_what_finds_nothing_is_refused(
    tree: Path, search: Search, given: tuple[str, ...], words: str
) -> None:
    if given == ("top/.off/..",):
        for path in list((tree / "top").rglob("*.*")):
            if path.is_file():
                path.unlink()
    with pytest.raises(UsageError, match=words):
        search.items(given, [])


@pytest.mark.parametrize(
    ("patterns", "gone"),
    [
        (("*.h5",), {"in/deep/d.h5"}),
        (("deep/",), {"in/deep/d.h5"}),
        (("in/deep",), {"in/deep/d.h5"}),
        (("/deep",), set()),
        (("d.h5/",), set()),
        (("in", "*.zz"), {"in/deep/d.h5"}),
    ],
)
def test_patterns_leave_files_and_folders_out(
    tree: Path, patterns: tuple[str, ...], gone: set[str]
) -> None:
    def found(search: Search) -> set[str]:
        return {os.path.relpath(item.path, "top") for item in search.items(["top"], [])}

    every = found(Search(recursive=True))
    left = found(Search(recursive=True, exclude=patterns))
    assert "in/deep/d.h5" in every
    assert {name for name in every - left if name.endswith("d.h5")} == gone
    assert left <= every


def test_a_list_holds_names_of_any_bytes(tree: Path) -> None:
    (tree / "list").write_bytes(b"a b\n\n\xff.npy\n")
    assert listed("list", False) == ["a b", os.fsdecode(b"\xff.npy")]
    (tree / "list").write_bytes(b"a\nb\0c\0")
    assert listed("list", True) == ["a\nb", "c"]
    with pytest.raises(UsageError, match="add --null"):
        listed("list", False)
    with pytest.raises(InputError, match="gone: cannot be read"):
        listed("gone", False)


def test_results_of_other_inputs_are_left_out_with_a_note() -> None:
    notes: list[str] = []
    items = [Item(name) for name in ("f.nc", "f_gradient.nc", "g_gradient.nc")]
    left = without_results(items, (), notes)
    assert [item.path for item in left] == ["f.nc", "g_gradient.nc"]
    assert notes == [
        "1 inputs are left out, because they look like results of others, such as f_gradient.nc"
    ]
