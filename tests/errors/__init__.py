"""Tests of the one family of errors."""
