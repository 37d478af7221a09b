"""Settings that must be made before the first computation: compilation cache, sums, cores, virtual devices."""

import contextlib
import os
import socket
from pathlib import Path

import jax

from aelab.errors import ConfigError

WHOLE_SUMS = "--xla_cpu_experimental_ynn_fusion_type=-LIBRARY_FUSION_TYPE_REDUCE"
WHOLE_SUMS_IN = {(0, 10)}  # versions of jaxlib that know the flag, and with which it was measured
CORE_SOCKET = "aelab computes on core"  # name of the socket by which a process reserves a core
_held_sockets: list[socket.socket] = []  # of the core this process has reserved, until it ends


def start(devices: int = 0, *, one_core: bool = False) -> None:
    """Make the settings that JAX reads before its first computation. What has been set already stays as it is.

    Compiled programs are kept on disk. A sum on a CPU is not split over its cores. A CPU is shown to JAX as `devices`
    virtual devices where more than one is asked for, and the environment does not say at least as many.

    Raises:
        ConfigError: `one_core` is asked for where it cannot be had.
    """
    cache = Path(os.environ.get("XDG_CACHE_HOME", "~/.cache")).expanduser() / "aelab" / "xla"
    if not jax.config.jax_compilation_cache_dir:  # ty: ignore[missing-attribute]
        jax.config.update("jax_compilation_cache_dir", str(cache))
        jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.0)
        jax.config.update("jax_persistent_cache_min_entry_size_bytes", -1)
    if not _started():
        _keep_sums_whole()
    if one_core:
        _use_one_core()
    if devices > max(1, _shown()):
        with contextlib.suppress(RuntimeError):  # JAX has started: `choose_devices` sees what there is
            jax.config.update("jax_num_cpu_devices", devices)


def _shown() -> int:
    """As how many devices the environment has JAX see a CPU; 0 where it says nothing."""
    flags = dict(flag.split("=", 1) for flag in os.environ.get("XLA_FLAGS", "").split() if "=" in flag)
    return int(flags.get("--xla_force_host_platform_device_count", 0))


def _started() -> bool:
    """Whether JAX has looked for its devices: what is set from now on has no effect."""
    count = jax.config.jax_num_cpu_devices  # ty: ignore[missing-attribute]
    try:
        jax.config.update("jax_num_cpu_devices", count + 1)  # JAX refuses, and another value alone, once it has begun
    except RuntimeError:
        return True
    jax.config.update("jax_num_cpu_devices", count)
    return False


def _keep_sums_whole() -> None:
    """Keep XLA from giving sums on a CPU to a library that splits them over the cores.

    Split sums were slower for all nets but one, and their bits depend on the number of cores. A version of XLA that
    does not know a flag ends the process, so the flag is set for known versions only. `AELAB_XLA_FLAGS` replaces it.
    """
    known = jax.version.__version_info__[:2] in WHOLE_SUMS_IN
    own = os.environ.get("AELAB_XLA_FLAGS", WHOLE_SUMS if known else "").split()
    given = os.environ.get("XLA_FLAGS", "").split()
    names = {flag.partition("=")[0] for flag in given}
    os.environ["XLA_FLAGS"] = " ".join([*given, *(flag for flag in own if flag.partition("=")[0] not in names)])


def _use_one_core() -> None:
    """XLA splits long sums over as many threads as the process has cores when JAX starts."""
    if not hasattr(os, "sched_setaffinity"):
        raise ConfigError("--deterministic: this system cannot keep a process on one core; leave it out")
    cores = os.sched_getaffinity(0)
    if len(cores) > 1:
        if _started():
            raise ConfigError("--deterministic: JAX has started on several cores; begin in a new process")
        os.sched_setaffinity(0, {_reserve_core(cores)})


def _reserve_core(cores: set[int]) -> int:
    """Reserve the first core that no other process of aelab has reserved; where all are, any of them.

    A core is reserved by a socket with a name in Linux's abstract namespace. It has no file, and its name is free again
    however the process ends.
    """
    for core in sorted(cores):
        reserved = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        try:
            reserved.bind(f"\0{CORE_SOCKET} {core}")
        except OSError:
            reserved.close()
        else:
            _held_sockets.append(reserved)
            return core
    return sorted(cores)[os.getpid() % len(cores)]


def cores() -> int:
    """How many this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
