"""Tests of gradcli/formats: what all formats share; a folder for each format with several files."""
