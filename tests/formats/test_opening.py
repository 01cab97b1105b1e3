"""Formats by suffix, by --format and on standard input; the contract for CSV."""

from __future__ import annotations

import gzip
import io
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from gradcli.errors import GradcliError, InputError, UsageError
from gradcli.formats.coordinates import read_vector
from gradcli.formats.npy.source import NpySource
from gradcli.formats.opening import open_source
from gradcli.formats.registry import BY_NAME, BY_SUFFIX, format_of
from gradcli.formats.writing import create_sink
from gradcli.model.fields import Result
from gradcli.model.protocols import Destination, Hints
from gradcli.system.paths import split_suffix
from tests.contract import check_format, one_line, read_all, refusal
from tests.grids import WRITERS, write_grid


@pytest.mark.parametrize("layout", ["matrix", "crosstab", "long"])
def test_csv_contract(tmp_path: Path, layout: str) -> None:
    axes = {"matrix": (), "crosstab": ("y", "x"), "long": ("y", "x")}[layout]
    check_format("csv", WRITERS[layout], tmp_path, axes=axes, ends_itself=False)


def test_csv_contract_when_compressed_by_gzip(tmp_path: Path) -> None:
    def write(folder: Path, values: np.ndarray, coordinates: dict) -> Path:
        plain = WRITERS["matrix"](folder, values, coordinates)
        path = folder / "f.csv.gz"
        path.write_bytes(gzip.compress(plain.read_bytes()))
        plain.unlink()
        return path

    check_format("csv", write, tmp_path)


@pytest.mark.parametrize(
    ("path", "stem", "suffix"),
    [
        ("a.npy", "a", ".npy"),
        ("/x.y/a.b.nc", "a.b", ".nc"),
        ("log.csv.gz", "log", ".csv.gz"),
        ("LOG.CSV.GZ", "LOG", ".CSV.GZ"),
        ("a.gz", "a", ".gz"),
        ("noend", "noend", ""),
        (".nc", ".nc", ""),
        ("dir.nc/plain", "plain", ""),
        ("-", "-", ""),
    ],
)
def test_a_name_is_split_into_stem_and_suffix(path: str, stem: str, suffix: str) -> None:
    assert split_suffix(path) == (stem, suffix)
    assert stem + suffix == os.path.basename(path)


@pytest.mark.parametrize("suffix", sorted(BY_SUFFIX))
def test_every_suffix_stands_for_a_format_in_any_case(suffix: str) -> None:
    assert format_of("a" + suffix) == format_of("a" + suffix.upper()) == BY_SUFFIX[suffix]
    assert BY_NAME[BY_SUFFIX[suffix].name] == BY_SUFFIX[suffix]


@pytest.mark.parametrize("name", ["a.odd", "a", "a.gz", "a.npy.gz", ".csv", "-"])
def test_an_unknown_suffix_is_refused_with_the_formats_that_can_be_asked_for(name: str) -> None:
    assert format_of(name) is None
    with pytest.raises(UsageError, match=r"--format \(csv, npy, npz, hdf5, netcdf\)") as caught:
        open_source(name)
    one_line(caught.value)


def test_an_unknown_format_is_refused_with_the_nearest() -> None:
    with pytest.raises(UsageError, match="did you mean 'netcdf'"):
        open_source("a.nc", Hints(format="netcfd"))


@pytest.mark.parametrize("kind", ["npy", "npz", "netcdf", "hdf5", "matrix", "crosstab", "long"])
def test_an_odd_suffix_is_read_in_the_format_asked_for(tmp_path: Path, kind: str) -> None:
    values = np.arange(12.0).reshape(4, 3) ** 1.5
    grid = {"y": np.arange(4.0), "x": np.array([0.0, 1, 3])}
    path = write_grid(kind, tmp_path, values, grid)
    odd = tmp_path / "field.odd"
    path.rename(odd)
    asked = kind if kind in BY_NAME else "csv"
    found = [array for array in read_all(odd, Hints(format=asked)).values() if array.ndim == 2]
    assert len(found) == 1
    np.testing.assert_array_equal(found[0], values)


