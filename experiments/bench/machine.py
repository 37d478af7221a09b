"""What the benchmark was run on and with."""

import platform
import time
from pathlib import Path
from typing import Any

from aelab import manifest, memory

CPUS = Path("/proc/cpuinfo")


def stamp() -> dict[str, Any]:
    """When, and with what code."""
    return {"at": time.strftime("%Y-%m-%d"), "commit": manifest.code()["commit"]}


def describe(measured: dict[str, Any]) -> dict[str, Any]:
    """Machine, versions of ours and of the peers, and the days on which all of it was measured."""
    lines = CPUS.read_text().splitlines() if CPUS.exists() else []
    named = [line.partition(": ")[2] for line in lines if line.startswith("model name")]
    entries = [entry for part in ("rows", "measures") for entry in measured.get(part, {}).values()]
    raced = [contender for entry in entries for contender in entry.get("contenders", {}).values()]
    return {
        **manifest.fingerprint(),
        "processor": named[0] if named else platform.processor() or "of unknown name",
        "memory_bytes": memory.total(),
        "peers": sorted({found["version"] for found in raced if "version" in found}),
        "dates": sorted({entry["at"] for entry in entries}),
    }
