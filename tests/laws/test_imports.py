"""A small file waits for each module that a run imports, so a run imports only what it needs."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import netCDF4
import numpy as np
import pytest

RUN = """
import sys
from gradcli.api import run
run("a" + sys.argv[1], axis=sys.argv[2])
print(*sys.modules)
"""
# What only some options, formats or grids need.
SPARED = (
    *("cf.vectors", "cf.parametric", "cf.dates"),
    *("geometry.auxiliary", "geometry.factors", "geometry.geographic", "geometry.rescaled"),
    *("geometry.coordinates", "geometry.orthogonal", "geometry.scales"),
    *(
        "numerics.adapt",
        "numerics.columns",
        "numerics.expressions",
        "numerics.mixed",
        "numerics.smoothing",
    ),
    *("numerics.earth", "numerics.live", "numerics.track_spacing", "numerics.track_stencils"),
    *("plan.arrange", "plan.around", "plan.column_reads", "plan.columns", "plan.formulas"),
    *("plan.live", "plan.pointing", "plan.polar", "plan.region", "plan.rounding", "plan.select"),
    *("plan.staggered", "plan.tracks", "plan.unwrap"),
    *("engine.across", "engine.adapting", "engine.columns", "engine.gather"),
)
# What the extras of gradcli install.
EXTRAS = {"matplotlib", "sympy", "zarr", "numcodecs", "obstore", "dask", "distributed"}


@pytest.mark.parametrize(("suffix", "axis"), [(".npy", "0"), (".csv", "x")])
def test_a_plain_run_imports_only_what_it_needs(tmp_path: Path, suffix: str, axis: str) -> None:
    if suffix == ".npy":
        np.save(tmp_path / "a.npy", np.arange(12.0).reshape(4, 3) ** 2)
    else:
        (tmp_path / "a.csv").write_text("x,T\n0,1\n1,2\n2,4\n")
    command = [sys.executable, "-c", RUN, suffix, axis]
    ran = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    modules = set(ran.stdout.split())
    assert "gradcli.engine.block" in modules
    assert sorted(modules & {f"gradcli.{name}" for name in SPARED}) == []
    assert modules & EXTRAS == set()


def test_a_plain_command_imports_no_extra(tmp_path: Path) -> None:
    with netCDF4.Dataset(tmp_path / "a.nc", "w") as file:
        file.createDimension("x", 4)
        file.createVariable("T", "f4", ("x",), zlib=True)[:] = np.arange(4) ** 2
    command = [sys.executable, "-X", "importtime", "-m", "gradcli", "compute", "a.nc", "-q"]
    ran = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert ran.stdout == "a_gradient.nc\n"
    found = {line.rpartition("|")[2].strip().partition(".")[0] for line in ran.stderr.splitlines()}
    assert {"numpy", "netCDF4", "gradcli"} <= found
    assert found & EXTRAS == set()
