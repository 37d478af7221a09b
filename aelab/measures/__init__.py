"""What `aelab eval` measures of a finished run: groups of numbers, each with its unit, its error and its origin.

A group is a file and a line in `groups`. `evaluate` takes a run through them, and `record` keeps what was found.
"""
