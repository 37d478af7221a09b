"""The fastest matrix product this machine does in the minute of a race: what any network could reach at most.

python -m experiments.bench.ceiling '{}'
"""

from collections.abc import Callable

from experiments.bench.peers import protocol

SIDE, TIMES = 2048, 8
FLOP = 2.0 * SIDE**3 * TIMES  # of a turn


def product() -> Callable[[], object]:
    """A turn: products of large matrices, one after the other."""
    import jax
    import jax.numpy as jnp

    from aelab.seeds import base_key

    @jax.jit
    def products(a, b):
        return jax.lax.fori_loop(0, TIMES, lambda _, c: jnp.tanh(c[:1]) + b @ c, a)

    a, b = jax.random.normal(base_key(0), (2, SIDE, SIDE)) / SIDE
    return lambda: products(a, b).block_until_ready()


if __name__ == "__main__":
    protocol.serve(product(), flop=FLOP)
