"""What Snakemake asks before and around jobs; nothing here imports it."""
