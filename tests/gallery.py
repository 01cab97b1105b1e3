"""The pictures of the manual: ``python -m tests.gallery`` draws them all anew.

Each picture of a page has the name of the file that the commands above it write.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests.places import ROOT, SAMPLES

MANUAL = ROOT / "gradcli/manual"
SESSION = re.compile(r"```console\n(.*?)```\n\n!\[[^\]]+\]\(([\w-]+\.png)\)", re.DOTALL)


def pictures() -> Iterator[tuple[str, list[str]]]:
    """Yield the name of each picture, and the commands that draw it."""
    for page in sorted(MANUAL.glob("*.md")):
        for session, name in SESSION.findall(page.read_text()):
            yield name, re.findall(r"^\$ (.*)$", session, re.MULTILINE)


def draw(folder: Path, commands: list[str]) -> None:
    """Run commands in a folder, with this Python's gradcli."""
    for command in commands:
        words = command.replace("gradcli ", f"{sys.executable} -m gradcli ", 1)
        subprocess.run(words, shell=True, cwd=folder, check=True)


def main() -> None:
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        shutil.copytree(SAMPLES, folder / "sample_data")
        for name, commands in pictures():
            draw(folder, commands)
            shutil.copy(folder / name, MANUAL / name)
            print(f"{MANUAL.name}/{name}: {(MANUAL / name).stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
