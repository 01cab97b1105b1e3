"""Tests of gradcli/system: files, streams, threads and processes."""
