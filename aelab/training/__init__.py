"""Training: the state, one pure step, where batches come from, and the loop."""
