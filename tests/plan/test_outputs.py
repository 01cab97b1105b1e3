"""Where results go."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from gradcli.errors import UsageError
from gradcli.formats.opening import open_source
from gradcli.model.axes import Axis
from gradcli.model.fields import Field, Result
from gradcli.model.protocols import Destination, Hints, Source
from gradcli.plan.outputs import output_format, place_results, placed

DOUBLE = np.dtype("f8")


def results(*names: str, field: str = "f") -> list[Result]:
    origin = Field(field, (Axis(None, 4), Axis(None, 5)), "float64", DOUBLE, DOUBLE)
    return [Result(f"d{field}_{name}", origin.axes, DOUBLE, name, origin) for name in names]


@pytest.fixture
def npy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Source]:
    """Return an open NPY input in/f.npy."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "in").mkdir()
    np.save("in/f.npy", np.zeros((4, 5)))
    with open_source("in/f.npy") as source:
        yield source


@pytest.fixture
def nc(npy: Source) -> Iterator[Source]:
    """Return an open NetCDF input in/f.nc."""
    xr.Dataset({"f": (("y", "x"), np.zeros((4, 5)))}).to_netcdf("in/f.nc", engine="netcdf4")
    with open_source("in/f.nc") as source:
        yield source


def paths(source: Source, found: list[Result], **given) -> list[str]:
    return [path for path, _ in place_results(source, found, "gradient", Destination(**given))]


def test_default_names(npy: Source, nc: Source) -> None:
    two = results("d0", "d1")
    assert paths(npy, two) == ["in/f_d0.npy", "in/f_d1.npy"]
    assert paths(nc, two) == ["in/f_gradient.nc"]
    assert paths(npy, two, folder="out") == ["out/f_d0.npy", "out/f_d1.npy"]
    assert paths(npy, two, stack=True) == ["in/f_gradient.npy"]


def test_several_variables_of_one_array_files_are_told_apart(npy: Source) -> None:
    two = [*results("d0"), *results("d0", field="g")]
    assert paths(npy, two) == ["in/f_f_d0.npy", "in/f_g_d0.npy"]


def test_templates(npy: Source, nc: Source) -> None:
    two = results("d0", "d1")
    assert paths(npy, two, path="x/{stem}-{component}{suffix}") == ["x/f-d0.npy", "x/f-d1.npy"]
    assert paths(nc, two, path="{stem}_out{suffix}") == ["f_out.nc"]
    assert paths(npy, two, path="both.npz") == ["both.npz"]
    with pytest.raises(UsageError, match=r"\{component\}"):
        paths(npy, two, path="one.npy")
    with pytest.raises(UsageError, match=r"\{stem\}"):
        paths(nc, two, path="{name}.nc")


def test_braces_in_names_of_inputs_are_plain(npy: Source) -> None:
    Path("a{b}").mkdir()
    np.save("a{b}/c{d}.npy", np.zeros((4, 5)))
    with open_source("a{b}/c{d}.npy") as source:
        assert paths(source, results("d0")) == ["a{b}/c{d}_d0.npy"]


def test_the_suffix_of_the_output_names_its_format(npy: Source, nc: Source) -> None:
    assert output_format(npy, Destination("x.nc")) == "netcdf"
    assert output_format(npy, Destination("x")) == "npy"
    assert output_format(npy, Destination("-")) == "npy"
    assert output_format(nc, Destination("{stem}{suffix}")) == "netcdf"


def test_two_places_exclude_each_other() -> None:
    with pytest.raises(UsageError):
        Destination("a", "b")


@pytest.mark.parametrize("path", ["x.png", "x.parquet", "x.xlsx", "a.nc/x.odd", "{stem}.odd"])
def test_a_suffix_of_no_format_is_refused(npy: Source, path: str) -> None:
    with pytest.raises(UsageError, match="stands for no format"):
        output_format(npy, Destination(path))


def test_a_device_and_the_suffix_of_the_input_are_no_other_format(tmp_path: Path) -> None:
    with (tmp_path / "a.odd").open("wb") as file:
        np.save(file, np.ones(3))
    with open_source(str(tmp_path / "a.odd"), Hints(format="npy")) as source:
        assert output_format(source, Destination("b.odd")) == "npy"
        assert output_format(source, Destination("/dev/null")) == "npy"


def test_a_folder_as_output_gets_the_default_name(tmp_path: Path) -> None:
    assert placed(tmp_path, None) == (None, str(tmp_path))
    assert placed("-", None) == ("-", None)
    for output, folder in (("made/", "b"), ("{stem}/", None)):
        with pytest.raises(UsageError):
            placed(output, folder)
