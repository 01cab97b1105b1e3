"""Grids as gnuplot writes them: matrices with coordinates, and blocks between blank lines."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest

import gradcli
from gradcli.formats.csv.head import Asked, start_of
from gradcli.formats.csv.lines import lines_of

X, Y = [0, 0.5, 1.5, 2], [0, 1, 2]
VALUES = np.array([[x * x + y for x in X] for y in Y])
BLOCKS = "\n".join("".join(f"{x} {y} {x * x + y}\n" for y in Y) for x in X)
COUNTED = "4 0 0.5 1.5 2\n" + "".join(
    f"{y} " + " ".join(map(str, row)) + "\n" for y, row in zip(Y, VALUES.tolist(), strict=True)
)


def test_a_matrix_with_its_size_in_the_corner_has_coordinates(tmp_path: Path) -> None:
    path = tmp_path / "a.dat"
    path.write_text(COUNTED)
    report = gradcli.differentiate(path, tmp_path / "out.npy", axis=1)
    np.testing.assert_allclose(np.load(tmp_path / "out.npy"), np.gradient(VALUES, X, axis=1))
    assert report.notes[0] == (
        "line 1 is read as the size and the coordinates of a matrix; "
        "csv_layout='matrix', if it is a row"
    )


@pytest.mark.parametrize(
    ("coords", "first"), [(None, "3 0.5 1.5 2"), ({"1": "3,1,0.5,0"}, "3 1.0 0.5 0.0")]
)
def test_the_corner_of_a_part_is_the_size_of_the_part(
    tmp_path: Path, coords: dict[str, str] | None, first: str
) -> None:
    (tmp_path / "a.dat").write_text(COUNTED)
    out = tmp_path / "out.dat"
    gradcli.differentiate(tmp_path / "a.dat", out, axis=0, isel={"1": (1, 4)}, coords=coords)
    assert out.read_text().split("\n")[0] == first
    if coords is None:
        assert start_of(lines_of(out.read_text()), Asked()).layout == "crosstab"


@pytest.mark.parametrize(
    ("text", "layout", "note"),
    [
        ("3 0 1 2\n0 5 6 7\n1 6 7 8\n", "crosstab", "--csv-layout matrix"),
        ("3 9 8 7\n9 5 6 7\n8 6 7 8\n", "crosstab", "--csv-layout matrix"),
        ("3 4 5 6\n4 5 6 7\n5 6 7 8\n", "matrix", "--csv-layout crosstab"),
        ("3 0 1 2\n4 5 6 7\n5 6 7 8\n", "matrix", "--csv-layout crosstab"),
        ("2 0 1 2\n0 5 6 7\n1 6 7 8\n", "matrix", ""),
        ("2 0 1\n0 5 6\n1 6 7\n", "matrix", ""),
        ("3,0,1,2\n0,5,6,7\n1,6,7,8\n", "matrix", ""),
        ("3 0 1 1\n0 5 6 7\n1 6 7 8\n", "matrix", ""),
        ("3 0 1 2\n0 5 6 7\n0 6 7 8\n", "matrix", ""),
        ("3 0 1 2\n", "matrix", ""),
    ],
)
def test_what_may_be_a_row_is_said(text: str, layout: str, note: str) -> None:
    start = start_of(lines_of(text), Asked())
    assert start.layout == layout
    assert [note in each for each in start.notes] == [True] * bool(note)


@pytest.mark.parametrize("suffix", ["dat", "dat.gz"])
def test_blocks_that_are_a_grid_are_one(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a.{suffix}"
    data = ("# x y z\n" + BLOCKS).encode()
    path.write_bytes(gzip.compress(data) if suffix.endswith("gz") else data)
    gradcli.differentiate(path, tmp_path / "out.npz", axis="x")
    found = np.load(tmp_path / "out.npz")["dz_dx"]
    np.testing.assert_allclose(found, np.gradient(VALUES.T, X, axis=0))


def test_blocks_without_names_are_told_to_be_a_grid(tmp_path: Path) -> None:
    (tmp_path / "a.dat").write_text(BLOCKS)
    note = "its blocks are a grid with the coordinates in columns 0 and 1; header='none' reads"
    report = gradcli.differentiate(tmp_path / "a.dat", tmp_path / "out.dat", axis=0)
    assert any(note in each for each in report.notes)
    given = {"header": "none", "axis": "c0"}
    report = gradcli.differentiate(tmp_path / "a.dat", tmp_path / "out.npz", **given)
    assert not any(note in each for each in report.notes)
    found = np.load(tmp_path / "out.npz")["dc2_dc0"]
    np.testing.assert_allclose(found, np.gradient(VALUES.T, X, axis=0))


def test_blocks_that_are_no_grid_are_tracks(tmp_path: Path) -> None:
    (tmp_path / "a.dat").write_text("# x y z\n" + BLOCKS.removesuffix("2 2 6\n"))
    report = gradcli.differentiate(tmp_path / "a.dat", tmp_path / "out.dat", axis="y", var="z")
    assert any("4 tracks between blank lines" in note for note in report.notes)
