"""Every command line in the README and in the manual does what stands there."""

from __future__ import annotations

import doctest
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.explore.coarse import APART, distance, hash_of
from tests.gallery import pictures
from tests.places import ROOT, SAMPLES
from tests.sessions import commands, forked_commands

README = (ROOT / "README.md").read_text()
PAGES = sorted((ROOT / "gradcli/manual").glob("*.md"))
TEXTS = {"README": README} | {path.stem: path.read_text() for path in PAGES}

TWO_SCREENS = 48
WIDE = ("benchmarks", "options")  # pages whose tables are wider than 80 columns


def blocks(language: str, text: str = "\n".join(TEXTS.values())) -> list[str]:
    return list(dict.fromkeys(re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL)))


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    """Return a folder of its own for each session: none builds on another."""
    folder = tmp_path / "readme"
    shutil.copytree(SAMPLES, folder / "sample_data")
    for made in (folder / "sample_data").glob("*_gradient.*"):
        made.unlink()
    return folder


@pytest.fixture(scope="module")
def environment() -> Iterator[dict[str, str]]:
    with tempfile.TemporaryDirectory() as folder, forked_commands(Path(folder)) as made:
        yield made


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
def test_a_python_session_runs(
    name: str, desk: Path, environment: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(desk)
    for line in re.findall(r"^\$ (gradcli sample .*)", TEXTS[name], re.MULTILINE):
        subprocess.run(line, shell=True, cwd=desk, env=environment, check=True)
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


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.stem)
def test_a_page_soon_shows_an_example(page: Path) -> None:
    example = re.search(r"^```(console|python|sh)\n.*?^```$", TEXTS[page.stem], re.M | re.S)
    assert example, "no example"
    assert TEXTS[page.stem].count("\n", 0, example.end()) < TWO_SCREENS


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.stem)
def test_a_page_fits_a_terminal(page: Path) -> None:
    prose = re.sub(r"^```.*?^```$", "", TEXTS[page.stem], flags=re.M | re.S)
    lines = [line for line in prose.splitlines() if page.stem not in WIDE or line[:1] != "|"]
    assert [line for line in lines if len(line) > 80] == []


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
