"""Tests of gradcli/engine: how a plan is run."""
