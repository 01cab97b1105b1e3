"""Tracks as files declare them, as options name them, and what is refused of them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import h5py
import netCDF4
import numpy as np
import pytest

import gradcli
from gradcli.errors import GradcliError, InputError, UsageError

LENGTHS = (6, 1, 9, 2, 40)
Write = Callable[..., Path]


def ragged(
    path: Path, kind: str = "lengths", beside: tuple[int, ...] = (), seed: int = 3, **more
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Write profiles one behind another, or mixed; return their ids, depths and values."""
    rng = np.random.default_rng(seed)
    ids = np.repeat(np.arange(len(LENGTHS)), LENGTHS)
    depth = np.concatenate([np.cumsum(rng.uniform(0.5, 2, n)) for n in LENGTHS])
    if kind != "lengths":
        order = rng.permutation(len(ids)) if more.pop("shuffled", False) else _mixed(rng, ids)
        ids, depth = ids[order], depth[order]
    values = rng.normal(size=(len(ids), *beside))
    with netCDF4.Dataset(path, "w") as file:
        file.createDimension("cast", len(LENGTHS))
        file.createDimension("obs", len(ids))
        for place, size in enumerate(beside):
            file.createDimension(f"n{place}", size)
        named = tuple(f"n{place}" for place in range(len(beside)))
        if kind == "lengths":
            file.createVariable("row_size", "i4", ("cast",))[:] = LENGTHS
            file["row_size"].sample_dimension = "obs"
        else:
            file.createVariable("cast_of", "i4", ("obs",))[:] = ids
            if kind == "numbers":
                file["cast_of"].instance_dimension = "cast"
        file.createVariable("cast", "i4", ("cast",))[:] = 10 + np.arange(len(LENGTHS))
        file["cast"].cf_role = "profile_id"
        file.createVariable("depth", "f8", ("obs",))[:] = depth
        file["depth"].setncatts({"axis": "Z", "units": "m"})
        var = file.createVariable("temp", "f8", ("obs", *named), zlib=bool(beside))
        var[:] = values
        var.coordinates = "depth"
    return ids, depth, values


def _mixed(rng: np.random.Generator, ids: np.ndarray) -> np.ndarray:
    """Mix the rows of tracks, each of which keeps its own order."""
    order = np.empty(len(ids), int)
    order[np.argsort(rng.permutation(ids), kind="stable")] = np.arange(len(ids))
    return order


def wanted(ids: np.ndarray, x: np.ndarray, values: np.ndarray, edge: int = 1) -> np.ndarray:
    """Differentiate each track by itself, in the order of its coordinate."""
    out = np.full(values.shape, np.nan)
    for each in np.unique(ids):
        rows = np.flatnonzero(ids == each)
        rows = rows[np.argsort(x[rows])]
        if len(rows) > edge:
            out[rows] = np.gradient(values[rows], x[rows], axis=0, edge_order=edge)
    return out


def derived(path: Path, **options) -> tuple[np.ndarray, gradcli.Report]:
    out = path.with_name("out.nc")
    report = gradcli.differentiate(
        path, out, overwrite=True, **{"axis": "z", "var": "temp"} | options
    )
    with netCDF4.Dataset(out) as file:
        name = next(name for name in file.variables if name.startswith("dtemp"))
        return np.ma.filled(file[name][:], np.nan), report


@pytest.mark.parametrize("by", [None, "row_size", "cast", "obs"])
def test_lengths_of_profiles_keep_them_apart(tmp_path: Path, by: str | None) -> None:
    ids, x, values = ragged(tmp_path / "f.nc")
    if by == "obs":
        with pytest.raises(UsageError, match="track variable"):
            derived(tmp_path / "f.nc", by=by)
        return
    made, report = derived(tmp_path / "f.nc", by=by)
    np.testing.assert_allclose(made, wanted(ids, x, values))
    told = "obs: 5 tracks by row_size, the longest of 40 points; no stencil crosses"
    assert any(told in note for note in report.notes) == (by is None)
    assert any("1 of 5 tracks has too few points" in note for note in report.notes)
    with netCDF4.Dataset(tmp_path / "out.nc") as file:
        assert {"row_size", "cast", "depth"} <= set(file.variables)
        assert "5 tracks by row_size" in file["dtemp_dz"].derivative_spacing


@pytest.mark.parametrize("beside", [(), (7,)])
def test_numbers_of_profiles_come_row_for_row(tmp_path: Path, beside: tuple[int, ...]) -> None:
    ids, x, values = ragged(tmp_path / "f.nc", "numbers", beside)
    made, _ = derived(tmp_path / "f.nc")
    np.testing.assert_allclose(made, wanted(ids, x, values))
    with netCDF4.Dataset(tmp_path / "f.nc", "a") as file:
        file["cast_of"][3] = np.ma.masked
    made, _ = derived(tmp_path / "f.nc", missing="adapt")
    assert np.isnan(made[3]).all()
    ids[3] = 99
    np.testing.assert_allclose(made, wanted(ids, x, values))


