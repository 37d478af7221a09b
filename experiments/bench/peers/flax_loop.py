"""A VAE as Flax's example trains it, fully connected or convolutional: a jitted step in a Python loop over batches of
NumPy."""

import flax
import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import optax
import protocol
from flax.training import train_state


class Dense(nn.Module):
    """Both halves of the fully connected one."""

    outputs: int
    hidden: int = 400

    @nn.compact
    def __call__(self, x):
        return nn.Dense(self.outputs)(nn.relu(nn.Dense(self.hidden)(x)))


class ConvEncoder(nn.Module):
    outputs: int

    @nn.compact
    def __call__(self, x):
        h = x.reshape(-1, 28, 28, 1)
        for features in (32, 64):
            h = nn.relu(nn.Conv(features, (3, 3), strides=2)(h))
        return nn.Dense(self.outputs)(h.reshape(len(h), -1))


class ConvDecoder(nn.Module):
    outputs: int

    @nn.compact
    def __call__(self, z):
        h = nn.relu(nn.Dense(64 * 49)(z)).reshape(-1, 7, 7, 64)
        h = nn.relu(nn.ConvTranspose(32, (3, 3), strides=(2, 2))(h))
        return nn.ConvTranspose(1, (3, 3), strides=(2, 2))(h).reshape(len(h), self.outputs)


NETS = {"mlp": (Dense, Dense), "conv": (ConvEncoder, ConvDecoder)}


class VAE(nn.Module):
    net: str
    code: int

    @nn.compact
    def __call__(self, x, key):
        encoder, decoder = NETS[self.net]
        mean, logvar = jnp.split(encoder(2 * self.code)(x), 2, 1)
        z = mean + jnp.exp(0.5 * logvar) * jax.random.normal(key, mean.shape)
        return decoder(784)(z), mean, logvar


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
    model, key = VAE(work["net"], work["latent"]), jax.random.key(0)
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

    protocol.serve(turn, version=f"Flax {flax.__version__}", platform=jax.default_backend())


if __name__ == "__main__":
    main()
