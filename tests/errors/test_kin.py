"""Errors are also of the kinds that numpy and ``open`` raise, so that scripts catch them."""

from __future__ import annotations

import copy
import errno
import os
import pickle
from decimal import Decimal
from fractions import Fraction
from itertools import repeat
from pathlib import Path
from typing import Any

import netCDF4
import numpy as np
import pytest

import gradcli
from gradcli import errors
from gradcli.engine.report import Report
from gradcli.errors import (
    AxisNumberError,
    GradcliError,
    InputError,
    KindError,
    MemoryShortError,
    MissingFileError,
    UnreadableError,
    UnwritableError,
    UsageError,
    located,
)

PLANE, LINE = np.zeros((4, 5)), np.arange(4.0)
KINDS = (ValueError, TypeError, IndexError)


class Thing:
    """No number, no path, no text."""

    def __repr__(self) -> str:
        return "Thing()"


# What numpy.gradient refuses: the array, the coordinates, the keywords.
REFUSED: list[tuple[Any, tuple[Any, ...], dict[str, Any]]] = [
    (PLANE, (), {"axis": 2}),
    (PLANE, (), {"axis": -3}),
    (PLANE, (), {"axis": (0, 5)}),
    (PLANE, (), {"axis": (0, 0)}),
    (PLANE, (), {"axis": (1, -1)}),
    (PLANE, (), {"axis": 0.0}),
    (PLANE, (), {"axis": "x"}),
    (PLANE, (), {"axis": (0, 1.5)}),
    (PLANE, (), {"axis": [[0]]}),
    (PLANE, (), {"edge_order": 9}),
    (PLANE, (), {"edge_order": "2"}),
    (PLANE, (), {"edge_order": [1]}),
    (PLANE, (), {"wrong": 1}),
    (PLANE, (1, 2, 3), {}),
    (PLANE, (1.0, 1.0), {"axis": 0}),
    (PLANE, (LINE,), {}),
    (PLANE, (np.arange(3.0), np.arange(5.0)), {}),
    (PLANE, (LINE[:, None],), {"axis": 0}),
    (PLANE, (np.zeros((2, 2)), 1.0), {}),
    (LINE, (["a", "b", "c", "d"],), {}),
    (LINE, ("x",), {}),
    (LINE, (None,), {}),
    (LINE, (Thing(),), {}),
    (LINE, ([[1, 2], [3]],), {}),
    (np.array(["a", "b"]), (), {}),
    (np.array([1, None, 3], object), (), {}),
    (np.array([1, "b", 3], object), (), {}),
    (np.array([(1, 2.0)], "i4,f8"), (), {}),
    ([[1, 2], [3]], (), {}),
    (np.float64(3), (), {"axis": 0}),
    (np.zeros(0), (), {}),
    (np.zeros((0, 3)), (), {}),
    (np.zeros(1), (), {}),
    (np.zeros((3, 1)), (), {}),
    (np.zeros(2), (), {"edge_order": 2}),
]


@pytest.mark.parametrize(("array", "coordinates", "keywords"), REFUSED)
def test_what_numpy_refuses_is_caught_as_numpys_error(
    array: Any, coordinates: tuple[Any, ...], keywords: dict[str, Any]
) -> None:
    with pytest.raises(KINDS) as theirs:
        np.gradient(array, *coordinates, **keywords)
    with pytest.raises(KINDS) as ours:
        gradcli.gradient(array, *coordinates, **keywords)
    for kind in KINDS:
        assert isinstance(ours.value, kind) or not isinstance(theirs.value, kind)
    assert isinstance(ours.value, GradcliError) or "unexpected keyword" in str(ours.value)


