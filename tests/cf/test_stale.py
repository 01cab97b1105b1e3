"""Which attributes of a field are not true of its derivatives."""

from __future__ import annotations

import pytest

from gradcli.cf.stale import is_stale

# Attributes of variables of ERA5, GFS, CMIP6, WRF, ROMS, NEMO, HYCOM, GHRSST, Argo, CDO, GDAL.
STALE = (
    *("GRIB_paramId", "GRIB_cfVarName", "GRIB_missingValue", "Grib2_Parameter_Name", "code"),
    *("param", "table", "grid_type", "description", "short_name", "FieldType", "field"),
    *("original_name", "table_id", "out_name", "NAVO_code", "C_format", "FORTRAN_format"),
    *("valid_min", "actual_range", "STATISTICS_MEAN", "colorBarMaximum", "flag_masks", "unit_long"),
    *("positive", "axis", "bounds", "derivative_of", "cell_methods", "_Unsigned", "Slope"),
)
TRUE = (
    *("coordinates", "grid_mapping", "cell_measures", "institution", "source", "references"),
    *("comment", "history", "MemoryOrder", "stagger", "time", "grid", "location", "mesh"),
    *("online_operation", "CDI_grid_type", "level", "realm", "ioos_category", "station"),
)


@pytest.mark.parametrize("name", STALE)
def test_what_describes_the_field_is_stale(name: str) -> None:
    assert is_stale(name)


@pytest.mark.parametrize("name", TRUE)
def test_what_stays_true_is_kept(name: str) -> None:
    assert not is_stale(name)
