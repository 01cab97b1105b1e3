"""Tests of gradcli/formats/hdf5."""
