"""Formats: one record and one folder or file each."""
