"""Tracks in tables: what tells them apart, and what does not."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import gradcli
from gradcli.errors import GradcliError, InputError, UsageError
from gradcli.formats.csv.text import TextFile
from gradcli.formats.csv.tracks import RowTracks


def derived(folder: Path, text: str | bytes, **options) -> tuple[list[str], gradcli.Report]:
    path = folder / "f.csv"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    given = {"axis": "t", "overwrite": True, **options}
    report = gradcli.differentiate(path, folder / "out.csv", **given)
    return (folder / "out.csv").read_text().splitlines(), report


MIXED = "id,t,x\na,0,0\nb,0,5\na,1,1\nb,2,9\n,1,7\na,2,4\nc,3,3\nb,3,8\n"


def test_results_come_row_for_row_with_what_tells_tracks_apart(tmp_path: Path) -> None:
    rows, report = derived(tmp_path, MIXED, by="id")
    assert rows == [
        "id,t,dx_dt", "a,0,1.0", "b,0,2.0", "a,1,2.0", "b,2,0.0", ",1,nan", "a,2,3.0",
        "c,3,nan", "b,3,-1.0",
    ]  # fmt: skip
    notes = "; ".join(report.notes)
    assert "1 row without id belong to no track" in notes
    assert "1 of 3 tracks has too few points" in notes
    rows, _ = derived(tmp_path, MIXED, by="id", keep=True)
    assert rows[1] == "a,0,0,1.0"
    assert all(row.startswith(old) for row, old in zip(rows, MIXED.splitlines(), strict=True))


@pytest.mark.parametrize(
    ("text", "options"),
    [
        ("id;t;x\n1,0;0;0\n1;1,5;3\n01;2;5\n2;0;7\n2;1;8\n", {}),
        ("id t x\n1 0 0\n1 1.5 3\n1 2 5\n2 0 7\n2 1 8\n", {}),
        ('id,t,x\n"a,b",0,0\n"a,b",1.5,3\n"a,b",2,5\n"a ""c""",0,7\n"a ""c""",1,8\n', {}),
        ("t,x,id\r\n0,0,é\r\n1.5,3, é\r\n2,5,é \r\n0,7,e\r\n1,8,e\r\n", {}),
        ("t,x\n0,0\n1.5,3\n2,5\n\n\n0,7\n1,8\n", {"by": None}),
        ("t,x\n\n0,0\n1.5,3\n# so\n2,5\n \n# far\n0,7\n1,8\n\n", {"by": None}),
        ('t,x,w\n0,0,"a\n\nb"\n1.5,3,"\n"\n2,5,c\n\n0,7,d\n1,8,e\n', {"by": None}),
    ],
)
def test_words_and_numbers_and_blank_lines_tell_tracks_apart(
    tmp_path: Path, text: str, options: dict
) -> None:
    rows, _ = derived(tmp_path, text, **{"by": "id", **options}, var="x")
    assert len([row for row in rows if row]) == 6
    gradcli.differentiate(
        tmp_path / "f.csv", tmp_path / "o.npz", axis="t", var="x", overwrite=True,
        **{"by": "id", **options},
    )  # fmt: skip
    with np.load(tmp_path / "o.npz") as found:
        np.testing.assert_allclose(found["dx_dt"], [2, 3.5, 4, 1, 1])


def test_rows_that_are_spaced_out_are_one_track(tmp_path: Path) -> None:
    text = "t,x\n\n" + "\n\n".join(f"{t},{t * t}" for t in range(5))
    rows, report = derived(tmp_path, text)
    assert [row.split(",")[1] for row in rows[1:]] == ["1.0", "2.0", "4.0", "6.0", "7.0"]
    assert not any("track" in note for note in report.notes)


def test_a_grid_whose_lines_are_blocks_is_a_grid(tmp_path: Path) -> None:
    lines = ["".join(f"{y},{t},{y * t}\n" for t in range(4)) for y in range(3)]
    rows, report = derived(tmp_path, "y,t,v\n" + "\n".join(lines), axis="y")
    assert any("read as a grid" in note for note in report.notes)
    assert rows[6] == "1,1,1.0"


