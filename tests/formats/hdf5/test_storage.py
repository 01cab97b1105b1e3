"""Filters of results: those of their source."""

from __future__ import annotations

from pathlib import Path

import h5py
import numpy as np
import pytest

import gradcli
from tests.formats.hdf5.test_source import FILTERS, SHAPE, VALUES, write_field
from tests.grids import uneven


@pytest.mark.parametrize("name", FILTERS)
def test_results_are_compressed_where_their_source_is(tmp_path: Path, name: str) -> None:
    path = write_field(tmp_path / "a.h5", **FILTERS[name])
    report = gradcli.differentiate(path, axis="y")
    with h5py.File(report.outputs[0]) as file:
        packed = name not in ("contiguous", "chunked", "growing")
        assert (file["df_dy"].compression == "gzip") == packed
        expected = np.gradient(VALUES, uneven(SHAPE[0]), axis=0)
        np.testing.assert_allclose(file["df_dy"][...], expected, rtol=1e-9)
