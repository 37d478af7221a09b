"""Launch points: one recipe a script, run as `python -m experiments.<name>`."""
