"""Completion in real shells: what Tab offers."""

from __future__ import annotations

import os
import pty
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

PATIENCE = 30


@pytest.fixture(scope="module")
def desk(tmp_path_factory) -> Path:
    """Return a folder with files of many kinds."""
    folder = tmp_path_factory.mktemp("desk")
    for name in ("ocean.nc", "over.csv.gz", "old.npy", "other.txt", "other.doc", ".hidden.nc"):
        (folder / name).touch()
    (folder / "u,v,w.nc").touch()
    for name in ("data", "data/deep", "empty"):
        (folder / name).mkdir()
    for name in ("data/deep/one.h5", "data/deep/two.h5", "data/deep/notes.md"):
        (folder / name).touch()
    return folder


@pytest.fixture(scope="module")
def environment(tmp_path_factory) -> dict[str, str]:
    """Return an environment in which gradcli is that of this test run."""
    folder = tmp_path_factory.mktemp("bin")
    script = folder / "gradcli"
    script.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m gradcli "$@"\n')
    script.chmod(0o755)
    kept = {k: v for k, v in os.environ.items() if not k.startswith("GRADCLI")}
    return kept | {"PATH": f"{folder}{os.pathsep}{os.environ['PATH']}", "TERM": "dumb"}


def shell_or_skip(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        pytest.skip(f"there is no {name}")
    return found


IN_BASH = """
eval "$(_GRADCLI_COMPLETE=bash_source gradcli)"
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMPREPLY=()
_gradcli_completion gradcli "${!#}"
printf '%s\\n' "${COMPREPLY[@]}"
"""
IN_FISH = "_GRADCLI_COMPLETE=fish_source gradcli | source; complete --do-complete '{line}'"


def offered(shell: str, words: list[str], desk: Path, environment: dict[str, str]) -> list[str]:
    """Return what a shell offers for the last of some words."""
    program = shell_or_skip(shell)
    if shell == "bash":
        command = [program, "--norc", "-c", IN_BASH, "bash", *words]
    else:
        command = [program, "--no-config", "-c", IN_FISH.format(line=" ".join(words))]
    done = subprocess.run(command, cwd=desk, env=environment, capture_output=True, text=True)
    assert done.stderr == ""
    return [line.split("\t")[0] for line in done.stdout.splitlines() if line]


CASES = {
    "a command": ("dir", ["direction", "directional"]),
    "inputs of known suffixes and folders": (
        "compute ",
        ["data/", "empty/", "ocean.nc", "old.npy", "other.txt", "over.csv.gz", "u,v,w.nc"],
    ),
    "a name with commas": ("info u", ["u,v,w.nc"]),
    "inputs that begin so": ("compute o", ["ocean.nc", "old.npy", "other.txt", "over.csv.gz"]),
    "a second input": ("magnitude ocean.nc ol", ["old.npy"]),
    "into folders": ("info da", ["data/deep/one.h5", "data/deep/two.h5"]),
    "an empty folder": ("info em", ["empty/"]),
    "a hidden file": ("info .h", [".hidden.nc"]),
    "options": ("compute --sc", ["--scheme"]),
    "choices": ("compute --metric ", ["none", "sphere", "wgs84", "cylindrical", "spherical"]),
    "choices of info": ("info --format n", ["npy", "npz", "netcdf"]),
    "operators": ("compute --also la", ["laplacian"]),
    "a list of operators": (
        "compute --also curl,d",
        ["curl,direction", "curl,directional", "curl,divergence"],
    ),
    "an unknown command": ("nonsense ", None),
}


@pytest.mark.parametrize("shell", ["bash", "fish"])
@pytest.mark.parametrize("case", CASES)
def test_a_shell_offers(shell, case, desk, environment):
    line, expected = CASES[case]
    found = offered(shell, ["gradcli", *line.split(" ")], desk, environment)
    if case == "an unknown command":
        assert "compute" in found
    else:
        assert found == (sorted(expected) if shell == "fish" else expected)  # it sorts all


def read_until(terminal: int, wanted: bytes) -> bytes:
    """Return what a terminal shows until a text has come."""
    os.set_blocking(terminal, False)
    shown, end = b"", time.monotonic() + PATIENCE
    while wanted not in shown:
        assert time.monotonic() < end, shown
        try:
            shown += os.read(terminal, 4096)
        except BlockingIOError:
            time.sleep(0.01)
    return shown


def test_tab_at_a_terminal_completes_a_file(desk, environment):
    bash = shell_or_skip("bash")
    ours, terminal = pty.openpty()
    start = [bash, "--norc", "--noprofile", "-i"]
    quiet = environment | {"PS1": "ready> ", "INPUTRC": "/dev/null"}
    ends = {"stdin": terminal, "stdout": terminal, "stderr": terminal}
    with subprocess.Popen(start, cwd=desk, env=quiet, start_new_session=True, **ends) as process:
        read_until(ours, b"ready> ")
        os.write(ours, b'eval "$(_GRADCLI_COMPLETE=bash_source gradcli)"; echo do""ne\n')
        read_until(ours, b"\r\ndone\r\n")
        os.write(ours, b"gradcli info oc\t")
        read_until(ours, b"info ocean.nc ")
        process.kill()
    os.close(ours)
    os.close(terminal)


def test_zsh_takes_the_script(desk, environment):
    zsh = shell_or_skip("zsh")
    script = 'autoload -U compinit; compinit -u -D; eval "$(_GRADCLI_COMPLETE=zsh_source gradcli)"'
    command = [zsh, "-f", "-c", script + '; print -r -- "$_comps[gradcli]"']
    done = subprocess.run(command, cwd=desk, env=environment, capture_output=True, text=True)
    assert done.stdout.strip() == "_gradcli_completion"


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_each_shell_has_a_script(common, shell):
    # bash tells its version where it is there, which click asks for.
    done = common.run(env={"_GRADCLI_COMPLETE": f"{shell}_source"})
    assert b"_GRADCLI_COMPLETE=" in done.data
    assert b"gradcli" in done.data
