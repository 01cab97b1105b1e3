"""Tests that drive the installed command in real processes."""
