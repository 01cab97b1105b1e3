"""Numerics on numpy arrays: spacing of axes, weights, stencils, operators."""
