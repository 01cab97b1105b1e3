"""CSV that arrives: the rows of the file, however the bytes come."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from gradcli.api import differentiate
from gradcli.errors import InputError, UsageError
from gradcli.formats.csv.live import LiveText, UnsuitedError
from gradcli.model.axes import OPEN
from gradcli.model.protocols import Hints
from gradcli.settings import Settings
from tests.feeds import by_lines, dribbled, feed_of, open_feed, run
from tests.long import long

COUNT = 30
T = np.arange(COUNT) * 0.1 + 3
UNEVEN = np.cumsum(np.random.default_rng(3).uniform(0.5, 1.5, COUNT))
A, B = np.sin(T), 1e3 * np.cos(2 * T)


def table(mark: str = ",", t: np.ndarray = T, end: str = "\n", decimal: str = ".") -> str:
    rows = [f"{x!r}{mark}{a!r}{mark}{b:.6g}" for x, a, b in zip(t.tolist(), A, B, strict=True)]
    text = "".join(row.replace("np.float64(", "").replace(")", "") + end for row in rows)
    return f"t{mark}a{mark}b{end}" + text.replace(".", decimal)


DATES = "when,a,what\n" + "".join(
    f"2020-01-{day:02}T12:00:00Z,{day * day},word{day}\n" for day in range(1, 29)
)
HOLES = "".join(
    line if i % 7 else line.replace(line.split(",")[1], "")
    for i, line in enumerate(table().splitlines(keepends=True), 1)
)
QUOTED = 't,"the, name",a\n' + "".join(
    f'"{i * i + 3 * i}","x ""{i}""\ny",{i**3}\n' for i in range(20)
)
COMMENTS = "# a log\n\n" + "\n".join(
    line + ('\n# a word, "in" between\n' if i % 5 == 0 else "")
    for i, line in enumerate(table(t=UNEVEN).splitlines())
)
BLOCKS = "# two lines\n\nt,v\n\n" + "".join(
    f"{x},{x * x % 7}\n" + ("\n# a word\n \n" if i in (4, 5, 17) else "# no end\n" * (i == 20))
    for i, x in enumerate([*range(5), 3, *UNEVEN.round(3)[:12], *range(9, 0, -1)])
)
IDS = ["a"] * 4 + ['"b, c"'] + ["d"] * 12
TRACKS = "t,id,v,w\n" + "".join(
    f'{x},{track},{x * x % 7},"w {x}"\n'
    for x, track in zip([*range(4), 3, *UNEVEN.round(3)[:12]], IDS, strict=True)
)
MATRIX = "".join(f"{i},{i * i},{i**3 - 5}\n" for i in range(COUNT))
CASES = {
    "equal steps": (table(), {}, {}),
    "uneven steps": (table(t=UNEVEN), {}, {}),
    "falling": (table(t=-UNEVEN), {}, {}),
    "row numbers": (table(t=UNEVEN), {"axis": ("0",)}, {}),
    "a step": (table(t=UNEVEN), {"spacing": {None: 0.25}}, {}),
    "second derivative": (table(t=UNEVEN), {"order": 2}, {}),
    "accuracy 6": (table(), {"accuracy": 6}, {}),
    "missing edges": (table(), {"edges": "missing"}, {}),
    "forward": (table(), {"scheme": "forward"}, {}),
    "smooth": (table(t=UNEVEN), {"smooth": "savgol:7,2"}, {}),
    "one column": (table(), {"var": ("b",)}, {}),
    "keep": (table(t=UNEVEN), {}, {"keep": True}),
    "float32": (table(t=UNEVEN), {"dtype": "f4"}, {}),
    "magnitude too": (table(t=UNEVEN), {"operator": "magnitude", "also": "laplacian"}, {}),
    "dates": (DATES, {"axis": ("when",)}, {}),
    "dates by a role": (DATES, {"axis": ("t",)}, {}),
    "dates a day": (DATES, {"axis": ("when",), "per": {"when": "day"}}, {"keep": True}),
    "holes": (HOLES, {}, {}),
    "quotes": (QUOTED, {}, {"keep": True}),
    "quotes left out": (QUOTED, {}, {}),
    "comments": (COMMENTS, {}, {}),
    "semicolons": (table(";", UNEVEN, decimal=","), {}, {}),
    "tabs": (table("\t"), {}, {}),
    "blanks": (table("  "), {}, {}),
    "CRLF": (table(end="\r\n"), {}, {"keep": True}),
    "a mark of order": ("\ufeff" + table(), {}, {}),
    "no end of the last line": (table()[:-1], {}, {}),
    "blocks": (BLOCKS, {"accuracy": 4}, {}),
    "blocks with all columns": (BLOCKS, {}, {"keep": True}),
    "blocks of a matrix": (BLOCKS.replace("t,v\n", ""), {"axis": ("0",)}, {}),
    "blocks whose ends are missing": (BLOCKS, {"edges": "missing", "order": 2}, {}),
    "rows that are spaced out": (table(t=UNEVEN, end="\n\n"), {}, {}),
    "tracks": (TRACKS, {"by": "id"}, {}),
    "tracks by number": (TRACKS.replace('"b, c"', "3"), {"by": "id", "accuracy": 4}, {}),
    "a matrix down": (MATRIX, {"axis": ("0",)}, {}),
    "a matrix across": (MATRIX, {"axis": ("1",)}, {}),
    "a part of a matrix": (MATRIX, {"axis": ("0",), "isel": {"1": (1, 3)}}, {}),
    "a vector": ("".join(f"{i**2}\n" for i in range(20)), {"axis": ("0",)}, {}),
}


def by_pipe(
    capfdbinary: pytest.CaptureFixture[bytes],
    pieces: list[bytes],
    given: dict,
    carried: dict,
    pause: float = 0.0,
) -> bytes:
    """Return what a run on a pipe writes."""
    from gradcli.numerics.operator import Manner
    from gradcli.numerics.operators import make_operators
    from gradcli.numerics.schemes import checked_scheme

    given = {"axis": ("t",), **given}
    scheme = {k: given.pop(k) for k in ("order", "accuracy", "edges", "smooth") if k in given}
    scheme = checked_scheme(side=given.pop("scheme", "central"), **scheme)
    also = (given.pop("also"),) if "also" in given else ()
    operators = make_operators(given.pop("operator", "gradient"), also, Manner())
    with feed_of(pieces, pause) as feed:
        hints = Hints("csv", columns=given["axis"], live=("csv",), by=given.get("by"))
        source = open_feed("csv", feed, hints)
        assert source is not None
        with source:
            run(source, Settings(scheme=scheme, operators=operators, **given), **carried)
    return capfdbinary.readouterr().out


def by_file(tmp_path: Path, text: bytes, given: dict, carried: dict) -> bytes:
    (tmp_path / "stdin.csv").write_bytes(text)
    plain = {"axis": "t", **given}
    plain["axis"] = ",".join(plain["axis"])
    report = differentiate(
        tmp_path / "stdin.csv", tmp_path / "out.csv", overwrite=True, **plain, **carried
    )
    return Path(report.outputs[0]).read_bytes()


@pytest.mark.parametrize("case", [long(c) if k % 3 else c for k, c in enumerate(CASES)])
def test_a_pipe_gives_the_rows_of_the_file_however_they_come(
    case: str, tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    text, given, carried = CASES[case]
    data = text.encode()
    expected = by_file(tmp_path, data, given, carried)
    found = by_pipe(capfdbinary, [data], given, carried)
    assert by_pipe(capfdbinary, dribbled(data), given, carried) == found
    assert by_pipe(capfdbinary, by_lines(data), given, carried, 0.0005) == found
    assert_same_text(found, expected)


def cells_of(line: str) -> list[str]:
    if ";" in line:
        return line.replace(",", ".").split(";")
    return re.split("[,\t ]", line)


def assert_same_text(found: bytes, expected: bytes) -> None:
    """Compare text byte for byte, but numbers to rounding."""
    if found == expected:
        return
    ours, theirs = (data.decode().splitlines(keepends=True) for data in (found, expected))
    assert len(ours) == len(theirs)
    for one, other in zip(ours, theirs, strict=True):
        cells = [cells_of(line) for line in (one, other)]
        assert len(cells[0]) == len(cells[1])
        for mine, yours in zip(*cells, strict=True):
            if mine != yours:
                assert float(mine) == pytest.approx(float(yours), rel=1e-9, abs=1e-9)


def test_most_cases_give_the_very_bytes_of_the_file(
    tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    for case in ("uneven steps", "row numbers", "a step", "dates", "quotes", "comments", "keep"):
        text, given, carried = CASES[case]
        found = by_pipe(capfdbinary, [text.encode()], given, carried)
        assert found == by_file(tmp_path, text.encode(), given, carried), case


# What must be whole.


@pytest.mark.parametrize(
    ("text", "hints"),
    [
        ("", Hints()),
        ("\n# nothing\n", Hints()),
        (",0,1,2\n10,1,2,3\n20,4,5,6\n30,4,5,6\n", Hints()),
        ("y,x,v\n0,0,1\n0,1,2\n1,0,3\n1,1,4\n", Hints(columns=("y", "x"))),
        ("y,x,v\n0,0,1\n0,1,2\n1,0,3\n1,1,4\n", Hints(columns=("x",))),
        ("y,x,v\n0,0,1\n0,1,2\n1,0,3\n1,1,4\n", Hints(columns=("x",), layout="long")),
        ("t,v\n0,1\n1,2\n", Hints(columns=("t",), layout="crosstab")),
        ("t,v\r0,1\r1,2\r", Hints(columns=("t",))),
        ("\x1f\x8bpacked", Hints()),
        ("\x93NUMPY", Hints()),
    ],
)
def test_what_must_be_whole_is_left_to_be_copied(text: str, hints: Hints) -> None:
    data = text.encode("latin-1")
    with feed_of([data]) as feed:
        assert open_feed("csv", feed, hints) is None
        assert b"".join(feed.rest()) == data


def test_text_with_other_ends_of_lines_is_given_up_early() -> None:
    with feed_of([b"t,v\r" * 50_000]) as feed:
        text = LiveText(feed, Hints())
        with pytest.raises(UnsuitedError):
            text.begin()


# What is refused.


def test_a_table_without_a_coordinate_is_refused_while_the_feed_is_open(
    capfdbinary: pytest.CaptureFixture[bytes],
) -> None:
    with feed_of([b"t,v\n0,1\n1,2\n"], 0.3) as feed:
        source = open_feed("csv", feed, Hints())
        with pytest.raises(UsageError, match="a table does not say which column"):
            run(source, Settings())


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("4.0,1", "line 6: the coordinate t repeats the one before ('4.0'); coordinates must"),
        ("3.5,1", "line 6: the coordinate t changes direction ('3.5'); --sort reads the whole"),
        (",1", "line 6: the coordinate t is missing (''); every point needs a finite"),
        ("inf,1", "line 6: the coordinate t is infinite ('inf'); every point needs a finite"),
        ("1e400,1", "line 6: the coordinate t is infinite ('1e400')"),
        ("5,oops", "line 6, column 'v': 'oops' is not a number"),
        ("5,1,2", "line 6: 3 fields found, 2 expected"),
        ("5", "line 6: 1 field found, 2 expected"),
        ("5,\0", "line 6 is not text"),
    ],
)
@pytest.mark.parametrize("cut", [by_lines, lambda data: [data]], ids=["lines", "at once"])
def test_a_bad_row_is_named_behind_the_results_before_it(
    row: str, message: str, cut, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    text = f"t,v\n# so far\n2.0,4\n3.0,9\n4.0,16\n{row}\n6,36\n"
    first = text.encode().index(row.encode() + b"\n6")
    pieces = [text.encode()[:first], text.encode()[first:]]
    with (
        feed_of(cut(text.encode()) if cut is not by_lines else pieces, 0.1) as feed,
        pytest.raises(InputError) as refused,
    ):
        run(open_feed("csv", feed, Hints(columns=("t",))), Settings(axis=("t",)))
    assert str(refused.value).startswith(message)
    out = capfdbinary.readouterr().out
    if cut is by_lines or "\0" not in row:
        assert out == b"t,dv_dt\n2.0,5.0\n3.0,6.0\n"


def drain(source) -> None:
    while not source.arrive(1)[1]:
        pass


def test_a_quote_that_never_closes_is_refused_in_bounded_time() -> None:
    pieces = [b't,v\n0,1\n1,2\n2,"'] + [(b"3" * 63 + b"\n") * 2**10] * 1100
    # As bytes come, it is refused while the file is opened or later.
    told = pytest.raises(InputError, match="line 4: a quote that opens here does not close in")
    with feed_of(pieces) as feed, told:
        drain(open_feed("csv", feed, Hints(columns=("t",))))


def test_a_line_without_an_end_is_refused() -> None:
    with feed_of([b"t,v\n0,1\n1,2\n2,"] + [b"3" * 2**16] * 1100) as feed:
        source = open_feed("csv", feed, Hints(columns=("t",)))
        with pytest.raises(InputError, match="line 4 is longer than 64 MiB"):
            drain(source)


# What is held.


def test_rows_are_let_go_of_when_nothing_reaches_back_to_them() -> None:
    lines = [f"{i},{i * i}\n".encode() for i in range(5000)]
    with feed_of([b"t,v\n", *(b"".join(lines[i : i + 100]) for i in range(0, 5000, 100))]) as feed:
        source = open_feed("csv", feed, Hints(columns=("t",)))
        assert source.fields["v"].shape == (OPEN,)
        ended, known = False, 0
        while not ended:
            known, ended = source.arrive(1)
            source.forget(known - 5)
            assert sum(len(slab) for slab in source._held._slabs) == 5
            assert sum(slab.rows for slab in source.text._held) == 5
            assert source.words is not None
            assert sum(words.height for words in source.words.values()) == 5
        assert known == 5000
        window = (slice(4995, 5000),)
        np.testing.assert_array_equal(source.read("v", window), np.arange(4995.0, 5000) ** 2)
