"""Words among the inputs that were meant for an option."""

from __future__ import annotations

import pytest

from tests.cli.shell import Shell


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("compute grid.nc lon", "lon: is no file, but an axis of grid.nc; write --axis lon"),
        ("compute grid.nc lon lat", "are no files, but axes of grid.nc; write --axis lon,lat"),
        ("compute x grid.nc", "x: is no file, but an axis of grid.nc; write --axis x"),
        ("compute grid.nc 0 -1", None),  # an option that does not exist
        ("compute matrix.npy 0", "0: is no file, but an axis of matrix.npy; write --axis 0"),
        ("curl grid.nc T P", "are no files, but variables of grid.nc; write --var T,P"),
        ("compute grid.nc T lon", "but names in grid.nc; write --var T --axis lon"),
        ("info grid.nc T", "T: is no file, but a variable of grid.nc; leave it out"),
        ("compute table.csv t", "but a variable of table.csv; write --axis t or --var t"),
        ("plot grid.nc lon", "takes one INPUT; found also 'lon'; axes and variables have options"),
        ("probe grid.nc grid.nc", "found also 'grid.nc'; run it once for each file"),
        ("stencil lon", "gradcli stencil takes no words; found also 'lon'"),
    ],
)
def test_a_name_in_place_of_a_file_is_told_its_option(
    shell: Shell, line: str, told: str | None
) -> None:
    assert (told or "no option -1") in shell.refuse(*line.split(), code=2)


def test_a_missing_file_without_a_suffix_is_one(shell: Shell) -> None:
    done = shell.run("compute", "grid.nc", "gone", code=3)
    assert "gone: cannot be read: No such file or directory" in done.err
    assert done.out == ["grid_gradient.nc"]
