"""See fields and their derivatives, and prove them: what needs no output of a run."""
