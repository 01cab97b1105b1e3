"""What a block reads for its columns counts towards its memory."""

from __future__ import annotations

from pathlib import Path

import pytest

from gradcli.errors import UsageError
from gradcli.formats.opening import open_source
from gradcli.model.protocols import Destination
from gradcli.numerics.operator import Manner
from gradcli.numerics.operators import make_operators
from gradcli.plan.plan import make_plan
from gradcli.settings import Run, Settings
from tests.columns import ocean


def test_coordinates_and_terms_count_per_cell(tmp_path: Path) -> None:
    ocean(tmp_path / "o.nc", stored=True)
    with open_source(str(tmp_path / "o.nc")) as source:
        costs = {}
        for axis in ("s_rho", "z_rho", "z"):
            settings = Settings(var=("temp",), axis=(axis,))
            (task,) = make_plan(source, settings, Destination(), Run(dry_run=True)).tasks
            costs[axis] = task.need().read_bytes, len(task.columns)
        cell = source.fields["z_rho"].cell_bytes
    assert costs["s_rho"][1] == 0
    assert costs["z_rho"] == (costs["s_rho"][0] + cell, 1)
    assert costs["s_rho"][0] < costs["z"][0]


def test_columns_that_run_along_components_are_refused(tmp_path: Path) -> None:
    ocean(tmp_path / "o.nc", stored=True)
    settings = Settings(
        operators=make_operators("divergence", (), Manner()),
        var=("temp",),
        axis=("z_rho",),
        components="xi_rho",
    )
    with (
        open_source(str(tmp_path / "o.nc")) as source,
        pytest.raises(UsageError, match="components"),
    ):
        make_plan(source, settings, Destination(), Run(dry_run=True))
