"""A format is one file and one record: a toy is added to a copy of the package, nothing else."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from tests.cli.server import PATIENCE, Server
from tests.cli.shell import PYTHON, Done, environment_of
from tests.long import long
from tests.places import ROOT

RECORD = """    Format(
        name="toy",
        title="TOY",
        suffixes=(".toy", ".toy1"),
        magic=(b"TOY1 ",),
        words="a toy",
        module="gradcli.formats.toy",
        one_array=True,
    ),
"""
CONTRACT = """
import json, pathlib, sys
import gradcli
from tests.contract import check_format

def write(folder, values, coordinates):
    said = {"dtype": values.dtype.str, "shape": values.shape}
    path = folder / "f.toy"
    path.write_bytes(b"TOY1 " + json.dumps(said).encode() + b"\\n" + values.tobytes())
    return path

assert gradcli.__file__.startswith(sys.argv[1]), gradcli.__file__
check_format("toy", write, pathlib.Path(sys.argv[2]), dtype=sys.argv[3])
"""
VALUES = np.arange(35.0).reshape(7, 5) ** 1.5


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with gradcli and the toy in it."""
    folder = tmp_path_factory.mktemp("package")
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "gradcli", folder / "gradcli", ignore=ignored)
    shutil.copy(Path(__file__).with_name("toy.py"), folder / "gradcli" / "formats")
    registry = folder / "gradcli" / "formats" / "registry.py"
    before, end, after = registry.read_text().partition(")\nBY_NAME")
    registry.write_text(before + RECORD + end + after)
    return folder


@pytest.fixture(scope="module")
def server(package: Path) -> Iterator[Server]:
    """Return what runs the command of that gradcli."""
    server = Server(PYTHON, environment_of(), home=package)
    yield server
    server.close()


class Toys:
    """The command with the toy format, in a folder of its own."""

    def __init__(self, package: Path, folder: Path, server: Server) -> None:
        self.folder = folder
        self.server = server
        path = f"{package}{os.pathsep}{ROOT}"
        self.environment = environment_of() | {"PYTHONPATH": path}

    def run(self, *args: str, stdin: bytes = b"", code: int = 0, **more: str) -> Done:
        found = self.server.run(args, self.folder, self.environment | more, stdin, PATIENCE)
        done = Done(found[0], found[1], found[2].decode())
        assert done.code == code, done.err
        return done

    def out(self, *args: str, **more: str) -> str:
        return self.run(*args, **more).data.decode()

    def refusal(self, *args: str) -> str:
        return self.run(*args, code=1).err

    def write(self, name: str, values: np.ndarray = VALUES) -> None:
        said = {"dtype": values.dtype.str, "shape": values.shape}
        path = self.folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"TOY1 " + json.dumps(said).encode() + b"\n" + values.tobytes())

    def read(self, name: str) -> np.ndarray:
        return parse((self.folder / name).read_bytes())


def parse(data: bytes) -> np.ndarray:
    """Return the array of a toy."""
    line, _, numbers = data.partition(b"\n")
    said = json.loads(line.removeprefix(b"TOY1 "))
    return np.frombuffer(numbers, said["dtype"]).reshape(said["shape"])


@pytest.fixture
def toys(package: Path, tmp_path: Path, server: Server) -> Toys:
    return Toys(package, tmp_path, server)


def test_a_toy_is_computed_from_and_to(toys: Toys) -> None:
    toys.write("a.toy")
    toys.run("compute", "a.toy")
    np.testing.assert_array_equal(toys.read("a_d0.toy"), np.gradient(VALUES, axis=0))
    np.testing.assert_array_equal(toys.read("a_d1.toy"), np.gradient(VALUES, axis=1))
    np.save(toys.folder / "b.npy", VALUES)
    toys.run("compute", "b.npy", "-a", "0", "-o", "b.toy")
    np.testing.assert_array_equal(toys.read("b.toy"), toys.read("a_d0.toy"))
    toys.run("compute", "a.toy", "-a", "0", "-o", "{stem}_{component}.nc")
    assert (toys.folder / "a_d0.nc").exists()


def test_a_toy_without_its_suffix_is_asked_for_by_name(toys: Toys) -> None:
    toys.write("odd")
    toys.run("compute", "odd", "-a", "0", "--format", "toy", "-o", "c.toy")
    np.testing.assert_array_equal(toys.read("c.toy"), np.gradient(VALUES, axis=0))


def test_help_lists_the_toy(toys: Toys) -> None:
    assert "CSV, NPY, NPZ, HDF5, NetCDF, Zarr, TOY." in toys.out("--help")
    for command in ("compute", "curl", "info"):
        assert "csv|npy|npz|hdf5|netcdf|zarr|toy\n" in toys.out(command, "--help")


def test_completion_offers_toys(toys: Toys) -> None:
    for name in ("one.toy", "two.TOY1", "three.doc"):
        (toys.folder / name).touch()
    for line, place, expected in (
        ("gradcli compute ", "2", ["plain,one.toy", "plain,two.TOY1"]),
        ("gradcli compute --format to", "3", ["plain,toy"]),
    ):
        words = {"COMP_WORDS": line, "COMP_CWORD": place}
        found = toys.out(_GRADCLI_COMPLETE="bash_complete", **words)
        assert found.split() == expected


def test_folders_are_searched_for_toys(toys: Toys) -> None:
    toys.write("tree/a.toy")
    toys.write("tree/b.toy1")
    for _ in range(2):  # results of the first run are no inputs of the second
        toys.run("compute", "--recursive", "tree", "-a", "0", "-O")
    found = sorted(path.name for path in (toys.folder / "tree").iterdir())
    assert found == ["a.toy", "a_d0.toy", "b.toy1", "b_d0.toy1"]


def test_info_describes_a_toy(toys: Toys) -> None:
    toys.write("a.toy")
    (line,) = toys.out("info", "a.toy", "--json").splitlines()
    said = json.loads(line)
    assert (said["format"], said["variables"][0]["shape"]) == ("toy", [7, 5])
    assert "a toy" in toys.out("info", "a.toy")


def test_other_content_is_refused_by_its_first_bytes(toys: Toys) -> None:
    np.save(toys.folder / "a.npy", VALUES)
    (toys.folder / "a.npy").rename(toys.folder / "a.toy")
    assert "a.toy: is NPY, not TOY" in toys.refusal("compute", "a.toy")
    toys.write("b.npy")
    assert "b.npy: is a toy, not NPY" in toys.refusal("compute", "b.npy")
    (toys.folder / "c.toy").touch()
    assert "c.toy: is empty; expected TOY" in toys.refusal("compute", "c.toy")


def test_a_toy_is_recognised_on_standard_input(toys: Toys) -> None:
    toys.write("a.toy")
    data = (toys.folder / "a.toy").read_bytes()
    done = toys.run("compute", "-", "-a", "1", stdin=data)
    np.testing.assert_array_equal(parse(done.data), np.gradient(VALUES, axis=1))


@pytest.mark.parametrize("dtype", ["f4", long("f8")])
def test_the_toy_keeps_the_contract(package: Path, toys: Toys, dtype: str) -> None:
    folder = toys.folder / "contract"
    folder.mkdir()
    done = subprocess.run(
        [*PYTHON, "-c", CONTRACT, str(package), str(folder), dtype],
        cwd=toys.folder,
        env=toys.environment,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
