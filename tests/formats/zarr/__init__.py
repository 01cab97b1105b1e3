"""Tests of gradcli/formats/zarr."""
