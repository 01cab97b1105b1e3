"""Tracks that arrive get what they get in a file, in whatever portions they come."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from gradcli.numerics.live_tracks import LiveTracks, make_live_track_stencil
from gradcli.numerics.schemes import Scheme
from gradcli.numerics.track_spacing import track_spacing
from gradcli.numerics.track_stencils import make_track_stencil, margin_of
from gradcli.numerics.tracks import Tracks

SCHEMES = [Scheme(), Scheme(1, 4, 4), Scheme(2, 2, 2, edges="missing"), Scheme(edge_order=2)]


@settings(max_examples=40, deadline=None)
@given(
    lengths=st.lists(st.integers(1, 12), min_size=2, max_size=5).filter(lambda n: max(n) > 5),
    scheme=st.sampled_from(SCHEMES),
    portions=st.lists(st.integers(1, 9), min_size=60, max_size=60),
    seed=st.integers(0, 999),
)
def test_portions_do_not_matter(
    lengths: list[int], scheme: Scheme, portions: list[int], seed: int
) -> None:
    rng = np.random.default_rng(seed)
    x = np.concatenate([np.cumsum(rng.uniform(0.1, 1, n)) for n in lengths])
    values, starts = rng.normal(size=len(x)), np.cumsum([0, *lengths])
    whole = make_track_stencil(
        "t", track_spacing("t", Tracks(len(x), starts), x, 2.0**-52), scheme, margin_of([scheme])
    )
    wanted = np.empty(len(x))
    whole.apply(np.take(values, np.arange(len(x))), slice(0, len(x)), 0, wanted)
    tracks = LiveTracks()
    stencil = make_live_track_stencil("t", tracks, scheme)
    got, done, come = np.full(len(x), np.inf), 0, 0
    for portion in portions:
        part = slice(come, min(come + portion, len(x)))
        cuts = [int(start) - come for start in starts[1:-1] if part.start <= start < part.stop]
        assert tracks.extend(x[part], cuts) is None
        come = part.stop
        if come == len(x):
            tracks.end()
        ready = done
        while ready < come and stencil.reach(slice(done, ready + 1)).stop <= come:
            ready += 1
        if ready > done:
            reads = stencil.reach(slice(done, ready))
            stencil.apply(values[reads], slice(done, ready), 0, got[done:ready])
            done = ready
        tracks.forget(min(stencil.reach(slice(done, 2**62)).start, done))
        if come == len(x):
            break
    assert done == len(x)
    np.testing.assert_allclose(got, wanted, rtol=1e-9, atol=1e-9)
    assert len(tracks._starts) == 1
    notes = "; ".join(stencil.notes(len(x)))
    assert f"{len(lengths)} tracks came" in notes
