"""Runs against each other: `aelab compare`."""
