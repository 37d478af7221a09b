"""A run held against its own records, and trained again: `aelab verify`, `aelab reproduce`."""
