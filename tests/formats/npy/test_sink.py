"""NPY as written: order, stacks."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import gradcli
from gradcli.formats.opening import open_source
from gradcli.formats.writing import create_sink
from gradcli.model.fields import Result
from gradcli.model.protocols import Destination


def test_the_order_of_the_input_is_kept_in_results(tmp_path: Path) -> None:
    for order in "CF":
        values = np.asarray(np.random.default_rng(0).normal(size=(6, 7, 2)), order=order)
        np.save(tmp_path / "a.npy", values)
        report = gradcli.differentiate(tmp_path / "a.npy", overwrite=True)
        for path, exact in zip(report.outputs, np.gradient(values), strict=True):
            found = np.load(path)
            assert found.flags.f_contiguous == (order == "F")
            np.testing.assert_allclose(found, exact, rtol=1e-14, atol=1e-14)


def test_stacked_results_come_as_a_new_first_axis(tmp_path: Path) -> None:
    values = np.random.default_rng(0).normal(size=(6, 7))
    for name, order in (("c", "C"), ("f", "F")):
        np.save(tmp_path / f"{name}.npy", np.asarray(values, order=order))
        report = gradcli.differentiate(tmp_path / f"{name}.npy", stack=True)
        (path,) = report.outputs
        assert Path(path).name == f"{name}_gradient.npy"
        np.testing.assert_allclose(np.load(path), np.stack(np.gradient(values)), rtol=1e-13)


def test_results_of_two_types_are_stacked_in_the_wider(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", np.ones((2, 3)))
    out = str(tmp_path / "out.npy")
    with open_source(str(tmp_path / "a.npy")) as source:
        field = source.fields["a"]
        results = [Result(t, field.axes, np.dtype(t), "d", field) for t in ("f4", "f8")]
        with create_sink([(out, results)], "npy", source, Destination(stack=True)) as sink:
            for t in ("f8", "f4"):
                sink.put(sink.packer.pack(t, (slice(0, 2), slice(0, 3)), np.full((2, 3), 0.1, t)))
    found = np.load(out)
    assert found.dtype == np.float64
    np.testing.assert_array_equal(found[:, 0, 0], [np.float32(0.1), 0.1])


@pytest.mark.parametrize("suffix", [".npy", ".npz"])
@pytest.mark.parametrize("stack", [False, True])
def test_fortran_order_is_kept_but_not_of_stacked_components(
    tmp_path: Path, suffix: str, stack: bool
) -> None:
    values = np.asfortranarray(np.random.default_rng(3).random((5, 6, 4)))
    path = tmp_path / f"a{suffix}"
    if suffix == ".npy":
        np.save(path, values)
    else:
        np.savez(path, a=values)
    out = tmp_path / f"out{suffix}"
    gradcli.differentiate(path, out, axis=1 if not stack else None, stack=stack, overwrite=True)
    loaded = np.load(out)
    found = loaded if suffix == ".npy" else loaded[loaded.files[0]]
    expected = np.gradient(values) if stack else np.gradient(values, axis=1)
    np.testing.assert_allclose(found, expected)
    assert found.flags.f_contiguous != stack
