"""Which variables along which axes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import h5py
import netCDF4
import numpy as np
import pytest

import gradcli
from gradcli.errors import GradcliError, InputError, UsageError
from gradcli.formats.opening import open_source
from gradcli.model.axes import Vector
from gradcli.model.fields import Field
from gradcli.model.protocols import Hints, Source
from gradcli.plan.choose import choose
from gradcli.settings import Settings
from tests.long import long


def chosen(source: Source, **given) -> dict[str, list[str]]:
    choices, _ = choose(source, Settings(**given), VECTORS.__getitem__)
    return {c.field.name: [along.label for along in c.along] for c in choices}


VECTORS = {
    "good.npy": Vector(np.array([0.0, 1.0, 4.0]), 2.0**-52, "m"),
    "edges.npy": Vector(np.arange(4.0), 2.0**-52, None),
}


def test_by_default_every_variable_along_its_own_axes(grid: Source) -> None:
    found = {"T": ["lat", "lon"], "group/q": ["lat", "lon"], "profile": ["lat"]}
    assert chosen(grid) == found


def test_with_axes_every_variable_that_has_them_all(grid: Source) -> None:
    assert chosen(grid, axis=("x", "lat")) == {"T": ["x", "lat"], "group/q": ["x", "lat"]}
    assert chosen(grid, axis=("-1",), var=("T",)) == {"T": ["2"]}


def test_variables_by_name_path_and_leaf(grid: Source) -> None:
    assert list(chosen(grid, var=("q,T",))) == ["group/q", "T"]
    assert list(chosen(grid, var=("/group/q", "T"))) == ["group/q", "T"]
    assert list(chosen(grid, var=("lat_bnds",))) == ["lat_bnds"]


@pytest.mark.parametrize(
    ("given", "kind", "words"),
    [
        ({"var": ("Q",)}, UsageError, "no variable 'Q'"),
        ({"axis": ("lno",)}, UsageError, "did you mean 'lon'"),
        ({"axis": ("lon",), "var": ("profile",)}, UsageError, "no axis 'lon'"),
        ({"axis": ("lon", "x")}, UsageError, "twice"),
        ({"spacing": {"z": 1.0}}, UsageError, "--spacing: no axis 'z'"),
        ({"isel": {"z": 1}}, UsageError, "--isel: no axis 'z'"),
        ({"isel": {"lat": 0}, "sel": {"y": (0, None)}}, UsageError, "exclude"),
        (
            {"isel": {"lat": (0, 2)}, "periodic": {"lat": None}, "halo": False},
            UsageError,
            "does not close",
        ),
        ({"dims": ("a", "b")}, UsageError, "--dims a,b fits no variable"),
    ],
)
def test_what_is_not_there_is_refused(grid: Source, given: dict, kind: type, words: str) -> None:
    with pytest.raises(kind, match=words):
        chosen(grid, **given)


@pytest.fixture
def twins(tmp_path: Path) -> Iterator[Source]:
    """Return an open file with two datasets of one name, and one with a comma in its name."""
    with h5py.File(tmp_path / "twins.h5", "w") as file:
        for name in ("a/q", "b/q", "a,b"):
            file[name] = np.zeros(3)
    with open_source(str(tmp_path / "twins.h5")) as source:
        yield source


def test_a_leaf_that_two_groups_have_needs_its_path(twins: Source) -> None:
    assert list(chosen(twins, var=("b/q",))) == ["b/q"]
    with pytest.raises(UsageError, match="a/q, b/q"):
        chosen(twins, var=("q",))


def test_a_name_with_a_comma_is_a_name(twins: Source) -> None:
    assert list(chosen(twins, var=("a,b",))) == ["a,b"]


def test_notes_say_what_was_left_out(grid: Source) -> None:
    _, notes = choose(grid, Settings(axis=("lon",)), VECTORS.__getitem__)
    assert notes == ["profile, n: left out, without an axis that was asked for"]
    _, notes = choose(grid, Settings(), VECTORS.__getitem__)
    assert notes == [
        "n: left out, because no axis has two points",
        "T: no derivative along time, of one point",
    ]


def test_nothing_to_do_says_what_there_is(tmp_path: Path) -> None:
    with netCDF4.Dataset(tmp_path / "axis.nc", "w") as file:
        file.createDimension("x", 3)
        file.createVariable("x", "f8", ("x",))[:] = np.arange(3)
    with (
        open_source(str(tmp_path / "axis.nc")) as source,
        pytest.raises(InputError, match=r"x \(coordinate\)"),
    ):
        chosen(source)
    np.save(tmp_path / "one.npy", np.zeros(1))
    with (
        open_source(str(tmp_path / "one.npy")) as source,
        pytest.raises(GradcliError, match="two points"),
    ):
        chosen(source)


# --- axes without points ----------------------------------------------------------------------


def write_empty(folder: Path, kind: str, shape: tuple[int, ...]) -> Path:
    """Write an array f of a shape with a 0 in it; its axes are a, b, c where they have names."""
    path = folder / f"empty.{kind.rpartition(' ')[2]}"
    if kind == "npy":
        np.save(path, np.zeros(shape, "f4"))
    elif kind == "fortran npy":
        np.save(path, np.zeros(shape, "f4", order="F"))
    elif kind == "npz":
        np.savez(path, f=np.zeros(shape, "f4"))
    elif kind == "deflated npz":
        np.savez_compressed(path, f=np.zeros(shape, "f4"))
    elif kind.endswith("h5"):
        chunks = {"chunks": (2,) * len(shape), "maxshape": (None,) * len(shape)}
        with h5py.File(path, "w") as file:
            given = chunks if kind == "chunked h5" else {}
            file.create_dataset("f", shape=shape, dtype="f4", **given)
    else:
        model = {"nc": "NETCDF4", "classic nc": "NETCDF3_CLASSIC"}[kind]
        with netCDF4.Dataset(path, "w", format=model) as file:
            for name, size in zip("abc", shape, strict=False):
                file.createDimension(name, size or None)
                file.createVariable(name, "f8", (name,))[:] = np.arange(float(size))
            file.createVariable("f", "f4", tuple("abc"[: len(shape)]))
    return path


KINDS = ["npy", "fortran npy", "npz", "deflated npz", "h5", "chunked h5", "nc", "classic nc"]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("shape", [(0, 5), (5, 0), long((0, 4, 5))])
def test_an_axis_without_points_beside_others_gives_an_empty_result(
    tmp_path: Path, kind: str, shape: tuple[int, ...]
) -> None:
    if kind == "classic nc" and shape[0]:
        pytest.skip("only the first dimension of a classic file can be without points")
    path = write_empty(tmp_path, kind, shape)
    axis = shape.index(5)
    out = tmp_path / f"out.{kind.rpartition(' ')[2]}"
    for given in ({}, {"missing": "adapt"}, {"order": 2}):
        report = gradcli.differentiate(path, out, axis=str(axis), overwrite=True, **given)
        assert report.variables[0]["shape"] == list(shape)
    gone = str(shape.index(0))
    with pytest.raises(InputError, match="has no points to differentiate along"):
        gradcli.differentiate(path, out, axis=gone, overwrite=True)
    with pytest.raises(UsageError, match=r"isel.*: the axis has no points"):
        gradcli.differentiate(path, out, axis=str(axis), isel={gone: 0}, overwrite=True)
    report = gradcli.differentiate(path, tmp_path / "every.h5", operator="magnitude")
    assert any("no derivative along" in note and "without points" in note for note in report.notes)
    with h5py.File(report.outputs[0]) as file:
        assert [file[name].shape for name in file if name.startswith("grad")] == [shape]
    (read,) = source_of(out)
    assert (read.shape, read.result_dtype) == (shape, np.dtype("f4"))
    if kind.endswith("nc"):
        with netCDF4.Dataset(out) as file:
            assert file.dimensions["ab"[shape.index(0)]].isunlimited()


def source_of(path: Path) -> list[Field]:
    with open_source(str(path), Hints()) as source:
        return [field for field in source.fields.values() if field.kind == "data"]


def test_a_file_of_an_axis_without_points_alone_is_refused(tmp_path: Path) -> None:
    np.save(tmp_path / "f.npy", np.zeros(0))
    with pytest.raises(InputError, match="no variable has an axis of two points or more"):
        gradcli.differentiate(tmp_path / "f.npy")
    with pytest.raises(InputError, match="axis 0: has no points to differentiate along"):
        gradcli.differentiate(tmp_path / "f.npy", axis="0")
