"""Columns to hashed terms: what a point takes out of a chunk."""
