"""Which variables along which axes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import h5py
import netCDF4
import numpy as np
import pytest

from gradcli.errors import GradcliError, InputError, UsageError
from gradcli.formats.opening import open_source
from gradcli.model.axes import Vector
from gradcli.model.protocols import Source
from gradcli.plan.choose import choose
from gradcli.settings import Settings


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
        ({"isel": {"lat": (0, 2)}, "periodic": {"lat": None}}, UsageError, "does not close"),
        ({"coords": {"lat": "edges.npy"}}, InputError, "bin edges"),
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
    assert notes == ["left out, they lack an axis asked for: profile, n"]
    _, notes = choose(grid, Settings(), VECTORS.__getitem__)
    assert notes == [
        "left out, no axis has two points: n",
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
