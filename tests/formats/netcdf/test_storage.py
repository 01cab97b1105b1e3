"""The kind of a NetCDF file, its chunks and compression."""

from __future__ import annotations

import os
from pathlib import Path

import netCDF4
import numpy as np
import pytest

import gradcli
from gradcli.formats.opening import open_source
from gradcli.formats.writing import create_sink
from gradcli.model.fields import Result
from gradcli.model.protocols import Destination
from tests.formats.netcdf.test_source import CLASSIC, KINDS, VALUES, add, create
from tests.grids import uneven


def write_field(path: Path, kind: str = "NETCDF4", **words: object) -> Path:
    with create(path, kind) as file:
        add(file, "f", VALUES, ("y", "x"), **words)
    return path


@pytest.mark.parametrize("kind", KINDS)
def test_results_keep_the_kind_of_their_source(tmp_path: Path, kind: str) -> None:
    path = write_field(tmp_path / "a.nc", kind)
    with open_source(str(path)) as source:
        assert source.notes == []
        assert source.dataset.data_model == kind
    report = gradcli.differentiate(path)
    with netCDF4.Dataset(report.outputs[0]) as file:
        assert file.data_model == kind
        assert list(file.variables) == ["y", "x", "df_dy", "df_dx"]
        exact = np.gradient(VALUES, uneven(6), uneven(5))
        for name, expected in zip(("df_dy", "df_dx"), exact, strict=True):
            np.testing.assert_allclose(file[name][...], expected, rtol=1e-9)


@pytest.mark.parametrize(
    ("kind", "dtype", "sizes", "made"),
    [
        (0, "i1", [10], 0),
        (0, "i1", [2**27], 0),
        (0, "i1", [2**28], 1),
        (0, "i1", [2**27, 2**27], 1),
        (0, "i1", [2**29], 2),
        (1, "i1", [2**28, 2**28], 1),
        (1, "i1", [2**29], 2),
        (2, "i1", [2**29], 2),
    ],
)
def test_results_that_do_not_fit_get_the_next_kind_that_holds_them(
    tmp_path: Path, kind: int, dtype: str, sizes: list[int], made: int
) -> None:
    # Nothing is written into these files: both ends are as good as empty on the disk.
    with netCDF4.Dataset(tmp_path / "a.nc", "w", format=CLASSIC[kind]) as file:
        file.set_fill_off()
        for index, size in enumerate(sizes):
            file.createDimension(f"x{index}", size)
            file.createVariable(f"f{index}", dtype, (f"x{index}",))
    os.truncate(tmp_path / "a.nc", 2**20 + sum(sizes))
    double = np.dtype("f8")
    with open_source(str(tmp_path / "a.nc")) as source:
        results = [
            Result(f"r{field.name}", field.axes, double, "d", field)
            for field in source.fields.values()
        ]
        out = str(tmp_path / "out.nc")
        with create_sink([(out, results)], "netcdf", source, Destination()) as sink:
            assert bool(sink.notes) == (kind != made)
    with netCDF4.Dataset(out) as file:
        assert file.data_model == CLASSIC[made]
    os.unlink(out)


def test_chunks_and_compression_of_a_source_are_those_of_its_results(tmp_path: Path) -> None:
    with create(tmp_path / "a.nc") as file:
        options = {"zlib": True, "complevel": 7, "shuffle": True, "fletcher32": True}
        file.createVariable("f", "f4", ("y", "x"), chunksizes=(3, 2), **options)[:] = VALUES
        file.createVariable("g", "f4", ("y", "x"), contiguous=True)[:] = VALUES
    report = gradcli.differentiate(tmp_path / "a.nc", axis="y")
    with netCDF4.Dataset(report.outputs[0]) as file:
        assert file["df_dy"].chunking() == [3, 2]
        filters = file["df_dy"].filters()
        assert {name: filters[name] for name in options} == options
        assert file["dg_dy"].chunking() == "contiguous"
        assert not file["dg_dy"].filters()["zlib"]
