"""Paths: opened, and not cut to nothing."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from gradcli.formats.detect import content_of
from gradcli.system.paths import is_special, open_empty, split_suffix
from tests.system.test_publish import OLD, as_nobody, publish, refused


def test_devices_are_written_straight() -> None:
    publish(Path("/dev/null"))
    if Path("/dev/full").exists():
        assert "No space left" in refused(Path("/dev/full"))
    assert is_special("/dev/null")
    assert not is_special("/")
    assert not is_special(__file__)
    assert not is_special("/none/such")


@pytest.mark.filterwarnings("ignore:.*fork")
def test_a_file_that_may_not_be_read_is_refused(shared: Path) -> None:
    (shared / "a").write_bytes(OLD)
    (shared / "a").chmod(0)
    text = as_nobody(lambda: content_of(str(shared / "a")))
    assert text == "UnreadableError: cannot be read: Permission denied"


def test_an_output_is_opened_empty_but_not_cut_to_nothing(tmp_path: Path) -> None:
    path = tmp_path / "a"
    for old in (None, b"", OLD):
        if old is not None:
            path.write_bytes(old)
        with open_empty(str(path)) as file:
            file.write(b"new")
        assert path.read_bytes() == b"new"


@pytest.mark.parametrize("name", ["a.npy", "a.npz", "a.csv"])
def test_no_output_is_cut_to_nothing_once_it_is_there(tmp_path: Path, name: str) -> None:
    # As ext4 would then write it out when it is closed.
    if not shutil.which("strace"):
        pytest.skip("there is no strace")
    np.save(tmp_path / "in.npy", np.arange(9.0))
    code = f"import gradcli; gradcli.differentiate('in.npy', {name!r})"
    trace = ["strace", "-f", "-qq", "-o", "trace", "-e", "trace=openat"]
    subprocess.run([*trace, sys.executable, "-c", code], cwd=tmp_path, check=True)
    opened = [line for line in (tmp_path / "trace").read_text().splitlines() if f".{name}." in line]
    assert opened
    assert not [line for line in opened if "O_TRUNC" in line]


@pytest.mark.parametrize(
    ("path", "stem", "suffix"),
    [
        ("a.npy", "a", ".npy"),
        ("/x.y/a.b.nc", "a.b", ".nc"),
        ("log.csv.gz", "log", ".csv.gz"),
        ("LOG.CSV.GZ", "LOG", ".CSV.GZ"),
        ("a.gz", "a", ".gz"),
        ("noend", "noend", ""),
        (".nc", ".nc", ""),
        ("dir.nc/plain", "plain", ""),
        ("-", "-", ""),
    ],
)
def test_a_name_is_split_into_stem_and_suffix(path: str, stem: str, suffix: str) -> None:
    assert split_suffix(path) == (stem, suffix)
    assert stem + suffix == os.path.basename(path)
