"""Keep what processes of one machine send each other inside it."""

from functools import partial
from typing import Any


def use(host: str) -> None:
    """Let the CPU devices of several processes talk through `host`, before JAX looks for its devices.

    Left alone, they listen where the name of the machine leads, which others may reach.
    """
    from jax._src import distributed, xla_bridge  # neither has a public name
    from jax._src.lib import _jax

    def client() -> Any:
        gloo = partial(_jax.make_gloo_tcp_collectives, distributed_client=distributed.global_state.client)
        return xla_bridge.make_cpu_client(gloo(hostname=host))

    xla_bridge.register_backend_factory("cpu", client, priority=0, fail_quietly=False)
