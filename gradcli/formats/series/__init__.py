"""Files that are one field along an axis, as one source (`--join`)."""
