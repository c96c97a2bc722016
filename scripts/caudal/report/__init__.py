"""The report: one self-contained page and its figures, made of what a run has written."""
