"""What the benchmark was run on and with."""

import platform
import time
from pathlib import Path
from typing import Any

from aelab.devices import memory, startup
from aelab.runs import provenance

CPUS = Path("/proc/cpuinfo")


def stamp() -> dict[str, Any]:
    """When, on what, and with what code."""
    return {"at": time.strftime("%Y-%m-%d"), "on": processor(), "commit": provenance.code()["commit"]}


def processor() -> str:
    """Its name, the cores that are used, and its widest vector units: machines of one name can differ in them."""
    lines = CPUS.read_text().splitlines() if CPUS.exists() else []
    named = [line.partition(": ")[2] for line in lines if line.startswith("model name")]
    name = named[0] if named else platform.processor() or "of unknown name"
    return f"{name}, {startup.cores()} cores used, {provenance.isa()}"


def describe(measured: dict[str, Any]) -> dict[str, Any]:
    """Versions of ours and of the peers, and the days and the processors on which all of it was measured."""
    entries = [entry for part in ("rows", "measures") for entry in measured.get(part, {}).values()]
    raced = [contender for entry in entries for contender in entry.get("contenders", {}).values()]
    return {
        **provenance.fingerprint(),
        "processors": sorted({entry["on"] for entry in entries}),
        "memory_bytes": memory.total(),
        "peers": sorted({found["version"] for found in raced if "version" in found}),
        "dates": sorted({entry["at"] for entry in entries}),
    }
