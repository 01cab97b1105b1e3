"""From a source and settings to tasks, outputs and a schedule."""
