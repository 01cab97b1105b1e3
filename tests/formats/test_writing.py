"""Results in files: one suffix, one place each."""

from __future__ import annotations

import io
import os
import sys
from pathlib import Path

import netCDF4
import numpy as np
import pytest

import gradcli
from gradcli.errors import GradcliError, InputError
from gradcli.formats.npy.source import NpySource
from gradcli.formats.opening import open_source
from gradcli.formats.writing import create_sink
from gradcli.model.fields import Result
from gradcli.model.protocols import Destination


def test_standard_output_gets_the_data_when_the_file_is_complete(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    np.save(tmp_path / "a.npy", np.arange(6.0))
    stdout = io.TextIOWrapper(io.BytesIO())
    monkeypatch.setattr(sys, "stdout", stdout)
    with open_source(str(tmp_path / "a.npy")) as source:
        field = source.fields["a"]
        result = Result("da_d0", field.axes, np.dtype("f8"), "d0", field)
        with create_sink([("-", [result])], "npy", source, Destination()) as sink:
            sink.put(sink.packer.pack("da_d0", (slice(0, 6),), np.ones(6)))
            assert stdout.buffer.getvalue() == b""
    np.testing.assert_array_equal(np.load(io.BytesIO(stdout.buffer.getvalue())), np.ones(6))


def test_the_input_is_closed_before_an_output_has_its_name(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", np.arange(6.0))
    out = tmp_path / "b.npy"

    class Watched(NpySource):
        def close(self) -> None:
            super().close()
            states.append(out.exists())

    states: list[bool] = []
    with Watched(str(tmp_path / "a.npy")) as source:
        field = source.fields["a"]
        result = Result("da_d0", field.axes, np.dtype("f8"), "d0", field)
        with create_sink([(str(out), [result])], "npy", source, Destination()) as sink:
            sink.put(sink.packer.pack("da_d0", (slice(0, 6),), np.ones(6)))
    assert states == [False, True]
    np.testing.assert_array_equal(np.load(out), np.ones(6))


def test_two_results_in_one_file_without_a_place_for_each_are_refused(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", np.ones((3, 3)))
    out = str(tmp_path / "out.npy")
    with open_source(str(tmp_path / "a.npy")) as source:
        field = source.fields["a"]
        results = [Result(f"r{i}", field.axes, np.dtype("f8"), "d", field) for i in (0, 1)]
        outputs = [(out, [results[0]]), (out, [results[1]])]
        with (
            pytest.raises(GradcliError, match="two results would go to this file"),
            create_sink(outputs, "npy", source, Destination()),
        ):
            pass
    assert os.listdir(tmp_path) == ["a.npy"]
    assert InputError.exit_code == 1


@pytest.mark.parametrize("suffix", ["h5", "npz", "csv", "nc"])
def test_coordinates_that_another_format_does_not_get_are_named(
    tmp_path: Path, suffix: str
) -> None:
    with netCDF4.Dataset(tmp_path / "a.nc", "w") as file:
        file.createDimension("cast", 2)
        file.createDimension("level", 4)
        file.createVariable("cast", "f8", ("cast",))[:] = [5, 6]
        file.createVariable("day", "f8", ("cast",))[:] = [1, 9]
        file.createVariable("depth", "f8", ("cast", "level"))[:] = [[0, 1, 2, 4], [0, 2, 3, 4]]
        file.createVariable("temp", "f8", ("cast", "level"))[:] = np.arange(8).reshape(2, 4)
        file["temp"].coordinates = "depth day cast"
    report = gradcli.differentiate(
        tmp_path / "a.nc", tmp_path / f"b.{suffix}", axis="depth", var="temp"
    )
    said = [note for note in report.notes if "not written" in note]
    assert [note.partition(":")[0] for note in said] == (["depth, day"] if suffix == "csv" else [])
