"""A formula is a source like any file: values, windows, missing points, errors."""

from __future__ import annotations

import pickle
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import netCDF4  # first: h5py and it bring an HDF5 library each
import numpy as np
import pytest

# isort: split
import h5py

import gradcli
from gradcli.errors import MemoryShortError, UsageError
from gradcli.formats.formula import TILE_CELLS, FormulaSource, parse_formulas
from gradcli.formats.opening import open_source
from gradcli.model.protocols import Hints, Limits
from gradcli.numerics.operators import OPERATORS

GRID = {"x": slice(-2, 2, 0.05), "y": slice(0, 1, 30j)}


def opened(text: str, grid: dict[str, object] | None = None) -> FormulaSource:
    source = open_source(text, Hints(grid=grid or GRID))  # type: ignore[arg-type]
    assert isinstance(source, FormulaSource)
    return source


def test_values_are_those_of_numpy_in_any_window() -> None:
    source = opened("sin(x + y)*y")
    x, y = np.mgrid[-2:2:0.05, 0:1:30j]
    right = np.sin(x + y) * y
    for window in [(slice(0, 80), slice(0, 30)), (slice(7, 8), slice(3, 30))]:
        np.testing.assert_allclose(source.read("f", window), right[window], rtol=1e-15)


def test_values_do_not_depend_on_tiles() -> None:
    size = TILE_CELLS + 10
    source = opened("cos(x)*y + 1", {"y": slice(0, 3, 1), "x": slice(0, 1, size * 1j)})
    whole = source.read("f", (slice(0, 3), slice(0, size)))
    rows = [source.read("f", (slice(i, i + 1), slice(5, size)))[0] for i in range(3)]
    np.testing.assert_array_equal(whole[:, 5:], rows)


def test_a_formula_without_an_axis_is_the_same_everywhere() -> None:
    assert opened("2").read("f", (slice(0, 2), slice(0, 2))).tolist() == [[2, 2], [2, 2]]


def test_coordinates_are_fields_too() -> None:
    source = opened("x")
    assert source.fields["y"].kind == "coordinate"
    np.testing.assert_array_equal(source.vector("y").values, np.linspace(0, 1, 30))
    np.testing.assert_array_equal(source.read("x", (slice(1, 3),)), [-1.95, -1.9])


def test_missing_points_are_counted_once() -> None:
    grid = {"x": slice(-2, 3, 1), "y": slice(-1, 2, 1)}
    source = opened("log(x)/y", grid)
    for window in [(slice(0, 4), slice(0, 3)), (slice(2, 5), slice(0, 3))]:
        assert not np.isinf(source.read("f", window)).any()
    # log of x <= 0 (three rows of 3), and y = 0 in the other two rows
    (note,) = source.late_notes()
    assert note == (
        "f: 11 points are missing, the formula has no finite value there (first at x=-2, y=-1)"
    )


def test_a_run_says_how_many_points_are_missing(tmp_path: Path) -> None:
    report = gradcli.differentiate("1/x", tmp_path / "a.npz", grid={"x": slice(-1, 1, 5j)})
    assert [note for note in report.notes if "no finite value" in note] == [
        "f: 1 point is missing, the formula has no finite value there (first at x=0)"
    ]
    found = np.load(tmp_path / "a.npz")["df_dx"]
    assert np.isnan(found).tolist() == [False, True, True, True, False]


def test_threads_count_every_missing_point() -> None:
    source = opened("log(sin(40*x*y))", {"x": slice(0, 1, 400j), "y": slice(0, 1, 400j)})
    windows = [(slice(row, row + 4), slice(0, 400)) for row in range(0, 400, 4)]
    with ThreadPoolExecutor(8) as pool:
        values = np.concatenate(list(pool.map(lambda part: source.read("f", part), windows)))
    (note,) = source.late_notes()
    assert note.startswith(f"f: {np.isnan(values).sum():,} points are missing")


