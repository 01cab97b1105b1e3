"""Tests of what the conventions mean."""
