"""What blocks share is made once, and forgotten where room is short."""

from __future__ import annotations

import pickle
from concurrent.futures import ThreadPoolExecutor

import pytest

from gradcli.geometry.recent import Recent


@pytest.mark.parametrize("alone", [False, True])
def test_the_last_things_are_kept_as_far_as_they_fit(alone: bool) -> None:
    made: list[int] = []
    recent: Recent[int] = Recent(10, alone)

    def get(key: int, size: int = 4) -> int:
        return recent.get(key, size, lambda: made.append(key) or key * key)

    assert [get(key) for key in (1, 2, 1, 2, 3, 3, 2, 1)] == [1, 4, 1, 4, 9, 9, 4, 1]
    assert made == [1, 2, 3, 1]
    assert (get(7, 11), get(7, 11)) == (49, 49)
    assert made == [1, 2, 3, 1, 7, 7]
    assert pickle.loads(pickle.dumps(recent)).get(3, 4, lambda: 5) == 5


@pytest.mark.parametrize("alone", [False, True])
def test_threads_make_a_thing_once(alone: bool) -> None:
    made: list[int] = []
    recent: Recent[int] = Recent(100, alone)
    with ThreadPoolExecutor(4) as pool:
        keys = [key % 5 for key in range(40)]
        found = pool.map(lambda k: recent.get(k, 1, lambda: made.append(k) or k), keys)
        assert list(found) == keys
    assert sorted(made) == list(range(5))