def test_an_unmarked_variable_is_asked_for_and_hinted_at(tmp_path: Path) -> None:
    ids, x, values = ragged(tmp_path / "f.nc", "plain")
    with pytest.raises(InputError, match=r"change direction.*apart \(by='cast_of'\); sort="):
        derived(tmp_path / "f.nc")
    made, report = derived(tmp_path / "f.nc", by="cast_of", var=None)
    np.testing.assert_allclose(made, wanted(ids, x, values))
    assert [variable["name"] for variable in report.variables] == ["temp"]


def test_sorting_never_mixes_tracks(tmp_path: Path) -> None:
    ids, x, values = ragged(tmp_path / "f.nc", "numbers", (3,), shuffled=True)
    with pytest.raises(
        InputError, match=r"track 0 \(from row \d+\): axis obs: .* change direction"
    ):
        derived(tmp_path / "f.nc")
    made, report = derived(tmp_path / "f.nc", sort=True, edge_order=2)
    whole = wanted(ids, x, values, 2)
    np.testing.assert_allclose(made, whole)
    assert any("each track is sorted" in note for note in report.notes)


def test_a_part_of_the_rows_keeps_its_tracks(tmp_path: Path) -> None:
    ids, x, values = ragged(tmp_path / "f.nc", "numbers")
    made, _ = derived(tmp_path / "f.nc", isel={"obs": slice(5, 40)})
    inside = slice(5, 40)
    whole, cut = wanted(ids, x, values)[inside], wanted(ids[inside], x[inside], values[inside])
    assert np.isclose(made, whole, equal_nan=True).all() or np.allclose(made, cut, equal_nan=True)


@pytest.mark.parametrize("keep", [False, True])
def test_a_part_keeps_the_lengths_of_its_tracks(tmp_path: Path, keep: bool) -> None:
    ids, x, values = ragged(tmp_path / "f.nc")
    made, _ = derived(tmp_path / "f.nc", isel={"obs": slice(4, 17)}, keep=keep)
    np.testing.assert_allclose(made, wanted(ids, x, values)[4:17])
    with netCDF4.Dataset(tmp_path / "out.nc") as file:
        assert file["row_size"][:].tolist() == [2, 1, 9, 1, 0]
        assert file["row_size"].sample_dimension == "obs"
    if keep:  # The part can be differentiated again: its tracks are those of its rows.
        again = gradcli.differentiate(
            tmp_path / "out.nc", tmp_path / "again.nc", axis="z", var="temp"
        )
        assert any("tracks by row_size" in note for note in again.notes)


def test_other_axes_and_mixed_derivatives(tmp_path: Path) -> None:
    ids, x, values = ragged(tmp_path / "f.nc", "numbers", (6,))
    report = gradcli.differentiate(
        tmp_path / "f.nc", tmp_path / "h.nc", axis="z,n0", operator="hessian", also="gradient"
    )
    with netCDF4.Dataset(tmp_path / "h.nc") as file:
        made = {name: np.ma.filled(file[name][:], np.nan) for name in file.variables}
    across = np.gradient(values, axis=1)
    np.testing.assert_allclose(made["dtemp_dn0"], across)
    np.testing.assert_allclose(made["dtemp_dz"], wanted(ids, x, values))
    assert np.isfinite(made["d2temp_dzdn0"]).sum() > 0
    assert not any("next to gaps" in note for note in report.notes)
    values[7, 2] = np.nan
    with netCDF4.Dataset(tmp_path / "f.nc", "a") as file:
        file["temp"][7, 2] = np.nan
    report = gradcli.differentiate(
        tmp_path / "f.nc", tmp_path / "a.nc", axis="z,n0", operator="hessian", missing="adapt"
    )
    assert any("next to gaps mixed derivatives" in note for note in report.notes)
    with netCDF4.Dataset(tmp_path / "a.nc") as file:
        adapted = np.ma.filled(file["d2temp_dzdn0"][:], np.nan)
    there = np.isfinite(adapted)
    np.testing.assert_allclose(adapted[there], made["d2temp_dzdn0"][there])


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        ({"by": "nothing"}, UsageError, "unknown track variable 'nothing'|track variable"),
        ({"by": "cast_of", "axis": "n0"}, UsageError, "no other variable is differentiated"),
        ({"by": "cast_of", "periodic": {"z": 9.0}}, UsageError, "do not close on themselves"),
        ({"by": "temp"}, UsageError, "no other variable is differentiated"),
    ],
)
def test_what_names_no_tracks_is_refused(
    tmp_path: Path, options: dict, error: type[GradcliError], words: str
) -> None:
    ragged(tmp_path / "f.nc", "plain", (4,))
    with pytest.raises(error, match=words):
        derived(tmp_path / "f.nc", **options)


@pytest.mark.parametrize(
    ("lengths", "words"),
    [
        ((6, 1, 9, 2, 41), "row_size: its tracks have 59 points together, but obs has 58"),
        ((6, -1, 11, 2, 40), "row_size: its value at index 1 is -1"),
    ],
)
def test_lengths_that_do_not_fit_are_refused(
    tmp_path: Path, lengths: tuple[int, ...], words: str
) -> None:
    ragged(tmp_path / "f.nc")
    with netCDF4.Dataset(tmp_path / "f.nc", "a") as file:
        file["row_size"][:] = lengths
    with pytest.raises(InputError, match=words):
        derived(tmp_path / "f.nc")
    np.savez(tmp_path / "f.npz", f=np.zeros(5), ids=np.zeros(4))
    with pytest.raises(InputError, match="4 values for the 5 points"):
        gradcli.differentiate(tmp_path / "f.npz", var="f", axis="0", by="ids")


