"""Formats by name and by suffix."""

from __future__ import annotations

from pathlib import Path

import pytest

from gradcli.errors import UsageError
from gradcli.formats.opening import open_source
from gradcli.formats.registry import BY_NAME, BY_SUFFIX, format_of
from gradcli.model.protocols import Hints
from tests.contract import one_line


@pytest.mark.parametrize("suffix", sorted(BY_SUFFIX))
def test_every_suffix_stands_for_a_format_in_any_case(suffix: str) -> None:
    assert format_of("a" + suffix) == format_of("a" + suffix.upper()) == BY_SUFFIX[suffix]
    assert BY_NAME[BY_SUFFIX[suffix].name] == BY_SUFFIX[suffix]


@pytest.mark.parametrize("name", ["a.odd", "a", "a.gz", "a.npy.gz", ".csv", "-"])
def test_an_unknown_suffix_is_refused_with_the_formats_that_can_be_asked_for(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path(name).touch()
    assert format_of(name) is None
    with pytest.raises(
        UsageError, match=r"--format \(csv, npy, npz, hdf5, netcdf, zarr\)"
    ) as caught:
        open_source(name)
    one_line(caught.value)


def test_an_unknown_format_is_refused_with_the_nearest() -> None:
    with pytest.raises(UsageError, match="did you mean 'netcdf'"):
        open_source("a.nc", Hints(format="netcfd"))
