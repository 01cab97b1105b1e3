"""Tests of the engine: blocks, reports, runs."""