def test_tracks_that_are_all_too_short_are_refused(tmp_path: Path) -> None:
    np.savez(tmp_path / "f.npz", f=np.zeros(5), ids=np.arange(5))
    with pytest.raises(InputError, match="no track is long enough"):
        gradcli.differentiate(tmp_path / "f.npz", var="f", axis="0", by="ids")


WORDS = np.array(["b", "a", "b", "é, c", "b", "a", ""])
TIMES = np.array([0.0, 0, 1, 0, 3, 2, 0])
VALUES = np.array([0.0, 5, 1, 7, 7, 9, 1])


@pytest.mark.parametrize("kind", ["npz", "npy", "strings.h5", "strings.nc", "characters.nc"])
def test_words_tell_tracks_apart_in_every_format(tmp_path: Path, kind: str) -> None:
    path, axis = tmp_path / f"f.{kind}", "t"
    if kind == "npz":
        np.savez(path, id=WORDS, t=TIMES, f=VALUES)
    elif kind == "npy":
        record = np.zeros(7, [("id", "U4"), ("t", "f8"), ("f", "f8")])
        record["id"], record["t"], record["f"] = WORDS, TIMES, VALUES
        np.save(path, record)
        np.save(tmp_path / "t.npy", TIMES)
        axis = "0"
    elif kind.endswith("h5"):
        with h5py.File(path, "w") as file:
            file["id"], file["t"], file["f"] = WORDS.astype(object), TIMES, VALUES
    else:
        with netCDF4.Dataset(path, "w") as file:
            file.createDimension("t", 7)
            file.createDimension("letters", 8)
            file.createVariable("t", "f8", ("t",))[:] = TIMES
            file.createVariable("f", "f8", ("t",))[:] = VALUES
            if kind.startswith("strings"):
                file.createVariable("id", str, ("t",))[:] = WORDS.astype(object)
            else:
                coded = np.array([word.encode() for word in WORDS], "S8")
                file.createVariable("id", "S1", ("t", "letters"))[:] = coded.view("S1").reshape(
                    7, 8
                )
    coords = {"0": str(tmp_path / "t.npy")} if kind == "npy" else None
    if kind != "npy":
        with pytest.raises(
            InputError, match=r"several tracks, say what tells them apart \(by='id'\)"
        ):
            gradcli.differentiate(path, axis=axis, var="f", duplicates="first")
    report = gradcli.differentiate(
        path, tmp_path / "o.npz", axis=axis, var="f", by="id", coords=coords
    )
    with np.load(tmp_path / "o.npz") as found:
        made = found[next(name for name in found.files if name.startswith("df"))]
    np.testing.assert_allclose(made, [1, 2, 5 / 3, np.nan, 3, 2, np.nan])
    assert any("1 row without id" in note for note in report.notes)


def test_two_axes_that_fit_are_told_apart(tmp_path: Path) -> None:
    np.savez(tmp_path / "f.npz", f=np.arange(16.0).reshape(4, 4), ids=np.array([0, 0, 1, 1]))
    with pytest.raises(UsageError, match=r"may lie along 0 and 1 of f; choose by axis="):
        gradcli.differentiate(tmp_path / "f.npz", var="f", by="ids")
    gradcli.differentiate(tmp_path / "f.npz", tmp_path / "o.npz", var="f", by="ids", axis="1")
    with np.load(tmp_path / "o.npz") as found:
        assert (found["df_d1"] == 1).all()


def test_what_tells_tracks_apart_is_said_if_nothing_else_is_there(tmp_path: Path) -> None:
    def refused(path: Path, **given) -> str:
        with pytest.raises((InputError, UsageError)) as caught:
            gradcli.differentiate(path, tmp_path / "out.h5", by="T", **given)
        return str(caught.value)

    (tmp_path / "a.csv").write_text("T,t,w\n1,0,a\n1,1,a\n2,2,a\n")
    told = refused(tmp_path / "a.csv", axis="t")
    assert told.endswith(
        "no column of numbers besides its coordinate and what tells tracks apart (by='T')"
    )
    (tmp_path / "b.csv").write_text("T\n1\n1\n2\n")
    assert "no column of numbers besides what tells tracks" in refused(tmp_path / "b.csv", axis=0)
    np.savez(tmp_path / "c.npz", T=np.array([1.0, 1.0, 2.0]))
    assert "no variable to differentiate besides T, which" in refused(tmp_path / "c.npz")
    np.savez(tmp_path / "d.npz", T=np.array([1.0, 1.0, 2.0]), t=np.arange(3.0))
    told = refused(tmp_path / "d.npz", axis="t")
    assert "no other variable is differentiated along its axis" in told
