"""The fully connected VAE as Flax's example trains it: a jitted step in a Python loop over batches of NumPy."""

import flax
import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import optax
import protocol
from flax.training import train_state


class VAE(nn.Module):
    code: int
    hidden: int = 400

    @nn.compact
    def __call__(self, x, key):
        h = nn.relu(nn.Dense(self.hidden)(x))
        mean, logvar = nn.Dense(self.code)(h), nn.Dense(self.code)(h)
        z = mean + jnp.exp(0.5 * logvar) * jax.random.normal(key, mean.shape)
        return nn.Dense(784)(nn.relu(nn.Dense(self.hidden)(z))), mean, logvar


@jax.jit
def train_step(state, batch, key):
    def loss(params):
        logits, mean, logvar = state.apply_fn({"params": params}, batch, key)
        bce = -jnp.sum(batch * nn.log_sigmoid(logits) + (1 - batch) * nn.log_sigmoid(-logits), 1)
        kl = -0.5 * jnp.sum(1 + logvar - jnp.square(mean) - jnp.exp(logvar), 1)
        return jnp.mean(bce + kl)

    return state.apply_gradients(grads=jax.grad(loss)(state.params))


def main() -> None:
    work = protocol.workload()
    images = np.load(work["data"]).reshape(-1, 784)
    model, key = VAE(work["latent"]), jax.random.key(0)
    params = model.init(key, jnp.zeros((1, 784)), key)["params"]
    state = train_state.TrainState.create(apply_fn=model.apply, params=params, tx=optax.adam(1e-3))
    rng = np.random.default_rng(0)

    def batches():
        while True:
            order = rng.permutation(len(images))
            yield from np.split(order, range(work["batch"], len(order), work["batch"]))

    order = batches()

    def turn():
        nonlocal state, key
        for _ in range(work["steps"]):
            key, draw = jax.random.split(key)
            batch = jnp.asarray(images[next(order)], jnp.float32) / 255
            state = train_step(state, batch, draw)
        jax.block_until_ready(state)

    count = sum(leaf.size for leaf in jax.tree.leaves(params))
    protocol.serve(turn, parameters=count, version=flax.__version__)


if __name__ == "__main__":
    main()
