"""Coordinates from files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from gradcli import differentiate
from gradcli.errors import GradcliError, InputError
from gradcli.formats.coordinates import read_vector
from tests.contract import one_line
from tests.grids import write_grid


def test_coordinates_come_from_files_of_every_format(tmp_path: Path) -> None:
    values, grid = np.ones((4, 3)), {"y": np.array([0.0, 1, 3, 7]), "x": np.arange(3.0)}
    nc, h5 = (write_grid(kind, tmp_path, values, grid) for kind in ("netcdf", "hdf5"))
    np.savez(tmp_path / "v.npz", y=grid["y"])
    np.savetxt(tmp_path / "y.txt", grid["y"])
    np.save(tmp_path / "y4.npy", grid["y"].astype("f4"))
    (tmp_path / "odd:name.csv").write_text("0\n1\n3\n7\n")
    specs = [f"{nc}:y", f"{h5}:/y", f"{h5}:y", *(tmp_path / n for n in ("y.npy", "y.txt", "v.npz"))]
    for spec in [*specs, tmp_path / "y4.npy", tmp_path / "odd:name.csv"]:
        vector, precision, *_ = read_vector(str(spec))
        np.testing.assert_array_equal(vector, grid["y"])
        assert vector.dtype == np.float64
        assert precision == (2.0**-23 if "y4" in str(spec) else 2.0**-52)


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("f.nc", "several variables; name one as"),
        ("f.nc:z", "no variable 'z'"),
        ("cube.npy", "one coordinate for each point"),
        ("none.npy", "No such file"),
        ("z.npy", "complex"),
        ("odd", "no suffix"),
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
    for name in ("y.odd", "odd"):
        Path(name).touch()
    with pytest.raises(GradcliError, match=message) as caught:
        read_vector(spec)
    assert spec.split(":")[0] in one_line(caught.value)


def test_a_missing_date_is_a_missing_coordinate(tmp_path: Path) -> None:
    np.save(tmp_path / "f.npy", np.arange(4.0))
    np.save(
        tmp_path / "t.npy", np.array(["2000-01-01", "NaT", "2000-01-03", "2000-01-04"], "M8[s]")
    )
    with pytest.raises(InputError, match=r"axis 0: the coordinate at index 1 is missing"):
        differentiate(tmp_path / "f.npy", coords={"0": str(tmp_path / "t.npy")})
