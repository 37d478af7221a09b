"""How much memory this process has needed at most, and how much there is."""

import os
import sys

import jax


def peak() -> int:
    """Bytes: of the accelerators where they say, else of the process, Python and libraries included."""
    stats = [device.memory_stats() or {} for device in jax.local_devices()]
    on_devices = sum(stat.get("peak_bytes_in_use", 0) for stat in stats)
    return on_devices or _resident()


def total() -> int:
    """Bytes of memory this machine has, whoever uses them."""
    return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")


def _resident() -> int:
    import resource  # here: there is none on Windows

    largest = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return largest if sys.platform == "darwin" else largest * 1024
