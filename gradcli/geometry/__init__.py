"""What a step along an axis is in metres."""
