"""Every command line in the README and in the manual does what stands there."""

from __future__ import annotations

import doctest
import os
import re
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from tests.explore.coarse import APART, distance, hash_of
from tests.gallery import pictures
from tests.places import ROOT, SAMPLES

README = (ROOT / "README.md").read_text()
PAGES = sorted((ROOT / "gradcli/manual").glob("*.md"))
TEXTS = {"README": README} | {path.stem: path.read_text() for path in PAGES}


def blocks(language: str, text: str = "\n".join(TEXTS.values())) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL)


def commands(session: str) -> list[tuple[str, str]]:
    """Return every command of a console block with the output that stands below it."""
    parts = (part.partition("\n") for part in re.split(r"^\$ ", session, flags=re.MULTILINE)[1:])
    return [(command, output) for command, _, output in parts]


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    """Return a folder of its own for each session: none builds on another."""
    folder = tmp_path / "readme"
    shutil.copytree(SAMPLES, folder / "sample_data")
    for made in (folder / "sample_data").glob("*_gradient.*"):
        made.unlink()
    return folder


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Return an environment in which gradcli and python are those of this test run."""
    folder = tmp_path_factory.mktemp("bin")
    (folder / "python").symlink_to(sys.executable)
    scripts = sysconfig.get_path("scripts")
    path = os.pathsep.join([scripts, str(folder), os.environ["PATH"]])
    return {**os.environ, "PATH": path, "PYTHONWARNINGS": "error"}


@pytest.mark.parametrize(
    "session", blocks("console"), ids=lambda session: commands(session)[0][0][:60]
)
def test_a_session_prints_what_the_readme_says(
    session: str, desk: Path, environment: dict[str, str]
) -> None:
    for command, expected in commands(session):
        program = re.sub(r"^(\w+=\S+ )*", "", command).split()[0]
        if program not in ("gradcli", "python") and shutil.which(program) is None:
            pytest.skip(f"{program} is not installed")
        run = subprocess.run(
            ["bash", "-o", "pipefail", "-c", command],
            cwd=desk,
            env=environment,
            capture_output=True,
            text=True,
        )
        assert "Error" not in run.stderr, run.stderr
        assert run.returncode == 0, command
        assert run.stdout == expected, command
    for picture in desk.glob("*.png"):
        stored = ROOT / "gradcli/manual" / picture.name
        if stored.exists():
            assert distance(hash_of(picture), hash_of(stored)) <= APART, picture.name


def test_the_readme_has_sessions() -> None:
    assert sum(len(commands(session)) for session in blocks("console")) > 12


@pytest.mark.parametrize("name", [name for name in TEXTS if blocks("python", TEXTS[name])])
def test_a_python_session_runs(name: str, desk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(desk)
    code = "\n".join(blocks("python", TEXTS[name]))
    test = doctest.DocTestParser().get_doctest(code, {}, name, name, 0)
    result = doctest.DocTestRunner().run(test)
    assert result.attempted > 4
    assert result.failed == 0


def test_the_readme_is_short() -> None:
    assert len(README.splitlines()) <= 200
    assert len(README) <= 16_000


def test_links_lead_to_files() -> None:
    for text in TEXTS.values():
        for path in re.findall(r"\]\((?!https?:)([\w./-]+)", text):
            assert (ROOT / path).exists() or (ROOT / "gradcli/manual" / path).exists(), path


def test_every_picture_of_the_manual_has_its_command() -> None:
    drawn = [name for name, _ in pictures()]
    assert len(drawn) >= 10
    assert sorted(drawn) == sorted(path.name for path in (ROOT / "gradcli/manual").glob("*.png"))


def test_every_page_of_the_manual_is_linked() -> None:
    for path in PAGES:
        assert f"(gradcli/manual/{path.name})" in README, path.name


def test_ci_calls_the_test_command_of_the_readme() -> None:
    set_up = [line for block in blocks("sh", README) for line in block.splitlines()]
    assert len(set_up) == 2
    assert all(command.startswith("python3 -m venv .venv && ") for command in set_up)
    found = [line for line in README.splitlines() if "pip install '.[test]'" in line]
    assert found == [set_up[1]]
    assert """grep -m1 "pip install '.\\[test\\]'" README.md""" in (ROOT / ".ci/run").read_text()
