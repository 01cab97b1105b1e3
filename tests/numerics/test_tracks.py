"""Which rows belong to which track, and in which order."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gradcli.errors import InputError
from gradcli.numerics.track_spacing import track_spacing
from gradcli.numerics.tracks import in_order, tracks_of

IDS = st.lists(st.integers(-1, 4), min_size=1, max_size=30).map(np.array)


@settings(max_examples=60, deadline=None)
@given(ids=IDS, margin=st.integers(0, 5), data=st.data())
def test_every_row_is_where_its_track_says(ids: np.ndarray, margin: int, data) -> None:
    none = ids < 0
    tracks = tracks_of(ids, none, "")
    assert tracks.lengths.sum() == (~none).sum()
    assert (tracks.lengths > 0).all()
    every = np.arange(len(ids))
    places = tracks.places_of(slice(0, len(ids)))
    assert ((places < 0) == none).all()
    assert (tracks.rows_at(places[~none]) == every[~none]).all()
    owners = tracks.of(places[~none])
    assert (tracks.names[owners] == ids[~none]).all()
    some = places[np.array(data.draw(st.lists(st.sampled_from(range(len(ids))), unique=True)), int)]
    some = some[some >= 0]
    near = tracks.around(some, margin)
    wanted = [
        place
        for place in range(int(tracks.starts[-1]))
        if any(abs(place - one) <= margin and tracks.of(place) == tracks.of(one) for one in some)
    ]
    assert near.tolist() == wanted
    first, stop = sorted(data.draw(st.tuples(*(st.integers(0, len(ids)),) * 2)))
    part, alone = tracks.select(first, stop), tracks_of(ids[first:stop], none[first:stop], "")
    mine = {int(name): tracks.rows_at(np.arange(a, b)) for name, a, b in _parts(tracks)}
    assert {
        name: rows[(rows >= first) & (rows < stop)].tolist() for name, rows in mine.items()
    } == {name: [] for name in mine} | {
        int(name): (part.rows_at(np.arange(a, b)) + first).tolist() for name, a, b in _parts(part)
    }
    assert sorted(part.lengths) == sorted(alone.lengths)


def _parts(tracks) -> list[tuple]:
    return list(zip(tracks.names, tracks.starts, tracks.starts[1:], strict=False))


@settings(max_examples=40, deadline=None)
@given(ids=IDS, seed=st.integers(0, 999))
def test_sorting_stays_within_tracks(ids: np.ndarray, seed: int) -> None:
    x = np.random.default_rng(seed).integers(-9, 9, len(ids)) * 1.0
    tracks = tracks_of(ids, ids < 0, "")
    made = in_order(tracks, x)
    for (_, a, b), (_, c, d) in zip(_parts(tracks), _parts(made), strict=True):
        before, after = tracks.rows_at(np.arange(a, b)), made.rows_at(np.arange(c, d))
        assert sorted(before) == sorted(after)
        steps = np.diff(x[after])
        assert (steps >= 0).all() or (before == after).all()


def test_errors_name_the_track_and_its_row() -> None:
    tracks = tracks_of(np.array(["a", "b", "b"]), None, "")
    with pytest.raises(InputError, match=r"track b \(from row 1\): axis t: the coordinate 1.0 at"):
        track_spacing("t", tracks, np.array([0.0, 1.0, 1.0]), 0.0)
