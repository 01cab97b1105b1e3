"""Tests of gradcli/geometry: what a step is in metres."""
