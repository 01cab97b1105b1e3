"""Tests of gradcli/cf: what the conventions mean."""
