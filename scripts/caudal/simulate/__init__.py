"""Simulated sources, with the true effects beside them."""
