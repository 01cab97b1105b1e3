"""Carry out a plan: read, differentiate, pack and place blocks."""