@pytest.mark.parametrize("kind", ["npy", "npz", "netcdf", "hdf5"])
def test_a_file_of_another_format_than_its_suffix_is_refused(tmp_path: Path, kind: str) -> None:
    grid = {"y": np.arange(4.0), "x": np.arange(3.0)}
    path = write_grid(kind, tmp_path, np.ones((4, 3)), grid)
    for suffix, known in BY_SUFFIX.items():
        other = known.name
        if other == kind or (kind, other) in (("netcdf", "hdf5"), ("hdf5", "netcdf")):
            continue
        wrong = tmp_path / f"wrong{suffix}"
        wrong.write_bytes(path.read_bytes())
        refusal(wrong)
        wrong.unlink()


def test_a_file_that_is_not_there_a_folder_and_one_without_permission_are_refused(
    tmp_path: Path,
) -> None:
    (tmp_path / "closed").mkdir()
    for suffix in BY_SUFFIX:
        assert "No such file" in refusal(tmp_path / f"none{suffix}")
        folder = tmp_path / f"folder{suffix}"
        folder.mkdir()
        assert re.search("director|folder", refusal(folder))
        closed = tmp_path / "closed" / f"a{suffix}"
        closed.write_bytes(b"1,2\n3,4\n")
        closed.chmod(0)
        if os.geteuid():
            assert "denied" in refusal(closed)


@pytest.mark.parametrize("kind", ["npy", "npz", "netcdf", "hdf5", "matrix", "crosstab", "long"])
def test_standard_input_is_read_in_every_format(tmp_path: Path, kind: str) -> None:
    values = np.arange(12.0).reshape(4, 3) ** 1.5
    grid = {"y": np.arange(4.0), "x": np.array([0.0, 1, 3])}
    path = write_grid(kind, tmp_path, values, grid)
    asked = kind if kind in BY_NAME else "csv"
    code = (
        "import sys, numpy as np\n"
        "from gradcli.formats.opening import open_source\n"
        "from gradcli.model.protocols import Hints\n"
        "with open_source('-', Hints(format=sys.argv[1])) as source:\n"
        "    assert source.path == '-'\n"
        "    for name, field in source.fields.items():\n"
        "        if len(field.shape) == 2:\n"
        "            window = tuple(axis.file_window for axis in field.axes)\n"
        "            print(source.read(name, window).tolist())\n"
    )
    command = [sys.executable, "-c", code, asked]
    with path.open("rb") as file:
        run = subprocess.run(command, stdin=file, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    assert run.stdout.strip() == str(values.tolist())


def test_standard_input_without_a_format_is_refused() -> None:
    with pytest.raises(UsageError, match="standard input does not say the format"):
        open_source("-")


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


def test_coordinates_come_from_files_of_every_format(tmp_path: Path) -> None:
    values, grid = np.ones((4, 3)), {"y": np.array([0.0, 1, 3, 7]), "x": np.arange(3.0)}
    nc, h5 = (write_grid(kind, tmp_path, values, grid) for kind in ("netcdf", "hdf5"))
    np.savez(tmp_path / "v.npz", y=grid["y"])
    np.savetxt(tmp_path / "y.txt", grid["y"])
    np.save(tmp_path / "y4.npy", grid["y"].astype("f4"))
    (tmp_path / "odd:name.csv").write_text("0\n1\n3\n7\n")
    specs = [f"{nc}:y", f"{h5}:/y", f"{h5}:y", *(tmp_path / n for n in ("y.npy", "y.txt", "v.npz"))]
    for spec in [*specs, tmp_path / "y4.npy", tmp_path / "odd:name.csv"]:
        vector, precision, _ = read_vector(str(spec))
        np.testing.assert_array_equal(vector, grid["y"])
        assert vector.dtype == np.float64
        assert precision == (2.0**-23 if "y4" in str(spec) else 2.0**-52)


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("f.nc", "several variables; name one as"),
        ("f.nc:z", "no variable 'z'"),
        ("cube.npy", "one number a point"),
        ("none.npy", "No such file"),
        ("z.npy", "complex"),
        ("y.odd", "does not say the format"),
    ],
)
def test_coordinates_that_are_none_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, spec: str, message: str
) -> None:
    monkeypatch.chdir(tmp_path)
    write_grid("netcdf", tmp_path, np.ones((4, 3)), {"y": np.arange(4.0), "x": np.arange(3.0)})
    np.save("z.npy", np.ones(4, "c16"))
    np.save("cube.npy", np.ones((2, 2, 2)))
    with pytest.raises(GradcliError, match=message) as caught:
        read_vector(spec)
    assert spec.split(":")[0] in one_line(caught.value)


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
