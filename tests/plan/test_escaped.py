"""Names that the format of an output cannot hold."""

from __future__ import annotations

from pathlib import Path

import h5py
import netCDF4
import numpy as np
import pytest

import gradcli
from gradcli.errors import UsageError
from gradcli.formats.registry import BY_NAME
from gradcli.plan.escaped import fitting

ODD = '"Time, s",U/V,a/b [m/s],.,"q ""x""","two\nlines",é°\n'
ODD += "".join(f"{i},{i * i},{i},{i},{i},{i},{2 * i}\n" for i in range(4))


@pytest.fixture
def odd(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Return a table whose columns have odd names."""
    monkeypatch.chdir(tmp_path)
    Path("odd.csv").write_text(ODD)
    return "odd.csv"


def run(path: str, output: str, **given) -> list[str]:
    return list(gradcli.differentiate(path, output, **given).notes)


@pytest.mark.parametrize("suffix", ["nc", "nc3", "h5"])
def test_slashes_make_no_groups_and_the_names_are_kept(odd: str, suffix: str) -> None:
    notes = run(odd, f"out.{suffix}", axis=["U/V"])
    assert any("dTime, s_dU/V is called dTime, s_dU_V" in note for note in notes)
    if suffix == "h5":
        with h5py.File("out.h5") as file:
            names, words = list(file), dict(file["da_b [m_s]_dU_V"].attrs)
            values, axis = file["da_b [m_s]_dU_V"][:], dict(file["U_V"].attrs)
    else:
        with netCDF4.Dataset(f"out.{suffix}") as file:
            assert not file.groups
            names, words = list(file.variables), vars_of(file["da_b [m_s]_dU_V"])
            values, axis = file["da_b [m_s]_dU_V"][:], vars_of(file["U_V"])
    wanted = {"U_V", "dTime, s_dU_V", "da_b [m_s]_dU_V", "d._dU_V", 'dq "x"_dU_V', "dé°_dU_V"}
    assert {*names} >= wanted
    assert words["original_name"] == "da/b [m/s]_dU/V"
    assert words["long_name"] == "derivative of a/b [m/s] along U/V"
    assert axis["long_name"] == "U/V"
    np.testing.assert_allclose(values, np.gradient(np.arange(4.0), np.arange(4.0) ** 2))


def vars_of(variable) -> dict[str, object]:
    return {name: variable.getncattr(name) for name in variable.ncattrs()}


def test_csv_and_npz_keep_what_they_can_hold(odd: str) -> None:
    notes = run(odd, "out.csv", axis=["U/V"])
    assert not any("is called" in note for note in notes)
    text = Path("out.csv").read_text()
    assert text.startswith('U/V,"dTime, s_dU/V",da/b [m/s]_dU/V,d._dU/V,"dq ""x""_dU/V","dtwo\nlin')
    notes = run(odd, "out.npz", axis=["U/V"])
    assert [note for note in notes if "is called" in note] == [
        r"dtwo\nlines_dU/V is called dtwo_lines_dU/V: NPZ allows no such names"
    ]
    assert {"U/V", "da/b [m/s]_dU/V", "dtwo_lines_dU/V"} <= set(np.load("out.npz"))


def test_names_that_become_equal_are_told_apart(tmp_path: Path) -> None:
    path = tmp_path / "two.csv"
    path.write_text("t,a/b,a_b\n0,0,0\n1,1,2\n")
    run(str(path), str(tmp_path / "two.h5"), axis=["t"])
    with h5py.File(tmp_path / "two.h5") as file:
        assert [*file["da_b_dt"]] == [2.0, 2.0]
        assert [*file["da_b_dt_"]] == [1.0, 1.0]


def test_templates_of_names_take_any_name(odd: str) -> None:
    run(odd, "out.nc", axis=["U/V"], var=["a/b [m/s]"], name="{var}")
    with netCDF4.Dataset("out.nc") as file:
        assert set(file.variables) == {"U_V", "a_b [m_s]"}
    run(odd, "{component}.csv", axis=["U/V"], var=["a/b [m/s]"], name="({var} by {axis})")
    assert Path("dU_V.csv").read_text().startswith("U/V,(a/b [m/s] by U/V)\n")
    with pytest.raises(UsageError, match="not a name"):
        run(odd, "no.csv", axis=["U/V"], name="x/{var}")


def test_files_of_columns_whose_names_become_equal_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    np.save("s.npy", np.zeros(4, [("a/b", "f8"), ("a_b", "f8")]))
    with pytest.raises(UsageError, match=r"s_a_b_d0\.npy: two results would go there"):
        run("s.npy", "{stem}_{component}.npy")
    run("s.npy", "s_d.npz")
    assert set(np.load("s_d.npz")) == {"da/b_d0", "da_b_d0"}
    assert not [*tmp_path.glob("*_d0.npy")]


def test_names_of_other_formats_fit_netcdf(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["(g)/ lead"] = np.arange(3.0)
        file["(g)/t "] = np.arange(3.0)
        file["(g)/t "].make_scale("t ")
        file["(g)/ lead"].dims[0].attach_scale(file["(g)/t "])
    run(str(tmp_path / "a.h5"), str(tmp_path / "a.nc"), var=["(g)/ lead"], name="{var}")
    with netCDF4.Dataset(tmp_path / "a.nc") as file:
        assert list(file["_g)"].variables) == ["_lead"]
        assert "t_" in file.variables


@pytest.mark.parametrize(
    ("form", "name", "fits"),
    [
        ("netcdf", "(raw)", "_raw)"),
        ("netcdf", "é" * 200, "é" * 127 + "_"),
        ("netcdf", "", "_"),
        ("hdf5", ".", "_"),
        ("hdf5", "(raw) ", "(raw) "),
        ("npz", "../a//b/.", "_/a/_/b/_"),
    ],
)
def test_what_each_format_forbids(form: str, name: str, fits: str) -> None:
    assert fitting(name, BY_NAME[form]) == fits


def test_slashes_in_columns_of_tables_are_no_groups(tmp_path: Path) -> None:
    table = np.zeros(4, [("t", "f8"), ("a/b", "f8")])
    table["t"], table["a/b"] = np.arange(4), np.arange(4) ** 2
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["runs/one"] = table
    np.savez(tmp_path / "a.npz", one=table)
    run(str(tmp_path / "a.h5"), str(tmp_path / "out.h5"), axis=["t"])
    with h5py.File(tmp_path / "out.h5") as file:
        assert set(file["runs/one"]) == {"t", "da_b_dt"}
        assert file["runs/one/da_b_dt"].attrs["original_name"] == "da/b_dt"
    run(str(tmp_path / "a.npz"), str(tmp_path / "out.npz"), axis=["t"])
    assert "one/da/b_dt" in set(np.load(tmp_path / "out.npz"))
