"""The Python face for files: what a run says of itself, and what it refuses."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pytest

import gradcli
from gradcli.errors import GradcliError, UsageError


@pytest.fixture
def array(tmp_path: Path) -> Path:
    np.save(tmp_path / "f.npy", np.random.default_rng(0).normal(size=(30, 40)))
    return tmp_path / "f.npy"


def test_the_report_says_what_was_done(array: Path) -> None:
    report = gradcli.differentiate(array, axis=["1"], accuracy=4)
    assert report.outputs == [str(array.with_name("f_d1.npy"))]
    (variable,) = report.variables
    assert variable["axes"][0]["accuracy"] == 4
    assert variable["axes"][0]["edge_order"] == 4
    assert report.bytes_in == report.bytes_out == 30 * 40 * 8
    assert json.loads(json.dumps(report.as_dict()))["format"] == "npy"


def test_values_are_those_of_the_array_function(array: Path) -> None:
    report = gradcli.differentiate(array, spacing={"0": 0.5, "1": -2.0}, order=2, edge_order=2)
    expected = gradcli.gradient(np.load(array), 0.5, -2.0, order=2, edge_order=2)
    for path, part in zip(report.outputs, expected, strict=True):
        np.testing.assert_array_equal(np.load(path), part)


def test_stack_puts_components_first(array: Path) -> None:
    report = gradcli.differentiate(array, stack=True)
    assert report.outputs == [str(array.with_name("f_gradient.npy"))]
    stacked = np.load(report.outputs[0])
    for part, expected in zip(stacked, gradcli.gradient(np.load(array)), strict=True):
        np.testing.assert_array_equal(part, expected)


def test_a_dry_run_writes_nothing(array: Path) -> None:
    report = gradcli.differentiate(array, dry_run=True)
    assert report.dry_run
    assert [path.name for path in array.parent.iterdir()] == ["f.npy"]


def test_skip_existing_leaves_what_is_there(array: Path) -> None:
    for name in ("f_d0.npy", "f_d1.npy"):
        (array.parent / name).write_text("mine")
    assert gradcli.differentiate(array, skip_existing=True).skipped
    assert (array.parent / "f_d0.npy").read_text() == "mine"


def test_skip_existing_completes_results_that_are_there_in_part(array: Path) -> None:
    # As a run leaves them that is killed between one name and the next.
    (array.parent / "f_d0.npy").write_text("of a run that was killed")
    assert not gradcli.differentiate(array, skip_existing=True).skipped
    for axis in (0, 1):
        assert np.load(array.parent / f"f_d{axis}.npy").shape == np.load(array).shape


def test_skip_existing_does_again_what_is_older_than_its_input(array: Path) -> None:
    for name in ("f_d0.npy", "f_d1.npy"):
        (array.parent / name).write_text("old")
    os.utime(array.parent / "f_d1.npy", (0, 0))
    assert not gradcli.differentiate(array, skip_existing=True).skipped
    assert np.load(array.parent / "f_d1.npy").shape == np.load(array).shape


@pytest.mark.parametrize("overwrite", [False, True])
def test_the_input_is_never_the_output(array: Path, overwrite: bool) -> None:
    before = array.read_bytes()
    with pytest.raises(GradcliError, match="is the input"):
        gradcli.differentiate(array, array, axis="0", overwrite=overwrite)
    assert array.read_bytes() == before


def test_dtype_is_that_asked_for(array: Path) -> None:
    report = gradcli.differentiate(array, axis="0", dtype="f4")
    assert np.load(report.outputs[0]).dtype == np.float32
    single = np.load(array).astype("f4")
    np.save(array, single)
    report = gradcli.differentiate(array, axis="0", dtype="f8", overwrite=True)
    found = np.load(report.outputs[0])
    np.testing.assert_array_equal(found, gradcli.gradient(single.astype("f8"), axis=0))


@pytest.mark.parametrize(
    "given",
    [
        {"overwrite": True, "skip_existing": True},
        {"csv_layout": "wide"},
        {"format": "grib"},
        {"dst": "a.npy", "output_dir": "b"},
        {"dst": "{nope}.npy", "axis": "0"},
        {"dst": "one.npy"},
        {"memory": "much"},
        {"jobs": 0},
        {"scheme": "upwind"},
        {"edges": "wrapped"},
        {"name": "same"},
    ],
)
def test_wrong_usage_is_refused_and_writes_nothing(array: Path, given: dict) -> None:
    with pytest.raises(UsageError):
        gradcli.differentiate(array, **given)
    assert [path.name for path in array.parent.iterdir()] == ["f.npy"]


def test_progress_counts_bytes(array: Path) -> None:
    seen: list[tuple[int, int]] = []
    report = gradcli.differentiate(
        array,
        axis="0",
        memory=16 * 2**20 + 8000,
        on_block=lambda done, count: seen.append((done, count)),
    )
    done = [count for count, _ in seen]
    assert len(seen) == report.blocks > 2
    assert done == sorted(set(done))
    assert seen[-1] == (report.bytes_in, report.bytes_in)
    assert {count for _, count in seen} == {report.bytes_in}
