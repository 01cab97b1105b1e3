"""NetCDF, classic and netCDF-4."""
