"""From a config to a finished run folder, for one run or for many that train together."""
