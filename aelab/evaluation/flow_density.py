"""A normalising flow fitted to codes after training: the most flexible of the densities that random codes come from.

Affine coupling layers (Dinh et al. 2017, Real NVP, arXiv:1605.08803), fitted by maximum likelihood to codes that were
shifted and scaled to mean 0 and deviation 1. Two in ten of the codes are held out, and the parameters kept are those
under which these are likeliest.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jaxtyping import Float

from aelab.priors import LearnedFlow
from aelab.seeds import base_key

ROUNDS, STEPS, BATCH = 20, 100, 256  # of training: looks at held-out codes, steps between them, codes a step
RATE = 2e-3  # of Adam, down to 0 along a cosine
LAYERS, HIDDEN = 6, 64

Codes = Float[np.ndarray, "code latent"]


def fitted(codes: Codes, seed: int) -> tuple[Callable[[int], Codes], Callable[[Codes], np.ndarray]]:
    """A function that draws so many codes, and the log density of codes in nats, both of the fitted flow."""
    mean, std = codes.mean(0), np.where(codes.std(0) > 0, codes.std(0), 1)
    white = jnp.asarray((codes - mean) / std, jnp.float32)
    flow = LearnedFlow((codes.shape[1],), LAYERS, HIDDEN)
    params = _fit(flow, white, seed)

    @jax.jit
    def decoded(params, u):
        p: Any = flow.apply(params)
        return p.network(u)[0]

    @jax.jit
    def scored(params, z):
        p: Any = flow.apply(params)
        return p.log_prob(z)

    def draw(count: int) -> Codes:
        noise = np.random.default_rng(seed).standard_normal((count, codes.shape[1]))
        return np.asarray(decoded(params, jnp.float32(noise)), np.float64) * std + mean

    def log_density(z: Codes) -> np.ndarray:
        return np.asarray(scored(params, jnp.float32((z - mean) / std)), np.float64) - np.log(std).sum()

    return draw, log_density


def _fit(flow: LearnedFlow, codes: jax.Array, seed: int) -> Any:
    """The parameters that were best on held-out codes."""
    of_start, of_order, of_steps = jax.random.split(base_key(seed), 3)
    codes = jax.random.permutation(of_order, codes)
    held = max(len(codes) // 5, 1)
    params = jax.jit(flow.init)(of_start)
    descent = optax.adam(optax.cosine_decay_schedule(RATE, ROUNDS * STEPS))
    state, best = descent.init(params), (np.inf, params)
    for key in jax.random.split(of_steps, ROUNDS):
        params, state, loss = _round(flow, descent, params, state, codes[held:], codes[:held], key)
        best = min(best, (float(loss), params), key=lambda found: found[0])
    return best[1]


@partial(jax.jit, static_argnums=(0, 1))
def _round(flow, descent, params, state, codes, held, key):
    """`STEPS` steps, and the mean −log p of held-out codes behind them."""

    def loss(params, z):
        p: Any = flow.apply(params)
        return -p.log_prob(z).mean()

    def step(carry, key):
        params, state = carry
        some = codes[jax.random.randint(key, (BATCH,), 0, len(codes))]
        updates, state = descent.update(jax.grad(loss)(params, some), state)
        return (optax.apply_updates(params, updates), state), None

    (params, state), _ = jax.lax.scan(step, (params, state), jax.random.split(key, STEPS))
    return params, state, loss(params, held)
