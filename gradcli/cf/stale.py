"""Attributes that are true of a field and not of its derivatives, by convention and by family.

What stays true is kept: where the points lie (``coordinates``, ``grid_mapping``, ``cell_measures``,
``MemoryOrder``, ``stagger``), who made the data and how (``institution``, ``source``, ``comment``).
"""

from __future__ import annotations

_CF = {
    *("standard_name", "ancillary_variables", "units_metadata", "cell_methods"),
    *("scale_factor", "add_offset", "_FillValue", "missing_value", "actual_range"),
    *("valid_min", "valid_max", "valid_range"),
    # What makes a variable a coordinate, or says what its values are dates or bounds of.
    *("axis", "positive", "bounds", "climatology", "formula_terms", "computed_standard_name"),
    *("calendar", "cf_role", "compress"),
}
# xarray reads a variable as what its ``dtype`` says: a derivative would become booleans.
_NETCDF = {
    "_Unsigned",
    "dtype",
    "signedness",
    "C_format",
    "FORTRAN_format",
    "title",
    "abbreviation",
}
_NUMBERS = {  # of the values: rounding, range, packing
    *("least_significant_digit", "number_of_significant_digits", "significant_digits"),
    *("quantization", "quantization_nsd", "quantization_nsb", "resolution", "precision"),
    *("min", "max", "minimum", "maximum", "mean", "range", "ranges", "vmin", "vmax", "fill_value"),
    *("actual_min", "actual_max", "data_min", "data_max", "fillvalue", "missing", "valid"),
    *("scale", "offset", "slope", "intercept", "scalefactor", "addoffset", "calibrated_nt"),
    *("scale_factor_err", "add_offset_err", "fold_limit_lower", "fold_limit_upper", "field_folds"),
}
_WORDS = {  # names and descriptions of the field
    *("description", "desc", "definition", "short_name", "shortname", "long_description"),
    *("name", "var_desc", "variable", "varname", "basename", "field", "fieldtype"),
    *("proposed_standard_name", "standard_name_url", "standard_name_uri", "long_name_mod"),
}
_UNITS = {  # beside ``units``
    *("unit", "unit_long", "units_long", "long_units", "unitslong", "display_units"),
    *("plot_units", "original_units", "orig_units", "conversion_factor"),
}
_FAMILIES = {  # CMIP; CDO and GRIB tables; HYCOM
    *("original_name", "out_name", "table_id", "variable_id", "type", "miptable", "id"),
    *("code", "param", "table", "grid_type", "paramid", "parameter_number", "level_desc"),
    *("parameter_template_discipline_category_number", "navo_code"),
}
_STALE = {name.lower() for name in _CF | _NETCDF} | _NUMBERS | _WORDS | _UNITS | _FAMILIES
# GRIB keys of cfgrib and netCDF-Java, statistics of GDAL, colours of ERDDAP, flags, and what
# gradcli says of a derivative, if the field is one itself.
_PREFIXES = ("grib", "statistics_", "colorbar", "quantize", "_quantize", "flag_", "derivative_")


def is_stale(name: str) -> bool:
    """Return whether an attribute of a field is not one of its derivatives, or changes with them.

    >>> is_stale("GRIB_shortName"), is_stale("Description"), is_stale("grid_mapping")
    (True, True, False)
    """
    return name.lower() in _STALE or name.lower().startswith(_PREFIXES)
