"""Which errors say that memory has run out; tests/cli/test_memory.py limits real runs."""

from __future__ import annotations

import errno
import resource
from collections.abc import Iterator

import pytest

from gradcli.errors import InputError
from gradcli.system import limits
from gradcli.system.limits import LEAST, MIB, capped, explained, is_exhaustion

UNLIMITED = resource.getrlimit(resource.RLIMIT_AS)[0] == resource.RLIM_INFINITY
LIMIT = 2**40


@pytest.fixture
def limited() -> Iterator[None]:
    """Limit this process, far above what it takes."""
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    if hard != resource.RLIM_INFINITY:
        pytest.skip("the address space is limited already")
    resource.setrlimit(resource.RLIMIT_AS, (LIMIT, hard))
    yield
    resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (MemoryError(), True),
        (OSError(errno.ENOMEM, "no"), True),
        (RuntimeError("can't start new thread"), True),
        (ImportError("x.so: failed to map segment from shared object"), True),
        (ValueError("Unable to allocate 3 GiB"), True),
        (OSError(errno.ENOSPC, "No space left on device"), False),
        (ValueError("memory is fine"), False),
        (KeyboardInterrupt(), False),
    ],
)
def test_signs_of_exhaustion(error: BaseException, says: bool) -> None:
    assert is_exhaustion(error) is says


def test_what_an_error_came_from_counts() -> None:
    error = ValueError("bad")
    error.__cause__ = MemoryError()
    assert is_exhaustion(error)


@pytest.mark.skipif(not UNLIMITED, reason="the address space is limited")
def test_an_error_of_a_file_stands_where_nothing_limits_the_process() -> None:
    assert not is_exhaustion(InputError("unable to allocate"))
    assert capped(MIB, 4, ()) == MIB
    assert "ulimit" not in explained(MemoryError(), 1, (), 64 * MIB)


def test_an_error_of_a_file_may_be_the_limits(limited: None) -> None:
    assert is_exhaustion(InputError("unable to allocate"))
    line = explained(MemoryError(), 3, (), 64 * MIB)
    assert f"--memory {LEAST // MIB}MiB --jobs 1 takes less" in line
    assert "3 threads" in line
    assert "ulimit -v" in line


def test_blocks_get_half_of_what_threads_and_libraries_leave(limited: None) -> None:
    alone = capped(LIMIT, 1, ())
    assert alone < LIMIT // 2
    assert alone - capped(LIMIT, 3, ()) == pytest.approx(limits.STACK, abs=8 * MIB)
    library = ("no_such_library", 64 * MIB, 0)
    assert alone - capped(LIMIT, 1, {library, None}) == pytest.approx(32 * MIB, abs=8 * MIB)
    loaded = ("numpy", 64 * MIB, 0)
    assert alone - capped(LIMIT, 1, {loaded}) == pytest.approx(0, abs=8 * MIB)
