"""Tests that drive the command in processes of its own, forked or started anew."""
