"""Tests of gradcli/formats/netcdf."""
