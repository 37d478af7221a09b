"""A run folder and what proves it: its files and their schema, digests, checkpoints, where the run comes from."""
