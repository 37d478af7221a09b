"""A run folder and its proof: whole files and their forms, digests, checkpoints, where a run came from."""
