"""Benchmarks: gradcli and its peers on the same files, in turn, measured from outside.

``python -m tests.benchmarks`` makes the inputs, runs everything, checks that the answers agree
and prints one table as Markdown; ``--json FILE`` writes the same as JSON. The process that
measures imports no numpy and stays small, since a child inherits its parent's peak of memory.
"""
