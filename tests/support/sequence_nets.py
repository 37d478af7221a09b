"""What the tests of the nets over steps share: an autoencoder without a code, and lessons any such net must pass."""

import jax
import jax.numpy as jnp
import numpy as np
import optax


def autoencoder(encoder, decoder):
    """The code is the features: a pure function from events to outputs, and its parameters for an event."""

    @jax.jit
    def init(x):
        features, first = encoder.init_with_output(jax.random.key(1), x)
        return shifted([first, decoder.init(jax.random.key(2), features)])

    def apply(params, x, mask=None):
        return decoder.apply(params[1], encoder.apply(params[0], x, mask), mask)

    return init, apply


def random_parameters(init, *args, seed=0):
    """Of the shapes that `init` gives, and all random, for biases of 0 would hide a mistake. Nothing is compiled."""
    random = np.random.default_rng(seed)
    shapes = jax.eval_shape(init, jax.random.key(0), *args)
    return jax.tree.map(lambda leaf: (0.4 * random.normal(size=leaf.shape)).astype(leaf.dtype), shapes)


def shifted(variables):
    """Biases start at 0 or 1 and would hide a mistake."""
    leaves, tree = jax.tree.flatten(variables)
    keys = jax.random.split(jax.random.key(9), len(leaves))
    return tree.unflatten([x + 0.1 * jax.random.normal(key, x.shape) for key, x in zip(keys, leaves, strict=True)])


def lengths(*steps, most):
    """The mask of series with so many steps each, padded to `most`."""
    return np.arange(most) < np.array(steps)[:, None]


def padding_changes_nothing(encoder, decoder):
    """No loss, no output and no gradient, with 1, 10, 100 more steps of NaN behind series (6, 2)."""
    x, mask = jax.random.normal(jax.random.key(0), (3, 6, 2)), lengths(6, 4, 1, most=6)
    init, apply = autoencoder(encoder, decoder)
    params = init(x)

    def loss_and_outputs(params, x, mask):
        outputs = jnp.where(mask[..., None], apply(params, x, mask), 0)
        return jnp.square(outputs - jnp.where(mask[..., None], x, 0)).sum(), outputs

    gradients = jax.jit(jax.value_and_grad(loss_and_outputs, (0, 1), has_aux=True))
    (loss, outputs), gradient = gradients(params, x, mask)
    for extra in (1, 10, 100):
        more = np.pad(mask, [(0, 0), (0, extra)])
        padded = jnp.where(more[..., None], jnp.pad(x, [(0, 0), (0, extra), (0, 0)]), jnp.nan)
        (same_loss, same), same_gradient = gradients(params, padded, more)
        np.testing.assert_allclose(same_loss, loss, rtol=1e-6)
        np.testing.assert_allclose(same[:, :6], outputs, rtol=1e-6, atol=1e-6)
        np.testing.assert_array_equal(same_gradient[1][~more], 0)
        for a, b in zip(jax.tree.leaves(same_gradient[0]), jax.tree.leaves(gradient[0]), strict=True):
            np.testing.assert_allclose(a, b, rtol=0, atol=1e-6 * np.abs(b).max())


def eight_examples_are_learned_by_heart(encoder, decoder, event, steps):
    """The squared error falls below a hundredth of what it was at first."""
    x = jax.random.uniform(jax.random.key(0), (8, *event))
    init, apply = autoencoder(encoder, decoder)
    optimizer = optax.adam(1e-2)

    def step(state, _):
        params, opt_state = state
        loss, gradient = jax.value_and_grad(lambda params: jnp.square(apply(params, x) - x).sum() / 8)(params)
        updates, opt_state = optimizer.update(gradient, opt_state, params)
        return (optax.apply_updates(params, updates), opt_state), loss

    params = init(x)
    _, losses = jax.jit(lambda state: jax.lax.scan(step, state, length=steps))((params, optimizer.init(params)))
    assert losses[-1] < 0.01 * losses[0]
