"""Tests of gradcli/model: axes, fields, blocks."""