# Wrong values of each keyword of gradcli.differentiate; a lone one is a value for an array.
WRONG: dict[str, list[Any]] = {
    "src": [3, None, b"f.npy", ["f.npy"], "missing.npy", "", "f.xyz", "."],
    "dst": [3, b"x.npy", ["x.npy"], "", "x.npy", "x.xyz", "{q}.npy", "gone/{component}.npy"],
    "axis": [1.5, "q", "", ["q"], [1.5], "9", "-5", "0,0", {"x": 1}, Thing()],
    "var": ["f", "", 3, [3], {"f": 1}, Thing()],
    "order": [0, 7, -1, 1.5, "1", None, True, float("nan")],
    "accuracy": [0, 3, 10, -2, 2.5, "2", True],
    "edge_order": [0, 9, -1, 1.5, "1", True],
    "edges": ["", "none", "open", "pole", 3, None],
    "missing": ["", "drop", 3, None, True],
    "scheme": ["", "upwind", 3, None, ["central"]],
    "smooth": ["", "savgol", "savgol:4,2", "savgol:5,9", 3],
    "operator": ["", "grad", "Gradient", 3, None, ["gradient"], "divergence", "curl"],
    "also": ["nothing", 3, [3], "jacobian", ["gradient", "jacobian"]],
    "components": ["q", "", "9", 3, True, ["0"]],
    "vectors": ["", "moon", "Earth", "grid", 3, True],
    "metric": ["", "moon", "Sphere", "sphere", 3, True, "cylindrical", "spherical:q=0", "none:r=0"],
    "radius": [0, -1.0, float("nan"), float("inf"), "6371", None, 1e6, "6371 s", "km", 6371.0],
    "bearing": [True, "yes", None, 2, ""],
    "downslope": [True, "yes", None, 2, []],
    "toward": ["north", None, (1, 0), (0, 0), [float("nan")], 1j],
    "per": ["x", [("0", "m")], 3, {"q": "m"}, {"0": "m"}, {"0": 3}, {0: "m"}],
    "units": ["x", [("0", "m")], 3, {"q": "m"}, {"0": 3}, {1.5: "m"}, {"0": ""}],
    "follow_positive": ["yes", "no", None, 2, []],
    "spacing": [
        0,
        float("nan"),
        -float("inf"),
        "1",
        [1],
        [1, 2, 3],
        [],
        ["x", 1],
        [0, 1],
        {"q": 1.0},
        {"0": 0.0},
        {"0": "x"},
    ],
    "coords": [3, "x.npy", {"0": "missing.npy"}, {"q": "f.npy"}, {"0": 3}, {"0": ""}],
    "dims": ["x", "x,x", "x,y,z", "", 3, [3]],
    "snap": ["no", None, 2, [], Thing()],
    "sort": ["yes", None, 2, [], Thing()],
    "duplicates": ["", "last", 3, True, ["first"]],
    "periodic": [3, [0.5], ["q"], "q", {"q": 1.0}, {"0": 0.0}, {"0": -1.0}, {"0": "x"}, {"0": 1.0}],
    "by": ["", "q", "0", 3, ["x"]],
    "unwrap": [0, -360.0, float("nan"), "q", "", [1], Thing(), "0", "1e999"],
    "isel": [
        3,
        "0",
        {"q": 0},
        {"0": 99},
        {"0": "1"},
        {"0": 1.5},
        {"0": (3, 2)},
        {"0": (1,)},
        {"0": [1, 3]},
        {"0": slice(0, 5, 2)},
        {"0": slice("a")},
        {"0": True},
    ],
    "sel": [
        3,
        "0",
        {"q": (0, 1)},
        {"0": (0, 1)},
        {"0": 3},
        {"0": (1,)},
        {0: (0, 1)},
        {"0": [0, 1]},
        {"0": slice(0, 1, 1.5)},
        {"0": None},
        {"0": ""},
        {"0": (None, 1)},
        {"0": np.datetime64("NaT")},
        {"0": "2000-01-01"},
    ],
    "halo": [False, "no", None, 2, [], Thing()],
    "dtype": ["", "f2", "int", 3, float, np.float32],
    "name": ["", "..", "a/b", "{", "{q}", "{var", 3],
    "deflate": [-1, 10, 4, 1.5, "4", True],
    "chunks": [(0,), (2, 2), (-1, 2), (1.5, 2), "4", 3, {"q": 1}, {"0": -1}],
    "shards": [(0,), (2, 2), (-1, 2), (1.5, 2), "4", 3, {"q": 1}, {"0": -1}],
    "output_dir": [3, "", b"x", "f.npy", ["x"]],
    "stack": ["yes", None, 2, [], Thing()],
    "keep": ["yes", None, 2, [], Thing()],
    "overwrite": ["yes", None, 2, [], Thing()],
    "skip_existing": ["yes", None, 2, [], Thing()],
    "format": ["", "xyz", "NPY", "csv", 3, ["npy"]],
    "engine": ["", "klingon", 3, ["scipy"], True],
    "grid": [
        {},
        "x=0:1:2",
        3,
        {"x": 3},
        {"x": "0:1:2"},
        {"x": slice(0, 1)},
        {"x": slice(0, 10**15)},
        {"x": slice(0, 1, 0.0)},
        {"x": slice(0, 1, 2.5j)},
        {"x": slice(None)},
        {"x": (1.0, float("nan"))},
        {"x": ()},
        {1: slice(0, 1)},
    ],
    "join": ["", "q", 0, 1.5, ["x"], Thing()],
    "open_files": [0, -1, 4, 1.5, "2", [1]],
    "csv_layout": ["", "square", 3, ["table"], True],
    "valid_range": [False, "no", None, 2, []],
    "missing_value": ["", "NA", [float("nan")], float("inf"), "-9999,x", Thing(), [None]],
    "decimal": ["", ";", "..", 3, ["."]],
    "thousands": ["", ";", "..", 3, ["."]],
    "header": ["", 0, -1, "two", 1.5, ["1"]],
    "skip_rows": [-1, 1.5, "2", None, [1]],
    "encoding": ["", "klingon", "rot13", 3, ["utf-8"]],
    "date_format": [3, ["%d"], "", "dd.mm.yyyy", "%Q"],
    "memory": ["", "lots", "1e3", "1k", -1, 0, 1.5, [1]],
    "jobs": [0, -1, "2", 1.5, True],
    "dry_run": ["yes", None, 2, [], Thing()],
    "history": [3, True, b"x", ["x"], Thing()],
    "on_block": [3, "x", [], {}, True],
    "claims": [3, "x", [], True, {"a": 3}],
    "sync": ["yes", None, 2, [], Thing()],
    "stats": ["yes", None, 2, [], Thing()],
    "cluster": ["", "local:0", "local:x", "here", 3, b"local:2", True, Thing()],
    "resume": ["yes", None, 2, [], Thing(), True],
}
OF_CSV = ("csv_layout", "decimal", "thousands", "header", "encoding", "date_format", "skip_rows")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("wrong")
    values = np.random.default_rng(0).normal(size=(6, 7))
    np.save(made / "f.npy", values)
    np.savetxt(made / "m.csv", values, delimiter=",")
    return made


