"""What all tests share."""

from __future__ import annotations

import gc
import importlib.util
import os
import sys
from collections.abc import Generator, Iterator
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING
from zlib import crc32

import netCDF4  # noqa: F401  its HDF5 library has to load before that of h5py
import pytest
from _pytest.doctest import DoctestModule

from tests.places import SAMPLES

if TYPE_CHECKING:
    from tests.buckets import Bucket

# Compiled modules are kept whatever the environment says: to rewrite the assertions of two hundred
# files takes most of the time of collecting them, and processes that tests start compile gradcli.
sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)


def pytest_xdist_auto_num_workers() -> int:
    """Run one process more than there are cores: many tests wait for what they have started."""
    return (os.cpu_count() or 1) + 1


def pytest_collection() -> None:
    """Look for no garbage while tests are collected: it takes a fifth of the time."""
    gc.disable()


def pytest_collection_finish() -> None:
    """Spare the collector thousands of tests, which live as long as the process does."""
    gc.enable()
    gc.freeze()


@pytest.hookimpl(wrapper=True)
def pytest_collect_file() -> Generator[None, list[pytest.Collector], list[pytest.Collector]]:
    """Look for examples in gradcli alone: those of tests would be imported, benchmarks included."""
    found = yield
    return [each for each in found if not isinstance(each, DoctestModule)]


@pytest.fixture(scope="session")
def s3() -> Iterator[str]:
    """Return the address of an S3 server on loopback, of which a process starts one at most."""
    from tests.buckets import s3_server

    with s3_server() as address:
        yield address


@pytest.fixture
def bucket(s3: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Bucket:
    """Return an empty bucket; this process finds the server by its environment."""
    from tests.buckets import Bucket, use

    made = Bucket(s3, f"bucket-{crc32(request.node.nodeid.encode())}")
    use(monkeypatch, made.environment)
    return made


@pytest.fixture(scope="session")
def samples() -> Path:
    """Return the folder of sample files, which no test writes to."""
    return SAMPLES


@pytest.fixture(scope="session")
def sample_functions() -> ModuleType:
    """Return sample_data/make.py, which knows the exact derivatives."""
    spec = importlib.util.spec_from_file_location("sample_make", SAMPLES / "make.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["sample_make"] = module
    spec.loader.exec_module(module)
    return module
