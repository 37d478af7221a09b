"""Which of the machines of a slice of TPUs this one is, as Google Cloud says; no jax here.

In Kubernetes (GKE) variables say it, and on a TPU virtual machine its metadata server does. What is asked, and the form
of the answers, are those of `jax._src.clusters.cloud_tpu_cluster` in JAX 0.10.
"""

import importlib.util
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from aelab.errors import ConfigError

PCI = Path("/sys/bus/pci/devices")
GOOGLE = "0x1ae0"
CHIPS = {"0x0027", "0x0056", "0x005e", "0x0062", "0x0063", "0x006f", "0x0076"}  # v2 to v7 and what is between
PATIENCE = 10.0  # seconds that the metadata server has for an answer


class Machine(NamedTuple):
    """A machine among those that train together: all of a slice, or of several slices."""

    index: int
    count: int
    first: str  # name or address of the first


def machine(environment: Mapping[str, str]) -> Machine | None:
    """The place of this machine; None where JAX finds no TPU on it, or where nobody says that it is part of a slice.

    Raises:
        ConfigError: it has a TPU, and the metadata server does not answer.
    """
    if not _usable(environment):
        return None
    names = environment.get("TPU_PROCESS_ADDRESSES") or environment.get("TPU_WORKER_HOSTNAMES")
    if names and "TPU_WORKER_ID" in environment:
        return _among(names, environment["TPU_WORKER_ID"], environment)
    number = None if "TPU_SKIP_MDS_QUERY" in environment else _ask("agent-worker-number", environment)
    if number is None:
        return None
    names = _ask("worker-network-endpoints", environment) or ""
    lines = [line.partition(":") for line in (_ask("tpu-env", environment) or "").splitlines()]
    beside = {name.strip(): value.strip().strip("'") for name, _, value in lines}
    return _among(names, number, {**beside, **environment})


def _among(names: str, number: str, told: Mapping[str, str]) -> Machine:
    """The place of a machine by its number in its slice, the names of all in it, and what is told of other slices."""
    hosts = [name.split(":") for name in names.split(",")]
    hosts = [parts[2] if len(parts) == 3 else parts[0] for parts in hosts]  # name:number:address, or a host alone
    slices, this = int(told.get("MEGASCALE_NUM_SLICES") or 1), int(told.get("MEGASCALE_SLICE_ID") or 0)
    first = told.get("MEGASCALE_COORDINATOR_ADDRESS") or hosts[0]
    return Machine(int(number) + this * len(hosts), len(hosts) * slices, first.split(":")[0])


def _usable(environment: Mapping[str, str]) -> bool:
    """Whether JAX will look for a TPU and find one: its library is there, and a chip."""
    wanted = environment.get("JAX_PLATFORMS", "tpu").split(",")
    library = "TPU_LIBRARY_PATH" in environment or importlib.util.find_spec("libtpu") is not None
    return "tpu" in wanted and library and any(map(_is_chip, PCI.glob("*/vendor")))


def _is_chip(vendor: Path) -> bool:
    return vendor.read_text().strip() == GOOGLE and (vendor.parent / "device").read_text().strip() in CHIPS


def _ask(name: str, environment: Mapping[str, str]) -> str | None:
    """An attribute of this virtual machine; None where it has none of that name."""
    import urllib.error  # here: --help is there sooner without them
    import urllib.request

    server = environment.get("GCE_METADATA_IP", "metadata.google.internal")
    address = f"http://{server}/computeMetadata/v1/instance/attributes/{name}"
    request = urllib.request.Request(address, headers={"Metadata-Flavor": "Google"})
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with direct.open(request, timeout=PATIENCE) as answer:
            return answer.read().decode()
    except urllib.error.HTTPError as error:
        if error.code == 404:
            return None
        reason = error
    except OSError as error:
        reason = error
    raise ConfigError(
        f"--coordinator: the metadata server does not say whether this TPU is part of a slice ({reason}); give the "
        "place of this process by flags, or set TPU_SKIP_MDS_QUERY=1 where it is alone"
    )
