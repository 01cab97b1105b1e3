"""Tests of gradcli/formats/series."""
