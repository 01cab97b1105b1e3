"""Turn a source and settings into tasks, outputs and a schedule."""
