"""A trained run on events of your own: `aelab apply`."""
