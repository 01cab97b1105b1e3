"""What the tests of the command share: ``shell`` runs it, ``inputs`` are the files it is given."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests.cli.inputs import make_inputs, make_sparse
from tests.cli.shell import Shell


@pytest.fixture
def shell(tmp_path: Path, inputs: Path) -> Shell:
    return Shell(tmp_path, inputs)


@pytest.fixture(scope="session")
def pool() -> Iterator[Executor]:
    """Return threads on which a module may start many commands at once."""
    with ThreadPoolExecutor(os.cpu_count() or 1) as threads:
        yield threads
        threads.shutdown(cancel_futures=True)


@pytest.fixture(scope="session")
def ahead(
    pool: Executor, tmp_path_factory: pytest.TempPathFactory, inputs: Path
) -> Callable[[Any], dict[str, Any]]:
    """Return what starts every step of a table, each in a shell of its own, before it is asked."""

    def start(table: dict[str, Callable[[Shell], Any]]) -> dict[str, Any]:
        folder = tmp_path_factory.mktemp("ahead")
        shells = {}
        for number, name in enumerate(table):
            (folder / str(number)).mkdir()
            shells[name] = Shell(folder / str(number), inputs)
        return {name: pool.submit(step, shells[name]) for name, step in table.items()}

    return start


@pytest.fixture(scope="module")
def common(tmp_path_factory: pytest.TempPathFactory, inputs: Path) -> Shell:
    """Return a shell that tests of a module share; what they run must not meet."""
    return Shell(tmp_path_factory.mktemp("common"), inputs)


@pytest.fixture(scope="session")
def inputs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder of small inputs, one maker each below; nothing is written there."""
    folder = tmp_path_factory.mktemp("inputs")
    make_inputs(folder)
    return folder


@pytest.fixture(scope="session")
def sparse(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Return an NPY array of 77 MB that takes no room on the disk."""
    path = tmp_path_factory.mktemp("sparse") / "big.npy"
    make_sparse(path)
    yield path
    path.unlink()
