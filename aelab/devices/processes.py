"""Meeting the other processes of a run, before JAX looks for its devices."""

import math
import socket
from collections.abc import Callable

import jax

from aelab.devices import loopback
from aelab.devices.alone import Alone
from aelab.devices.places import Place
from aelab.devices.team import Team
from aelab.errors import ConfigError

HEARTBEAT = 30  # seconds without a sign of life until JAX takes a process for dead, and ends the others

_team = Alone()


def team() -> Alone:
    """The processes of this run."""
    return _team


def join(place: Place, timeout: float, say: Callable[[str, int], object]) -> Team:
    """Wait for the other processes of the run, before JAX looks for its devices. JAX ends this process by SIGABRT
    where they do not come, or where one of them is lost later on.

    Raises:
        ConfigError: process 0 cannot listen where it is to be met.
    """
    global _team
    from jax._src import distributed  # the client of the coordination service has no public name

    if place.index == 0:
        _require_free(place)
    jax.config.update("jax_enable_preemption_service", False)  # it would take SIGTERM for itself
    jax.distributed.initialize(
        place.coordinator,
        place.count,
        place.index,
        local_device_ids=None if place.local is None else [place.local],
        cluster_detection_method="deactivate",
        coordinator_bind_address=place.coordinator if place.on_loopback else None,
        initialization_timeout=math.ceil(timeout),
        heartbeat_timeout_seconds=HEARTBEAT,
        shutdown_timeout_seconds=HEARTBEAT,
    )
    if place.on_loopback:
        loopback.use(place.host)
    _team = Team(distributed.global_state.client, place, say)
    return _team


def _require_free(place: Place) -> None:
    """Listen at the address of the coordinator for a moment; JAX would crash where that cannot be."""
    host, _, port = place.coordinator.rpartition(":")
    try:
        socket.create_server((host if place.on_loopback else "", int(port))).close()
    except OSError as error:
        raise ConfigError(f"--coordinator: {place.coordinator}: {error.strerror}; choose another port") from None
