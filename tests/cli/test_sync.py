"""--sync: data on the disk before their name, the name before the run ends; seen by strace."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.long import long

CALLS = "openat,fsync,link,linkat,rename,renameat,renameat2,mkdir"
INPUTS = {
    "image.npy": ["image_d0.npy", "image_d1.npy"],
    "pair.npz": ["pair_gradient.npz"],
    "field.h5": ["field_gradient.h5"],
    "grid.nc": ["grid_gradient.nc"],
    "NETCDF3_CLASSIC.nc": ["NETCDF3_CLASSIC_gradient.nc"],
    "table.csv": ["table_gradient.csv"],
}


@pytest.fixture(scope="module", autouse=True)
def _strace():
    if not shutil.which("strace"):
        pytest.skip("there is no strace")
    done = subprocess.run(
        ["strace", "-f", "--seccomp-bpf", "-e", "trace=fsync", "true"], capture_output=True
    )
    if done.returncode:
        pytest.skip("strace may not trace here")


def events(shell, *args: str, **popen) -> list[tuple[str, str]]:
    """Run the command and return what it flushes and names, as (call, path), in order."""
    trace = shell.spool / "trace"
    under = ("strace", "-f", "--seccomp-bpf", "-qq", "-y", "-e", f"trace={CALLS}", "-o", str(trace))
    shell.run("compute", *args, under=under, **popen)
    found = []
    for line in trace.read_text().splitlines():
        flushed = re.search(r"fsync\(\d+<(.*)>\) += 0", line)
        named = re.search(r'(?:link|rename)\w*\(.*?"(.*?)".*"(.*?)".*\) += 0', line)
        if flushed:
            found.append(("flush", flushed[1]))
        elif named and "gradcli-tmp" in named[1]:
            found.append(("name", named[1]))
            found.append(("as", named[2]))
    trace.unlink()
    return found


@pytest.mark.parametrize("over", [long(False), True], ids=["new", "over an old one"])
@pytest.mark.parametrize("source", INPUTS)
def test_data_are_flushed_before_their_name_and_the_name_after_it(shell, source, over):
    outputs = [str(shell.folder / name) for name in INPUTS[source]]
    for path in outputs if over else ():
        Path(path).write_bytes(b"an old result")
    args = ["-a", "t"] if source == "table.csv" else []
    found = events(shell, source, *args, "--sync", *(["-O"] if over else []))
    assert [path for call, path in found if call == "as" and "gradcli-tmp" not in path] == outputs
    first = next(i for i, (call, _) in enumerate(found) if call == "name")
    # Of several files, each is whole on the disk before the first of them has its name.
    scratches = [path for call, path in found[:first] if call == "flush"]
    assert len(scratches) == len(outputs)
    assert {path for call, path in found if call == "name"} - set(outputs) == set(scratches)
    last = max(i for i, (call, _) in enumerate(found) if call == "as")
    assert {path for call, path in found[last:] if call == "flush"} == {str(shell.folder)}


def test_folders_that_were_made_are_flushed_to_their_root(shell):
    found = events(shell, "image.npy", "-a", "0", "--sync", "--output-dir", "new/inner")
    flushed = [path for call, path in found if call == "flush"]
    folder = shell.folder
    # Names of folders first, then data, then names of outputs.
    assert flushed[:2] == [str(folder / "new"), str(folder)]
    assert [os.path.dirname(flushed[2]), *flushed[3:]] == [str(folder / "new/inner")] * 2


def test_standard_output_is_flushed_where_it_is_a_file(shell):
    with (shell.folder / "out.npy").open("wb") as out:
        found = events(shell, "five.npy", "--sync", "-o", "-", stdout=out)
    assert found == [("flush", str(shell.folder / "out.npy"))]
    assert events(shell, "five.npy", "--sync", "-o", "-") == []


def test_nothing_is_flushed_by_default(shell):
    assert [call for call, _ in events(shell, "grid.nc") if call == "flush"] == []


def test_a_disk_that_fails_to_flush_leaves_the_old_file(shell):
    (shell / "image_d0.npy").write_bytes(b"an old result")
    fault = ("strace", "-f", "--seccomp-bpf", "-qq", "-o", "/dev/null", "-e", "trace=fsync")
    under = (*fault, "-e", "inject=fsync:error=EIO:when=1")
    line = shell.refuse("compute", "image.npy", "-a", "0", "-O", "--sync", under=under)
    assert line == "Error: image_d0.npy: cannot be written: Input/output error"