WRONG_VALUES = [
    pytest.param(keyword, value, id=f"{keyword}={value!r:.20}")
    for keyword, values in WRONG.items()
    for value in values
]


@pytest.mark.parametrize(("keyword", "value"), WRONG_VALUES)
def test_a_wrong_value_is_refused_as_python_would(
    folder: Path, monkeypatch: pytest.MonkeyPatch, keyword: str, value: Any
) -> None:
    monkeypatch.chdir(folder)
    given = {"src": "m.csv" if keyword in OF_CSV else "f.npy", keyword: value}
    before = sorted(os.listdir())
    with pytest.raises(GradcliError) as refused:
        gradcli.differentiate(given.pop("src"), **given)
    assert isinstance(refused.value, (ValueError, TypeError, OSError))
    assert "--" not in str(refused.value)
    assert len(str(refused.value).splitlines()) == 1
    assert sorted(os.listdir()) == before


def test_every_keyword_has_wrong_values() -> None:
    from inspect import signature

    assert list(WRONG) == list(signature(gradcli.differentiate).parameters)
    assert all(len(values) >= 5 for values in WRONG.values())


class Hostile:
    """An object that fails whatever it is asked."""

    __hash__ = None

    def __repr__(self) -> str:
        raise RuntimeError

    __str__ = __bool__ = __iter__ = __len__ = __fspath__ = __index__ = __float__ = __repr__
    __getitem__ = __eq__ = lambda self, other: 1 / 0


# Values that hardly any keyword takes. What one does take must give a report.
ODD: list[Any] = [
    *(None, True, 0, -1, 2**63, 10**400, 1.5, -0.0, 1e-320, float("nan"), float("inf"), 1j),
    *("", "q", "\0", "a\0b", "{", "\udcff", "nan", "0,0", "1:2", "x" * 300),
    *(b"", b"0", bytearray(b"0"), memoryview(b"0")),
    *([], [None], [[]], ["0", "0"], [1.5], [b"0"], (), (1, 2, 3), ("\0",), {"0"}, frozenset({1})),
    *(
        {None: None},
        {"0": None},
        {"0": "\0"},
        {"0": float("nan")},
        {"0": 10**400},
        {"0": (1, 2, 3)},
    ),
    *({"0": ("a", "b")}, {1.5: 1}, {("0",): 1}, {"0": 1j}, {"0": {}}, {"0": b"x"}, {"0": 2**70}),
    *(np.zeros(2), np.array(1), np.array([]), np.zeros((2, 2)), np.float32("nan"), np.str_("q")),
    *(np.datetime64("NaT"), np.datetime64("2000"), np.timedelta64(1, "s"), np.array(["q"], object)),
    *(Decimal(1), Decimal("nan"), Fraction(1, 3), ValueError("x"), os, Ellipsis, NotImplemented),
    *(int, object(), slice(0, 3), range(0), repeat("q"), Thing(), Hostile(), [Hostile()]),
    {"0": Hostile()},
]


