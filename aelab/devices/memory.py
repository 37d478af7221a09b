"""How much memory this process has needed at most, and how much there is."""

import contextlib
import os
import sys
from collections.abc import Sequence
from pathlib import Path

import jax


def peak() -> int:
    """Bytes: of the accelerators where they say, else of the process, Python and libraries included."""
    stats = [device.memory_stats() or {} for device in jax.local_devices()]
    on_devices = sum(stat.get("peak_bytes_in_use", 0) for stat in stats)
    return on_devices or _resident()


def total() -> int:
    """Bytes of memory this machine has, whoever uses them."""
    return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")


def free(devices: Sequence[jax.Device]) -> int:
    """Bytes that this process can still take: on accelerators that say so, else of the machine or of its container."""
    stats = [device.memory_stats() or {} for device in devices]
    if all("bytes_limit" in stat for stat in stats):
        return len(stats) * min(stat["bytes_limit"] - stat.get("bytes_in_use", 0) for stat in stats)
    return min(_available(), _container())


def _available() -> int:
    """Bytes without swapping, what is only cached counted as free; where the system does not say, all there is."""
    with contextlib.suppress(OSError):
        return 1024 * _entries(Path("/proc/meminfo"))["MemAvailable"]
    return total()


def _container(group: Path = Path("/sys/fs/cgroup")) -> int:
    """Bytes up to the limit of this process's control group; all there is where it has none."""
    with contextlib.suppress(OSError, ValueError):  # no such files, or "max"
        limit, used = (int((group / name).read_text()) for name in ("memory.max", "memory.current"))
        return max(0, limit - used + _entries(group / "memory.stat")["inactive_file"])
    return total()


def _entries(path: Path) -> dict[str, int]:
    """The numbers of a file of `name number` lines."""
    lines = [line.replace(":", " ").split() for line in path.read_text().splitlines()]
    return {words[0]: int(words[1]) for words in lines}


def _resident() -> int:
    import resource  # here: there is none on Windows

    largest = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return largest if sys.platform == "darwin" else largest * 1024
