"""Descriptions of fields and axes. Nothing here reads data."""
