"""Hostile input by the thousand: ``python -m tests.fuzz --help``."""

import os

# Read when the libraries are imported: threads do not outlive a fork.
for _name in ("OPENBLAS_NUM_THREADS", "POLARS_MAX_THREADS", "OMP_NUM_THREADS"):
    os.environ.setdefault(_name, "1")
