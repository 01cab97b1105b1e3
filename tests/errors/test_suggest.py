"""Names that are perhaps meant by a wrong one."""

from __future__ import annotations

from gradcli.errors.suggest import suggest


def test_the_nearest_name_is_suggested() -> None:
    assert "did you mean 'lat'?" in str(suggest("axis", "alt", ["time", "lat"]))
    assert "did you mean 'SST'?" in str(suggest("variable", "sst", ["SST", "x"]))
    assert "did you mean" not in str(suggest("axis", "qqq", ["lat"]))
    assert "and 5 more" in str(suggest("axis", "x", [f"name{i}" for i in range(25)]))


def test_names_that_are_separated_by_blanks_get_commas() -> None:
    told = str(suggest("axis", "lat lon", ["lon", "lat"]))
    assert told == "no axis 'lat lon'; separate names by commas: lat,lon"
