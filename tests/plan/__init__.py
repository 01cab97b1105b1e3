"""Tests of gradcli/plan: from a source and settings to tasks, outputs and a schedule."""