def test_blank_lines_end_no_track_where_a_column_does(tmp_path: Path) -> None:
    rows, report = derived(tmp_path, "id,t,x\na,0,0\na,1,1\n\na,2,2\nb,0,5\nb,1,9\n", by="id")
    assert [row.rpartition(",")[2] for row in rows[1:]] == ["1.0", "1.0", "1.0", "4.0", "4.0"]
    assert any("blank lines do not end a track" in note for note in report.notes)


@pytest.mark.parametrize(
    ("text", "options", "error", "words"),
    [
        (MIXED, {"by": "Id"}, UsageError, "'Id'.*id"),
        (MIXED, {"by": "t"}, UsageError, "by.*is the axis"),
        (MIXED, {"by": "id", "axis": "0"}, UsageError, None),
        ("1,2\n3,4\n", {"by": "id", "axis": "0"}, UsageError, "columns of this file have no names"),
        (MIXED, {}, InputError, "repeats the one before|change direction"),
        (
            "id,t,x\na,0,1\na,1,1\na,1,2\n",
            {"by": "id", "duplicates": "mean"},
            InputError,
            r"track a: axis t: the coordinate 1\.0 at index 2 repeats.*come row for row",
        ),
        (MIXED, {"by": "id", "periodic": {"t": 9.0}}, UsageError, "do not close"),
        (MIXED, {"by": "id", "csv_layout": "long"}, UsageError, "grid in long form has no tracks"),
        (
            "id,t,x\na,0,1\na,2,1\na,1,1\n",
            {"by": "id"},
            InputError,
            r"track a \(from row 0\): axis t",
        ),
        ("t,x,w\n0,1,a\n1,2,a\n0,3,b\n", {}, InputError, r"apart \(by='w'\); sort=True puts"),
        ("t,x\n0,1\n1,2\n0,3\n", {}, InputError, r"then 0\.0\); sort=True puts"),
    ],
)
def test_what_is_refused(
    tmp_path: Path, text: str, options: dict, error: type[GradcliError], words: str | None
) -> None:
    if words is None:
        rows, _ = derived(tmp_path, text, **options, var="x")
        assert rows[1] == "a,1.0"
        return
    with pytest.raises(error, match=words):
        derived(tmp_path, text, **options)


def test_sorted_tracks_stay_row_for_row(tmp_path: Path) -> None:
    text = "id,t,x\na,2,4\nb,0,0\na,0,0\na,1,1\nb,1,2\n"
    rows, report = derived(tmp_path, text, by="id", sort=True)
    assert rows[1:] == ["a,2,3.0", "b,0,2.0", "a,0,1.0", "a,1,2.0", "b,1,2.0"]
    assert any("results stay row for row" in note for note in report.notes)


@pytest.mark.parametrize("quoted", [False, True])
def test_blank_lines_at_the_ends_of_slabs_are_seen(tmp_path: Path, quoted: bool) -> None:
    rng = np.random.default_rng(7)
    lines, breaks = ["t,x"], []
    for row in range(9000):
        if row and rng.integers(6) == 0:
            lines += [""] * int(rng.integers(1, 400))
            breaks.append(row)
        lines.append(f'{row},"{row:0100}"' if quoted else f"{row},{row:0100}")
    (tmp_path / "f.csv").write_text("\n".join(lines) + "\n\n")
    with TextFile(str(tmp_path / "f.csv"), 2**20) as text:
        from gradcli.formats.csv.sniff import Dialect, head_of

        head = head_of(["0,0"], Dialect(","), "table", ["t", "x"])
        tracks = RowTracks(head, None)
        text.begins = 1
        slabs = list(tracks.passing(text.slabs()))
    assert len(slabs) > 3
    assert tracks.blocks(9000) == tuple(breaks)
