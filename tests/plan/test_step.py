"""The note on a step of one that is assumed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import gradcli


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, "axes 0, 1 have no coordinates, so the step is 1; t, x would fit (axis='t')"),
        (
            {"axis": 1},
            "axis 1 has no coordinates, so the step is 1; x would fit (axis='x')",
        ),
        ({"axis": "x"}, None),
        ({"spacing": 1}, None),
        ({"axis": 1, "coords": {1: ":x"}}, None),
    ],
)
def test_the_arrays_that_would_fit_are_named(
    tmp_path: Path, given: dict, expected: str | None
) -> None:
    np.savez(tmp_path / "a.npz", f=np.ones((3, 4)), t=np.arange(3.0), x=np.arange(4.0))
    report = gradcli.differentiate(tmp_path / "a.npz", var="f", **given)
    said = [note for note in report.notes if "the step is 1" in note]
    assert said == ([] if expected is None else [expected])


def test_without_arrays_that_fit_the_options_are_named(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", np.ones(3))
    (note,) = gradcli.differentiate(tmp_path / "a.npy").notes
    assert note == "axis 0 has no coordinates, so the step is 1; give it with spacing= or coords="


def test_fields_of_which_different_things_are_true_are_named(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", f=np.ones((3, 4)), g=np.ones((3, 4)), h=np.ones((2, 2)))
    notes = gradcli.differentiate(tmp_path / "a.npz", axis=0).notes
    assert notes == [
        "axis 0 has no coordinates, so the step is 1; give it with spacing= or coords="
    ]
    notes = gradcli.differentiate(tmp_path / "a.npz", axis=0, spacing={1: 2}, overwrite=True).notes
    first, second = notes
    assert first.startswith("axis 0 has no coordinates")
    assert second.startswith("spacing={'1': 2} changes nothing")
    np.savez(tmp_path / "b.npz", f=np.ones((3, 4)), t=np.arange(3.0))
    notes = gradcli.differentiate(tmp_path / "b.npz", axis=0).notes
    assert [note.split(":")[0] for note in notes] == ["f", "t"]
