"""Tests of gradcli/numerics: numpy in, numpy out."""
