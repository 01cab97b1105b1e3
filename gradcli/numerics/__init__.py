"""Numpy in, numpy out: weights, axes, stencils, operators."""