@pytest.mark.parametrize("keyword", WRONG)
def test_odd_values_give_a_report_or_an_error_of_the_family(
    folder: Path, monkeypatch: pytest.MonkeyPatch, keyword: str
) -> None:
    monkeypatch.chdir(folder)
    before = sorted(os.listdir())
    for value in ODD:
        if keyword == "on_block" and callable(value):
            continue  # what a function of the user raises is the user's
        given = {"src": "f.npy", "dry_run": True, keyword: value}
        if keyword == "toward":
            given["operator"] = "directional"
        refused = None
        try:
            assert isinstance(gradcli.differentiate(given.pop("src"), **given), Report)
        except GradcliError as error:
            refused = error
        if refused is not None:
            assert isinstance(refused, (ValueError, TypeError, OSError))
            assert len(str(refused).splitlines()) == 1
            assert sorted(os.listdir()) == before
        for name in set(os.listdir()) - set(before):  # of dry_run=False
            os.remove(name)


def test_odd_values_are_many() -> None:
    assert len(ODD) >= 70


@pytest.mark.parametrize(
    ("keywords", "words"),
    [
        (
            {"metric": "sphere", "radius": float("nan")},
            "^radius=nan: a radius is in metres, finite",
        ),
        (
            {"metric": "sphere", "radius": float("inf")},
            "^radius=inf: a radius is in metres, finite",
        ),
        ({"metric": "sphere", "radius": 10**400}, "^radius=1000.*: too large for a number"),
        ({"metric": "sphere", "radius": 1e-320}, "^radius=1e-320: a radius is in metres, finite"),
        ({"operator": "directional", "toward": float("nan")}, "^toward: nan; expected finite"),
        (
            {"operator": "directional", "toward": (1, np.inf)},
            "^toward: 1.0, inf; expected finite",
        ),
        ({"operator": "directional", "toward": np.float32("inf")}, "^toward: inf; expected finite"),
        ({"spacing": float("nan")}, "^spacing: a step of nan; it must be finite, and not 0"),
        ({"spacing": {0: np.inf}}, r"^spacing\['0'\]: a step of inf; it must be finite"),
        ({"spacing": 10**400}, "^spacing=1000.*: too large for a number of double precision"),
        (
            {"periodic": {"0": float("nan")}},
            r"^periodic\['0'\]: a period of nan; it must be finite",
        ),
        ({"periodic": {0: np.inf}}, r"^periodic\['0'\]: a period of inf; it must be finite"),
        ({"jobs": 2**63}, "^jobs 9223372036854775808; at most 4096 threads"),
    ],
)
def test_what_is_not_finite_is_refused_by_name(folder: Path, keywords: Any, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        gradcli.differentiate(folder / "f.npy", **keywords)


def test_an_axis_may_be_its_number(folder: Path, tmp_path: Path) -> None:
    def outputs(**keywords: Any) -> list[bytes]:
        (tmp_path / "x.npz").unlink(missing_ok=True)
        report = gradcli.differentiate(folder / "f.npy", tmp_path / "x.npz", **keywords)
        with np.load(report.outputs[0]) as data:
            return [name.encode() + data[name].tobytes() for name in data]

    for number in (0, np.int64(0), [0], (np.int8(0),)):
        assert outputs(axis=number, spacing={0: 2.0}) == outputs(axis="0", spacing={"0": 2.0})
    assert outputs(axis=-1, periodic=1) == outputs(axis="-1", periodic=["1"])
    assert outputs(axis=[0, "1"], isel={0: (1, 5)}) == outputs(axis="0,1", isel={"0": (1, 5)})
    for number, words in (
        (9, "axis 9 of a field with 2 axes"),
        (True, "axis=True is of type bool"),
    ):
        with pytest.raises(UsageError, match=words):
            outputs(axis=number)


def test_an_unknown_keyword_is_pythons_own_error() -> None:
    with pytest.raises(TypeError, match=r"differentiate\(\) got an unexpected keyword .*'wrong'"):
        gradcli.differentiate("f.npy", wrong=1)  # type: ignore[call-arg]


@pytest.mark.parametrize("value", [np.int64(1), np.int8(1), 1])
def test_numbers_of_numpy_are_numbers(folder: Path, tmp_path: Path, value: Any) -> None:
    report = gradcli.differentiate(
        folder / "f.npy",
        tmp_path / "x.npz",
        order=value,
        snap=np.bool_(True),
        spacing={"0": np.float32(value)},
        chunks=None,
    )
    assert report.outputs == [str(tmp_path / "x.npz")]


@pytest.mark.parametrize("suffix", [".npy", ".npz", ".csv", ".csv.gz", ".nc", ".h5"])
def test_a_missing_file_is_missing_for_python_too(tmp_path: Path, suffix: str) -> None:
    with pytest.raises(FileNotFoundError) as missing:
        gradcli.differentiate(tmp_path / f"gone{suffix}")
    assert isinstance(missing.value, MissingFileError)
    assert isinstance(missing.value, InputError)
    assert missing.value.errno == errno.ENOENT
    assert str(missing.value).startswith(f"{tmp_path}/gone{suffix}: cannot be read: No such file")


def test_missing_coordinates_are_missing_for_python_too(folder: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"gone\.npy"):
        gradcli.differentiate(folder / "f.npy", axis="0", coords={"0": "gone.npy"})


def test_a_folder_cannot_be_opened(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="is a folder"):
        gradcli.differentiate(tmp_path)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_what_may_not_be_read_is_an_error_of_the_system(folder: Path, tmp_path: Path) -> None:
    path = tmp_path / "f.npy"
    path.write_bytes((folder / "f.npy").read_bytes())
    path.chmod(0)
    with pytest.raises(UnreadableError) as refused:
        gradcli.differentiate(path)
    assert refused.value.errno == errno.EACCES


@pytest.mark.parametrize("suffix", [".npz", ".csv", ".nc", ".h5"])
def test_what_cannot_be_written_is_an_error_of_the_system(folder: Path, suffix: str) -> None:
    with pytest.raises(OSError, match="cannot be written") as refused:
        gradcli.differentiate(folder / "f.npy", f"/proc/x{suffix}", axis="0")
    assert isinstance(refused.value, UnwritableError)
    assert isinstance(refused.value, GradcliError)


def test_refused_data_are_value_errors(tmp_path: Path) -> None:
    with netCDF4.Dataset(tmp_path / "f.nc", "w") as data:
        data.createDimension("x", 3)
        data.createVariable("x", "f8", ("x",))[:] = [0, 1, 1]
        data.createVariable("f", "f8", ("x",))[:] = [0, 1, 2]
    with pytest.raises(ValueError, match="repeats the one before") as refused:
        gradcli.differentiate(tmp_path / "f.nc")
    assert isinstance(refused.value, InputError)


EVERY = [kind for kind in vars(errors).values() if isinstance(kind, type) and kind.__module__]
FAMILY = [kind for kind in EVERY if issubclass(kind, GradcliError)]


@pytest.mark.parametrize("kind", FAMILY)
def test_errors_are_copied_pickled_and_reworded_whole(kind: type[GradcliError]) -> None:
    error = kind("two words")
    error.whatever_the_input = True
    if isinstance(error, (UnreadableError, UnwritableError)):
        error.because(PermissionError(errno.EACCES, "Permission denied", "f.npy"))
    if isinstance(error, MemoryShortError):
        error.needed = 7
    for other, text in (
        (copy.copy(error), "two words"),
        (pickle.loads(pickle.dumps(error)), "two words"),
        (error.reworded("more words"), "more words"),
        (located("f.nc", error), "f.nc: two words"),
    ):
        assert type(other) is kind
        assert str(other) == text
        assert vars(other) == vars(error)


def test_kinds_are_those_of_numpy() -> None:
    assert issubclass(AxisNumberError, (UsageError, ValueError, IndexError))
    assert {ValueError, IndexError} <= set(AxisNumberError.__mro__)
    assert {ValueError, IndexError} <= set(np.exceptions.AxisError.__mro__)
    assert {ValueError, TypeError} <= set(KindError.__mro__)
    assert KindError.exit_code == AxisNumberError.exit_code == 2
    assert MissingFileError.exit_code == UnwritableError.exit_code == 1
