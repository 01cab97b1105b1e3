"""Tests of gradcli/formats/npy."""
