"""Tests of gradcli/formats/csv."""
