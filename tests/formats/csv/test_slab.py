"""CSV in slabs and by threads: the same bytes, the same errors, whatever way the rows went."""

from __future__ import annotations

import numpy as np
import pytest

from gradcli import differentiate
from gradcli.errors import GradcliError
from gradcli.formats.csv.format import FEW, rows_of, text_of
from gradcli.formats.csv.sniff import Dialect
from tests.memory import peak_of

SMALL, LARGE = "17MiB", "512MiB"  # of which slabs are as small and as large as they come
RUNS = [(SMALL, 1), (LARGE, 1), (LARGE, 2), (LARGE, 5)]


def outputs(folder, path, **options):
    """Return the bytes of a result for several limits of memory and numbers of threads."""
    made = []
    for number, (memory, jobs) in enumerate(RUNS):
        target = folder / f"{number}.csv"
        differentiate(path, target, memory=memory, jobs=jobs, **options)
        made.append(target.read_bytes())
    return made


def table(rows, label="{:.3f}", columns=4):
    values = np.random.default_rng(3).normal(size=(rows, columns))
    names = ",".join(f"c{i}" for i in range(columns))
    lines = [
        f"{label.format(0.5 * i)},{','.join(map(repr, row))}\n"
        for i, row in enumerate(values.tolist())
    ]
    return [f"t,{names}\n", *lines]


@pytest.mark.parametrize(
    "label",
    ["{:.3f}", "+{:.1f}0", " {:.2f}", "{:.2f} ", "{:.6e}", '"{:.2f}"'],
    ids=["plain", "sign", "before", "behind", "exponent", "quoted"],
)
def test_labels_stay_as_they_stand(tmp_path, label):
    path = tmp_path / "table.csv"
    lines = table(20_000, label)
    path.write_text("".join(lines))
    first, *others = outputs(tmp_path, path, axis="t")
    assert all(other == first for other in others)
    found = [line.split(",")[0] for line in first.decode().split("\n")[1:-1]]
    assert found == [label.format(0.5 * i) for i in range(20_000)]


def test_labels_in_quotes_in_some_rows(tmp_path):
    path = tmp_path / "table.csv"
    lines = table(20_000)
    lines[15_001] = '"7500.0"' + lines[15_001][8:]
    path.write_text("".join(lines))
    first, *others = outputs(tmp_path, path, axis="t")
    assert all(other == first for other in others)
    assert [line.split(b",")[0] for line in first.split(b"\n")[15_000:15_003]] == [
        b"7499.500",
        b'"7500.0"',
        b"7500.500",
    ]


@pytest.mark.parametrize("cell", ["", "NA", "nan"])
def test_missing_in_the_last_column_of_a_late_slab(tmp_path, cell):
    path = tmp_path / "table.csv"
    lines = table(20_000)
    lines[15_001] = lines[15_001].rpartition(",")[0] + f",{cell}\n"
    path.write_text("".join(lines))
    first, *others = outputs(tmp_path, path, axis="t")
    assert all(other == first for other in others)
    rows = first.decode().split("\n")
    assert [i for i, row in enumerate(rows) if row.endswith(",nan")] == [15_000, 15_001, 15_002]


@pytest.mark.parametrize(
    ("broken", "message"),
    [
        ("1.0,2.0\n", "line 15002: 2 fields found, 5 expected"),
        ("1.0,2.0,3.0,4.0,5.0,6.0\n", "line 15002: 6 fields found, 5 expected"),
        ("1.0,2.0,x,4.0,5.0\n", "line 15002, column 'c1': 'x' is not a number"),
        ("x,2.0,3.0,4.0,5.0\n", "line 15002, column 't': 'x' is not a number"),
    ],
)
def test_the_first_of_two_bad_rows_is_named(tmp_path, broken, message):
    path = tmp_path / "table.csv"
    lines = table(20_000)
    lines[15_001] = broken
    lines[19_001] = "y,2.0,3.0,4.0,5.0\n"
    path.write_text("".join(lines))
    for memory, jobs in RUNS:
        with pytest.raises(GradcliError) as caught:
            differentiate(path, tmp_path / "out.csv", axis="t", memory=memory, jobs=jobs)
        assert message in str(caught.value)
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("columns", [1, 2, FEW - 1, FEW, FEW + 1])
def test_matrices_of_few_and_many_columns(tmp_path, columns):
    values = np.random.default_rng(5).normal(size=(400, columns))
    values[7, -1] = np.nan
    path = tmp_path / "matrix.csv"
    path.write_text("".join(",".join(map(repr, row)) + "\n" for row in values.tolist()))
    first, *others = outputs(tmp_path, path, axis="0")
    assert all(other == first for other in others)
    found = np.array([list(map(float, row.split(","))) for row in first.decode().split()])
    expected = np.gradient(values, axis=0)
    holes = np.isnan(found[:, -1])
    assert np.flatnonzero(holes).tolist() == [6, 7, 8]
    np.testing.assert_allclose(found[~holes], expected[~holes], rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("width", [1, 3, FEW, FEW + 1])
@pytest.mark.parametrize("dialect", [Dialect(), Dialect(";", ",", joiner=";")], ids=[",", ";"])
def test_text_is_the_shortest_that_reads_back(width, dialect):
    bits = np.random.default_rng(1).integers(0, 2**64, 4 * width, np.uint64)
    values = bits.view("f8").reshape(4, width)
    values.flat[0] = -0.0
    rows = text_of(values, dialect).decode().replace(dialect.joiner, " ").replace(",", ".")
    back = np.array([list(map(float, row.split())) for row in rows.split("\n")[:-1]])
    assert np.array_equal(back, values, equal_nan=True)
    shortest = [_digits(repr(number)) for number in values.ravel().tolist()]
    assert [_digits(text) for text in rows.split()] == shortest


def _digits(text):
    return len(text.lstrip("-").partition("e")[0].replace(".", "").strip("0"))


def test_columns_of_whole_numbers_and_of_both_widths():
    columns = [np.arange(2), np.array([0.1, np.nan]), np.array([0.1, np.inf], np.float32)]
    assert rows_of(None, columns, Dialect()) == b"0,0.1,0.1\n1,nan,inf\n"


def test_labels_of_a_long_axis_take_no_memory(tmp_path):
    np.save(tmp_path / "long.npy", np.random.default_rng(2).normal(size=3_000_000))
    peak = peak_of(
        *(str(tmp_path / "long.npy"), "-o", str(tmp_path / "long.csv"), "--memory", "64MiB")
    )
    assert peak < (64 + 100) * 2**20
    with (tmp_path / "long.csv").open("rb") as file:
        file.seek(-100, 2)
        assert file.read().split(b"\n")[-2].startswith(b"2999999,")