def test_a_source_is_pickled_as_its_text() -> None:
    copy = pickle.loads(pickle.dumps(opened("x*y")))
    window = (slice(3, 5), slice(2, 4))
    np.testing.assert_array_equal(copy.read("f", window), opened("x*y").read("f", window))


def test_the_bytes_do_not_depend_on_memory_and_threads(tmp_path: Path) -> None:
    grid = {"x": slice(0, 1, 1000j), "y": slice(0, 1, 1500j)}
    made = []
    for number, given in enumerate([{}, {"memory": "20MiB", "jobs": 3}]):
        path = tmp_path / f"{number}.nc"
        gradcli.differentiate("sin(x*y)/x", path, grid=grid, history=None, accuracy=4, **given)
        made.append(path.read_bytes())
    assert made[0] == made[1]


READ = {
    ".npz": lambda path: np.load(path)["df_dx"],
    ".nc": lambda path: netCDF4.Dataset(path)["df_dx"][:].filled(np.nan),
    ".nc3": lambda path: netCDF4.Dataset(path)["df_dx"][:].filled(np.nan),
    ".h5": lambda path: h5py.File(path)["df_dx"][()],
    ".npy": np.load,
    ".csv": lambda path: np.genfromtxt(path, delimiter=",")[1:, 1:],
}


@pytest.mark.parametrize("suffix", READ)
@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_every_format_gets_the_same_derivative(tmp_path: Path, suffix: str) -> None:
    grid = {"x": slice(0, 1, 5j), "y": slice(0, 1, 4j)}
    path = tmp_path / f"a{suffix}"
    gradcli.differentiate("x**2*y", path, axis="x", grid=grid, edge_order=2)
    x, y = np.mgrid[0:1:5j, 0:1:4j]
    np.testing.assert_allclose(READ[suffix](path), 2 * x * y, atol=1e-15)


@pytest.mark.parametrize("operator", OPERATORS)
def test_every_operator_takes_a_formula(tmp_path: Path, operator: str) -> None:
    vector = OPERATORS[operator].vector
    report = gradcli.differentiate(
        "u = x*y; v = x - y" if vector else "x*y",
        tmp_path / "a.npz",
        axis="x,y",
        var=["u", "v"] if vector else None,
        operator=operator,
        toward=(1, 1) if "toward" in OPERATORS[operator].options else (),
        grid={"y": slice(1, 2, 6j), "x": slice(1, 2, 5j)},
    )
    found = np.load(report.outputs[0])
    assert all(np.isfinite(found[name]).all() for name in found.files)


@pytest.mark.parametrize(
    ("text", "grid", "told"),
    [
        ("x + q", GRID, "no name 'q'; there are: x, y, pi, e"),
        ("u = x; u = y", GRID, "two formulas are called u"),
        ("x; y", GRID, "two formulas are called f"),
        ("y = x", GRID, "y: is an axis of the grid"),
        ("x", {}, "a formula needs a grid"),
        ("1", {f"a{k}": slice(0, 1, 1) for k in range(33)}, "33 axes; an array has at most 32"),
        ("x", dict.fromkeys("xyz", slice(0, 1e5, 1)), "take 7276.0 TiB (8,000,000,000,000,000"),
    ],
)
def test_what_is_no_formula_on_a_grid_is_refused(
    text: str, grid: dict[str, slice], told: str
) -> None:
    with pytest.raises(UsageError) as refused:
        opened(text, grid) if grid else FormulaSource(text, {}, Hints())
    assert told in str(refused.value)


def test_coordinates_beyond_the_memory_are_refused_before_they_are_made() -> None:
    grid = {"x": slice(0, 1e8, 1)}
    with pytest.raises(MemoryShortError, match=r"100,000,000 points take 3.7 GiB"):
        FormulaSource("x", grid, Hints(limits=Limits(1 << 30)))


def test_formulas_have_names() -> None:
    found = parse_formulas("u = x == 1; x**2; v2=x;", ("x",))
    assert {name: made.text for name, made in found.items()} == {
        "u": "x == 1",
        "f": "x**2",
        "v2": "x",
    }
