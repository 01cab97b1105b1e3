"""Inputs that cannot be read: what is nearest, and what can be done."""

from __future__ import annotations

import pytest

from gradcli.errors import GradcliError
from gradcli.formats.absent import OTHERS, WAYS, nearest
from gradcli.formats.opening import open_source


@pytest.fixture(autouse=True)
def in_a_folder(tmp_path, monkeypatch):
    for name in ("ocean.nc", "ocean.txt.bak", ".oceam.nc", "sheet.xlsx", "noise"):
        (tmp_path / name).touch()
    (tmp_path / "runs").mkdir()
    (tmp_path / "runs" / "run1.npy").touch()
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("oceam.nc", "No such file or directory; did you mean ocean.nc?"),
        ("runs/run2.npy", "did you mean runs/run1.npy?"),
        ("ocean.h5", "did you mean ocean.nc?"),
        ("zzz.nc", "No such file or directory"),
        ("rums/run1.npy", "there is no folder rums"),
        ("runs/*.nc", "no file matches this pattern"),
        ("*.nc", "is a pattern, and 1 files match; leave it without quotes"),
        ("https://example.org/a.nc", "curl -O https://example.org/a.nc"),
        ("ftp://example.org/a.nc", "fetch the file first"),
        ("sheet.xlsx", "a workbook, which gradcli does not read; save the sheet as CSV"),
        ("noise", "has no suffix"),
        ("runs", "-r, takes them all"),
    ],
)
def test_what_is_said(path, words):
    with pytest.raises(GradcliError) as caught:
        open_source(path)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_missing_file_is_missing_in_python_too():
    with pytest.raises(FileNotFoundError):
        open_source("oceam.nc")


def test_hidden_files_and_files_that_are_not_read_are_not_suggested():
    assert nearest("", "oceam.nc") == "ocean.nc"
    assert nearest("", "sheet.xls") is None


def test_each_kind_has_a_way():
    assert OTHERS.keys() == WAYS.keys()
