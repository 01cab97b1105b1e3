"""Options without effect on axes or outputs are refused, wherever they are given."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gradcli import differentiate
from gradcli.errors import UsageError
from tests.grids import write_grid

X, Y = np.arange(4.0), np.array([0.0, 1.0, 3.0, 4.0, 6.0])


@pytest.fixture(autouse=True)
def inputs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    values = np.random.default_rng(3).normal(size=(5, 4))
    np.save("a.npy", values)
    np.savez("a.npz", T=values, y=Y)
    for kind in ("netcdf", "hdf5"):
        write_grid(kind, tmp_path, values, {"y": Y, "x": X})
    Path("t.csv").write_text("t,u,v\n0,1,2\n1,3,5\n3,2,2\n")
    Path("m.csv").write_text("1,2,4\n5,2,9\n0,1,1\n")


@pytest.mark.parametrize("option", [{"sort": True}, {"duplicates": "mean"}, {"snap": False}])
def test_what_is_about_coordinates_where_there_are_none(option: dict[str, Any]) -> None:
    for path in ("a.npy", "m.csv"):
        with pytest.raises(UsageError, match="is about coordinates, and no axis"):
            differentiate(path, **option)
    with pytest.raises(UsageError, match="is about coordinates, and no axis"):
        differentiate("f.nc", axis="x", spacing=2.0, **option)
    differentiate("a.npz", dims="y,x", coords={"x": "0,1,2,3"}, **option)
    differentiate("f.nc", overwrite=True, **option)


def test_an_axis_without_ends() -> None:
    for option in ({"edge_order": 2}, {"edges": "missing"}):
        with pytest.raises(UsageError, match="a periodic axis has no ends"):
            differentiate("f.nc", axis="x", periodic="x", **option)  # type: ignore[arg-type]
    differentiate("f.nc", periodic="x", edge_order=2)


def test_ends_that_are_missing_have_no_order() -> None:
    with pytest.raises(UsageError, match="no one-sided differences"):
        differentiate("f.nc", edges="missing", edge_order=2)
    differentiate("f.nc", edges="missing", edge_order=2, missing="adapt")


def test_upwards_where_nothing_grows_downwards() -> None:
    with pytest.raises(UsageError, match="grows downwards"):
        differentiate("f.nc", follow_positive=True)


@pytest.mark.parametrize("path", ["a.npy", "m.csv"])
def test_an_array_alone_has_no_name_and_carries_nothing(path: str) -> None:
    with pytest.raises(UsageError, match="has no name"):
        differentiate(path, name="{var}_{axis}")
    with pytest.raises(UsageError, match="carries nothing along"):
        differentiate(path, keep=True)


@pytest.mark.parametrize("output", ["o.npz", "o.h5", "o.zarr", "o_{component}.npy"])
def test_another_format_carries_nothing_along(output: str) -> None:
    with pytest.raises(UsageError, match="carries nothing along"):
        differentiate("f.nc", output, keep=True)
    assert not Path(output).exists()


def test_columns_are_not_stacked() -> None:
    with pytest.raises(UsageError, match="CSV has columns"):
        differentiate("t.csv", axis="t", stack=True)


def test_standard_output_is_no_file() -> None:
    with pytest.raises(UsageError, match="is about files"):
        differentiate("a.npy", "-", stack=True, skip_existing=True)


@pytest.mark.parametrize("path", ["a.npy", "a.npz", "f.nc", "f.h5"])
@pytest.mark.parametrize("option", [{"csv_layout": "matrix"}, {"decimal": "."}, {"header": 1}])
def test_what_is_said_of_text(path: str, option: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match=r"is for text in CSV, this is an? "):
        differentiate(path, **option)


def test_what_is_said_of_text_is_not_said_of_coordinates() -> None:
    np.save("t.npy", np.array([0.0, 1.0, 3.0]))
    differentiate("t.csv", axis="t", coords={"t": "t.npy"}, decimal=".", csv_layout="table")
