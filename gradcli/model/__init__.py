"""Fields and axes: described, never read."""
