"""File formats: each has one record and one folder or file."""
