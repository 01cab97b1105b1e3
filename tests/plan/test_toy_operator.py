"""A new operator is one record: added to a copy of the package, it is there everywhere."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import netCDF4
import numpy as np
import pytest

import gradcli

RECORD = """

def _absolute_sum(partials: Any) -> Any:
    found = abs(next(partials))
    for part in partials:
        found += abs(part)
    yield found


OPERATORS["absgradsum"] = Operator(
    name="absgradsum",
    wanted=each,
    outcomes=partial(one, Outcome(0, (0,))),
    combine=_absolute_sum,
    result="absgradsum_{}",
    words="sum of the absolute derivatives of {}",
)
"""
X, Y = np.cumsum([0.5, 1.0, 2.0, 0.25, 1.5]), np.arange(6.0)
VALUES = np.random.default_rng(7).normal(size=(6, 5))
SUM = sum(np.abs(part) for part in np.gradient(VALUES, Y, X))

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a copy of gradcli, whose table has one record more."""
    folder = tmp_path_factory.mktemp("toy")
    ours = Path(gradcli.__file__).parent
    shutil.copytree(ours, folder / "gradcli", ignore=shutil.ignore_patterns("__pycache__"))
    with open(folder / "gradcli" / "numerics" / "operators.py", "a") as table:
        table.write(RECORD)
    return folder


@pytest.fixture
def python(package: Path, tmp_path: Path) -> Run:
    """Return what runs Python with that package, in a folder with a sample."""
    with netCDF4.Dataset(tmp_path / "sample.nc", "w") as data:
        for name, points in (("y", Y), ("x", X)):
            data.createDimension(name, len(points))
            data.createVariable(name, "f8", (name,))[:] = points
        data.createVariable("T", "f8", ("y", "x"))[:] = VALUES
        data["T"].setncatts({"units": "K", "long_name": "temperature"})
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GRADCLI")}

    def run(*words: str, **more: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-W", "error", *words],
            env=kept | {"PYTHONPATH": str(package)} | more,
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=True,
        )

    return run


def test_help_lists_it_and_imports_no_numpy(python: Run) -> None:
    done = python("-X", "importtime", "-m", "gradcli", "--help")
    line = "  absgradsum   Write the sum of the absolute derivatives of a field.\n"
    assert line in done.stdout
    assert "gradcli.numerics.operators" in done.stderr
    assert "numpy" not in done.stderr


def test_its_command_has_a_help_page(python: Run) -> None:
    page = python("-m", "gradcli", "absgradsum", "--help").stdout
    assert page.startswith("Usage: gradcli absgradsum [OPTIONS] INPUT...\n\nExamples:\n")
    assert "\n  gradcli absgradsum " in page
    assert "\n  Write the sum of the absolute derivatives of a field.\n" in page
    assert "\n  -a, --axis A,B " in page


@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("gradcli absg", "plain,absgradsum"),
        ("gradcli compute --also laplacian,abs", "plain,laplacian,absgradsum"),
    ],
)
def test_the_shell_offers_it(python: Run, line: str, offered: str) -> None:
    asked = {
        "_GRADCLI_COMPLETE": "bash_complete",
        "COMP_WORDS": line,
        "COMP_CWORD": str(line.count(" ")),
    }
    assert python("-m", "gradcli", **asked).stdout.splitlines() == [offered]


def test_its_results_are_right_named_and_described(python: Run, tmp_path: Path) -> None:
    done = python("-m", "gradcli", "absgradsum", "sample.nc", "--axis", "x,y")
    assert done.stdout == "sample_absgradsum.nc\n"
    with netCDF4.Dataset(tmp_path / "sample_absgradsum.nc") as data:
        found = data["absgradsum_T"]
        np.testing.assert_allclose(found[:], SUM, rtol=1e-12)
        assert found.units == "K"
        assert found.long_name == "sum of the absolute derivatives of temperature"
        assert found.derivative_operator == "absgradsum"


def test_it_goes_along_with_another(python: Run, tmp_path: Path) -> None:
    python("-m", "gradcli", "compute", "sample.nc", "--axis", "x,y", "--also", "absgradsum")
    with netCDF4.Dataset(tmp_path / "sample_gradient.nc") as data:
        assert {"dT_dx", "dT_dy", "absgradsum_T"} <= set(data.variables)
        np.testing.assert_allclose(data["absgradsum_T"][:], SUM, rtol=1e-12)


def test_folders_leave_its_results_out(python: Run, tmp_path: Path) -> None:
    np.save(tmp_path / "image.npy", VALUES)
    made = ["./image_absgradsum.npy", "./sample_absgradsum.nc"]
    for more in ([], ["--overwrite"]):
        done = python("-m", "gradcli", "absgradsum", "--recursive", ".", *more)
        assert sorted(done.stdout.splitlines()) == made
    done = python("-m", "gradcli", "magnitude", "--recursive", ".")
    assert sorted(done.stdout.splitlines()) == ["./image_grad.npy", "./sample_magnitude.nc"]


def test_python_has_it(python: Run, tmp_path: Path) -> None:
    program = """
import gradcli

report = gradcli.differentiate("sample.nc", operator="absgradsum", axis="x,y")
print(*report.outputs)
"""
    assert python("-c", program).stdout == "sample_absgradsum.nc\n"
    with netCDF4.Dataset(tmp_path / "sample_absgradsum.nc") as data:
        np.testing.assert_allclose(data["absgradsum_T"][:], SUM, rtol=1e-12)


def test_an_unknown_operator_lists_it(python: Run) -> None:
    with pytest.raises(subprocess.CalledProcessError) as failed:
        python("-m", "gradcli", "compute", "sample.nc", "--also", "absgradsumm")
    assert failed.value.returncode == 2
    assert "absgradsum" in failed.value.stderr.partition("there are:")[2]
