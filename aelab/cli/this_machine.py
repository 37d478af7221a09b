"""What `aelab doctor` says of packages, devices, cores, memory and flags."""

import os
import platform
import sys
from collections.abc import Mapping, Sequence
from importlib import metadata
from pathlib import Path

import aelab
from aelab.cli.finding import Finding, size
from aelab.errors import ConfigError

SHOWN = ("jax", "jaxlib", "flax", "optax", "orbax-checkpoint")
NVIDIA = Path("/proc/driver/nvidia/version")  # is there where the driver of a card is
LEAST = 2**30  # bytes of memory below which a training may end early
# Settings of JAX under which runs are slow, or not what they were elsewhere, with what they do.
ODD = {
    "JAX_DISABLE_JIT": "runs are many times slower",
    "JAX_ENABLE_X64": "numbers are wider, and results are others than elsewhere",
    "JAX_DEBUG_NANS": "every step is looked at, and is slower",
    "JAX_DEFAULT_MATMUL_PRECISION": "products are rounded in another way than elsewhere",
}


def python() -> Finding:
    """Which Python this is, and which aelab."""
    said = (
        f"{platform.python_version()} at {sys.executable}, aelab {aelab.__version__} at {Path(aelab.__file__).parent}"
    )
    return Finding("python", "ok", said)


def packages() -> Finding:
    """Which versions there are of what matters most, held against what aelab needs."""
    there = {name: version(name) for name in {*SHOWN, *needed()}}
    return held(there, needed())


def held(there: Mapping[str, str | None], needed: Mapping[str, str]) -> Finding:
    """Versions, None for what is missing, against the range that each has to lie in, as `>=0.10.2`."""
    from packaging.specifiers import SpecifierSet

    said = ", ".join(f"{name} {there[name]}" for name in SHOWN if there[name])
    unfit = [name for name, own in there.items() if own and not SpecifierSet(needed.get(name, "")).contains(own, True)]
    lacking = sorted([name for name, own in there.items() if own is None] + unfit)
    if not lacking:
        return Finding("packages", "ok", said)
    wanted = " ".join(f"'{name}{needed.get(name, '')}'" for name in lacking)
    return Finding("packages", "wrong", f"{', '.join(lacking)} missing or too old", f"pip install {wanted}", 2)


def version(package: str) -> str | None:
    """Of an installed package."""
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def needed() -> dict[str, str]:
    """The packages that aelab needs on this system, with the range of versions; none where pip did not install it."""
    from packaging.requirements import Requirement

    try:
        stated = [Requirement(line) for line in metadata.requires("aelab") or ()]
    except metadata.PackageNotFoundError:
        return {}
    own = [each for each in stated if each.marker is None or each.marker.evaluate({"extra": ""})]
    return {each.name: str(each.specifier) for each in own}


def findings() -> list[Finding]:
    """Devices, cores, memory and flags; JAX starts as it does for a run."""
    from aelab.devices import startup

    given = dict(os.environ)
    startup.start()
    return [*devices(), cores(), flags(given, os.environ)]


def devices() -> list[Finding]:
    """What JAX computes on, and how much memory is free there."""
    import jax

    from aelab.devices import memory

    try:
        found = jax.devices()
    except RuntimeError as error:
        said = " ".join(str(error).split())[:200]
        return [
            Finding("devices", "wrong", said, "unset JAX_PLATFORMS, or install JAX for what is here", ConfigError.code)
        ]
    kind = f"{len(found)} {found[0].platform} ({found[0].device_kind})"
    if found[0].platform == "cpu" and NVIDIA.exists():
        plug = f"pip install 'jax[cuda13]=={jax.__version__}'"
        first = Finding("devices", "note", f"{kind}; JAX does not see the NVIDIA card that is here", plug)
    else:
        first = Finding("devices", "ok", kind)
    return [first, room(memory.free(found), memory.total())]


def room(free: int, total: int) -> Finding:
    """Free bytes, where JAX computes, beside all that the machine has."""
    said = f"{size(free)} free to compute with, {size(total)} in the machine"
    if free >= LEAST:
        return Finding("memory", "ok", said)
    return Finding(
        "memory", "note", said, "end other programs, or train with a smaller --batch-size, or --accumulate 4"
    )


def cores() -> Finding:
    """How many this process may use, of how many."""
    from aelab.devices import startup

    own, all_of_them = startup.cores(), os.cpu_count() or 1
    return Finding("cores", "ok", f"{own} of {all_of_them} for this process")


def flags(given: Mapping[str, str], used: Mapping[str, str]) -> Finding:
    """The settings of JAX and XLA in the environment, and what aelab adds to them."""
    own = [f"{name}={value}" for name, value in sorted(given.items()) if name.startswith(("JAX_", "XLA_"))]
    added = used.get("XLA_FLAGS", "").removeprefix(given.get("XLA_FLAGS", "")).split()
    said = f"{' '.join(own) or 'none set'}{_added(added)}"
    odd = [name for name in ODD if given.get(name, "").lower() not in ("", "0", "false")]
    if odd:
        return Finding("flags", "note", said, f"unset {odd[0]}: {ODD[odd[0]]}")
    return Finding("flags", "ok", said)


def _added(flags: Sequence[str]) -> str:
    return f"; aelab adds {' '.join(flags)}" if flags else ""
