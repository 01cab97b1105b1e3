"""Every track gets what an axis of its own gets, wherever its rows lie."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from gradcli.errors import InputError
from gradcli.numerics.adapt import AdaptingStencil, Counts
from gradcli.numerics.assemble import make_stencil
from gradcli.numerics.coordinates import fit_spacing
from gradcli.numerics.dtypes import real_view
from gradcli.numerics.schemes import Scheme, checked_scheme
from gradcli.numerics.track_spacing import track_spacing
from gradcli.numerics.track_stencils import (
    AdaptingTrackStencil,
    TrackStencil,
    make_track_stencil,
    margin_of,
)
from gradcli.numerics.tracks import Tracks, tracks_of
from gradcli.record import replace

SCHEMES = [
    Scheme(),
    Scheme(edge_order=2),
    Scheme(2, 2, 2, yields=True),
    Scheme(1, 4, 4),
    Scheme(3, 2, 2, edges="missing"),
    Scheme(1, 3, 3, side="forward"),
    Scheme(1, 2, 1, side="backward"),
    checked_scheme(1, None, None, "central", "one-sided", "propagate", "savgol:5,2"),
    Scheme(missing="adapt"),
    Scheme(1, 4, 2, missing="adapt"),
    Scheme(2, 2, 1, edges="missing", missing="adapt"),
]


def made(stencil, values: np.ndarray, rows: slice, axis: int = 0) -> tuple[np.ndarray, Counts]:
    """Derive a part of the rows from the rows that its stencil asks for."""
    if isinstance(stencil, TrackStencil) and stencil.gathers:
        read = values.take(stencil.reads(rows), axis)
        assert read.shape[axis] == stencil.reach(rows).stop - rows.start
    else:
        reach = stencil.reach(rows)
        read = values.take(np.arange(reach.start, reach.stop), axis)
    shape = (*values.shape[:axis], rows.stop - rows.start, *values.shape[axis + 1 :])
    out, counts = np.empty(shape, values.dtype), Counts()
    stencil.apply(real_view(read), rows, axis, real_view(out))
    if isinstance(stencil, AdaptingTrackStencil | AdaptingStencil):
        counts = stencil.adapt(read, rows, axis, out)
    return out, counts


@settings(max_examples=120, deadline=None)
@given(
    lengths=st.lists(st.integers(1, 14), min_size=1, max_size=6),
    seed=st.integers(0, 2**20),
    scheme=st.sampled_from(SCHEMES),
    apart=st.booleans(),
    kind=st.sampled_from(["f4", "f8", "c16"]),
    axis=st.integers(0, 1),
    wraps=st.booleans(),
)
# Steps of 0.1 that are equal up to rounding: the weights of a row at the end mirror each other.
@example([1, 9, 14, 8, 1], 46794, Scheme(1, 4, 2, missing="adapt"), False, "f4", 0, False)
def test_a_track_is_an_axis_of_its_own(
    lengths: list[int], seed: int, scheme: Scheme, apart: bool, kind: str, axis: int, wraps: bool
) -> None:
    rng = np.random.default_rng(seed)
    ids = np.repeat(rng.permutation(len(lengths)), lengths)
    x = np.concatenate([rng.choice([-1, 1]) * _nodes(rng, n) for n in lengths])
    if apart:
        where = np.argsort(rng.permutation(ids), kind="stable")
        ids[where], x[where] = (
            ids[np.argsort(ids, kind="stable")],
            x[np.argsort(ids, kind="stable")],
        )
    values = rng.normal(size=(3, len(ids)) if axis else (len(ids), 3)).astype(kind)
    if kind == "c16":
        values.imag = rng.normal(size=values.shape)
    values[rng.uniform(size=values.shape) < 0.1 * rng.integers(2)] = np.nan
    spacing = track_spacing("t", tracks_of(ids, None, "by id"), x, 2.0**-52)
    alone = {}
    for each in np.unique(ids):
        rows = np.flatnonzero(ids == each)
        alone[each] = _alone(x[rows], values.take(rows, axis), scheme, axis, wraps)
    try:
        stencil = make_track_stencil("t", spacing, scheme, margin_of([scheme]) + seed % 2)
    except InputError:
        assert all(one is None for one in alone.values())
        return
    if wraps:
        stencil = _wrapping(stencil)
    got, counts = made(stencil, values, slice(0, len(ids)), axis)
    total = Counts()
    for each, one in alone.items():
        part = got.take(np.flatnonzero(ids == each), axis)
        if one is None:
            assert np.isnan(part).all()
        else:
            np.testing.assert_array_equal(part, one[0])
            total = total.plus(one[1])
    assert counts == total
    cut = int(rng.integers(0, len(ids) + 1))
    parts = [made(stencil, values, rows, axis)[0] for rows in (slice(0, cut), slice(cut, len(ids)))]
    np.testing.assert_array_equal(np.concatenate(parts, axis), got)


def _nodes(rng: np.random.Generator, count: int) -> np.ndarray:
    """Return coordinates of steps that are equal, equal up to rounding, nearly so, or not."""
    steps = np.arange(count)
    kinds = (steps * 0.25, 1e3 + steps * 0.1, 1e3 + steps * 0.1 + rng.normal(size=count) * 1e-12)
    return (*kinds, np.cumsum(rng.uniform(0.1, 2, count)))[rng.integers(4)]


def _wrapping(stencil):
    return replace(stencil, wraps=1.5)


def _alone(x: np.ndarray, values: np.ndarray, scheme: Scheme, axis: int, wraps: bool):
    try:
        stencil = make_stencil("t", fit_spacing("t", x), scheme)
    except InputError:
        return None
    return made(_wrapping(stencil) if wraps else stencil, values, slice(0, len(x)), axis)


def test_no_track_is_long_enough() -> None:
    spacing = track_spacing("t", Tracks(3, np.array([0, 1, 2, 3])), np.zeros(3), 0.0)
    with pytest.raises(InputError, match=r"no track is long enough.* the longest has 1 of 2"):
        make_track_stencil("t", spacing, Scheme(), 1)


def test_a_million_short_tracks_take_seconds() -> None:
    tracks = Tracks(200_000, np.arange(0, 200_001, 4))
    spacing = track_spacing("t", tracks, None, 0.0, step=2.0)
    stencil = make_track_stencil("t", spacing, Scheme(), 2)
    rows = slice(0, 200_000)
    values = np.arange(200_000.0) ** 2
    got, _ = made(stencil, values, rows)
    np.testing.assert_allclose(got.reshape(-1, 4)[:, 1], values.reshape(-1, 4)[:, 1] ** 0.5)


def test_tracks_of_extreme_steps_keep_float32() -> None:
    x = np.concatenate([np.arange(5) * 1e-30, np.arange(5) * 1e30])
    spacing = track_spacing("t", Tracks(10, np.array([0, 5, 10])), x, 2.0**-52)
    stencil = make_track_stencil("t", spacing, Scheme(), 1)
    got, _ = made(stencil, np.tile(np.arange(5, dtype="f4"), 2), slice(0, 10))
    np.testing.assert_allclose(got, np.repeat([1e30, 1e-30], 5), rtol=1e-6)
