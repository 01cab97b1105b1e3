"""What a process that is watched tells, and what one that is not keeps to itself."""

from __future__ import annotations

import signal
import threading
from pathlib import Path

from gradcli.system.watch import Watched


def test_names_are_told_to_the_one_that_watches() -> None:
    told: list[str] = []
    Watched(told.append).tell_name("x")
    Watched().tell_name("y")
    assert told == ["x"]


def test_a_command_searches_a_folder_once_and_python_users_keep_nothing() -> None:
    watched, alone = Watched(lambda _: None), Watched()
    assert [watched.has_swept("a"), watched.has_swept("b"), watched.has_swept("a")] == [
        False,
        False,
        True,
    ]
    assert not alone.has_swept("a")
    assert not alone.has_swept("a")
    assert alone.swept == set()


def test_a_library_gets_time_for_a_file_and_the_clock_is_stopped(tmp_path: Path) -> None:
    path = tmp_path / "f"
    path.write_bytes(bytes(2**20))
    with Watched(lambda _: None).within_bounds(str(path)):
        left, _ = signal.getitimer(signal.ITIMER_PROF)
        # Each thread has its share; other tests may have left some. The kernel rounds up to ticks.
        assert 6 < left / threading.active_count() < 20.1
    assert signal.getitimer(signal.ITIMER_PROF) == (0, 0)
    with Watched().within_bounds(str(path)):
        assert signal.getitimer(signal.ITIMER_PROF) == (0, 0)
