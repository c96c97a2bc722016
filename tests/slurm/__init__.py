"""A real SLURM cluster for tests."""
