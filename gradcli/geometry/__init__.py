"""Geometry of grids: lengths along their axes, and derivatives in metres."""
