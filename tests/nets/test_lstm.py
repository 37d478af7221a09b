"""The LSTM encoder and decoder against flax's cell stepped by hand, and what padding must never do."""

from types import SimpleNamespace

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from sequence_nets import (
    autoencoder,
    eight_examples_are_learned_by_heart,
    lengths,
    padding_changes_nothing,
    random_parameters,
)

from aelab.errors import ConfigError
from aelab.nets import lstm, recurrence

WIDTH = 5
WAYS = ("forward", "backward")
CELL = nn.OptimizedLSTMCell(WIDTH)
EVENTS = pytest.mark.parametrize("event", [(7, 2), (1, 1), (3, 2, 3)], ids=str)
OPTIONS = pytest.mark.parametrize(
    "options",
    [{}, {"depth": 2, "bidirectional": True, "feedback": True}],
    ids=["plain", "all"],
)


def nets(event, outputs=None, **options):
    config = {"width": WIDTH, "depth": 1, "bidirectional": False, "feedback": False} | options
    return lstm.build(SimpleNamespace(**config), event, outputs or event)


def normal(*shape):
    return np.random.default_rng(0).normal(size=shape).astype("f4")


def cells(seed, *channels):
    """Parameters of flax's cell for inputs of so many channels, one cell each."""
    carry = jnp.zeros((1, WIDTH)), jnp.zeros((1, WIDTH))
    return [random_parameters(CELL.init, carry, jnp.zeros((1, n)), seed=seed + n)["params"] for n in channels]


def merged(cell, suffix=""):
    """Flax's parameters, gates side by side: the names and shapes of `lstm.weights`."""
    side_by_side = lambda kind, leaf: jnp.concatenate([cell[kind + gate][leaf] for gate in "ifgo"], -1)  # noqa: E731
    leaves = side_by_side("i", "kernel"), side_by_side("h", "kernel"), side_by_side("h", "bias")
    return {name + suffix: leaf for name, leaf in zip(("inputs", "hidden", "bias"), leaves, strict=True)}


def agree(ours, flax, *args):
    """Equal values, and equal gradients of a random weighting of them in every argument; all in one program."""
    weights = normal(*jax.eval_shape(ours, *args).shape)

    def value_and_gradient(f, args):
        def weighted(args):
            value = f(*args)
            return (value * weights).sum(), value

        return jax.grad(weighted, has_aux=True)(args)[::-1]

    (value, gradient), (desired, desired_gradient) = jax.jit(
        lambda args: [value_and_gradient(f, args) for f in (ours, flax)]
    )(args)
    np.testing.assert_allclose(value, desired, rtol=1e-5, atol=1e-6)
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-5), gradient, desired_gradient)


@pytest.mark.parametrize("reverse", [False, True], ids=["forward", "backward"])
@pytest.mark.parametrize("steps", [(6, 6, 6), (6, 3, 1)], ids=["whole", "lengths"])
def test_a_layer_is_the_cell_of_flax(reverse, steps):
    x, (cell,) = normal(3, 6, 4), cells(1, 4)
    mask = None if min(steps) == 6 else lengths(*steps, most=6)
    exists = lengths(*steps, most=6)[..., None]

    def ours(cell, x):
        return lstm.Layer(WIDTH, reverse).apply({"params": merged(cell)}, x, mask) * exists

    def flax(cell, x):
        rnn = nn.RNN(CELL, reverse=reverse, keep_order=True)
        return rnn.apply({"params": {"cell": cell}}, x, seq_lengths=jnp.array(steps)) * exists

    agree(ours, flax, cell, x)


def test_features_are_the_last_valid_states_of_flax_in_both_directions_of_a_stack():
    x, mask = normal(3, 6, 4), lengths(6, 3, 1, most=6)
    below, above = [*cells(1, 4), *cells(2, 4)], [*cells(3, 2 * WIDTH), *cells(4, 2 * WIDTH)]
    encoder, _ = nets((6, 4), depth=2, bidirectional=True)

    def ours(below, above, x):
        layers = {f"{way}_{k}": merged(c[i]) for k, c in enumerate((below, above)) for i, way in enumerate(WAYS)}
        return encoder.apply({"params": layers}, x, mask)

    def flax(below, above, x):
        for pair in (below, above):
            runs = [
                nn.RNN(CELL, reverse=i == 1, keep_order=True, return_carry=True).apply(
                    {"params": {"cell": cell}}, x, seq_lengths=mask.sum(1)
                )
                for i, cell in enumerate(pair)
            ]
            x = jnp.concatenate([out for _, out in runs], -1)
        return jnp.concatenate([h for (_, h), _ in runs], -1)

    agree(ours, flax, below, above, x)


@pytest.mark.parametrize("feedback", [False, True], ids=["code", "code and last output"])
@pytest.mark.parametrize("depth", [1, 2])
def test_the_decoder_is_the_cell_of_flax_fed_the_code_at_each_step(depth, feedback):
    z, stack = normal(3, 4), cells(1, 4 + 2 * feedback, *[WIDTH] * (depth - 1))
    readout = random_parameters(nn.Dense(2).init, jnp.zeros((1, WIDTH)))["params"]
    _, decoder = nets((4, 2), depth=depth, feedback=feedback)

    def ours(stack, readout, z):
        params = {"outputs": readout["kernel"], "outputs_bias": readout["bias"]}
        for k, cell in enumerate(stack):
            params |= merged(cell, f"_{k}")
        if feedback:
            params["inputs_0"], params["feedback"] = jnp.split(params["inputs_0"], [4])
        return decoder.apply({"params": {"stack": params}}, z)

    def flax(stack, readout, z):
        states, out, outs = [(jnp.zeros((3, WIDTH)), jnp.zeros((3, WIDTH)))] * depth, readout["bias"], []
        for _ in range(4):
            h = jnp.concatenate([z, jnp.broadcast_to(out, (3, 2))], -1) if feedback else z
            for k, cell in enumerate(stack):
                states[k], h = CELL.apply({"params": cell}, states[k], h)
            out = h @ readout["kernel"] + readout["bias"]
            outs.append(out)
        return jnp.stack(outs, 1)

    agree(ours, flax, stack, readout, z)


@pytest.mark.long  # the exam of all nets has a short one
@OPTIONS
def test_padding_changes_no_loss_no_output_and_no_gradient(options):
    padding_changes_nothing(*nets((6, 2), **options))


def test_a_whole_mask_is_no_mask_and_a_row_without_steps_has_a_zero_state():
    x, (encoder, _) = normal(2, 6, 2), nets((6, 2), bidirectional=True)
    variables = random_parameters(encoder.init, x)
    masks = None, lengths(6, 6, most=6), lengths(6, 0, most=6)
    plain, whole, empty = jax.jit(lambda variables: [encoder.apply(variables, x, mask) for mask in masks])(variables)
    np.testing.assert_allclose(whole, plain, rtol=1e-6)
    np.testing.assert_array_equal(empty[1], 0)


@pytest.mark.long
@EVENTS
@OPTIONS
def test_shapes_are_kept_gradients_reach_everything_and_jit_changes_nothing(event, options):
    x = jax.random.normal(jax.random.key(0), (4, *event))
    encoder, decoder = nets(event, (*event, 3), **options)
    init, apply = autoencoder(encoder, decoder)
    params = init(x)
    features = jax.eval_shape(encoder.apply, params[0], x)
    assert features.shape == (4, WIDTH * (1 + options.get("bidirectional", False)))
    value = jax.value_and_grad(lambda params: (jnp.square(y := apply(params, x)).sum(), y), has_aux=True)
    (_, y), gradients = jax.jit(value)(params)
    assert y.shape == (4, *event, 3)
    if event == (7, 2):
        np.testing.assert_allclose(apply(params, x), y, rtol=1e-5, atol=1e-6)
    for path, leaf in jax.tree.leaves_with_path(gradients):
        assert np.isfinite(leaf).all(), path
        assert np.abs(leaf).max() > 0 or (event[0] == 1 and "hidden" in str(path)), path  # one step has none before it


def test_an_image_is_a_series_of_rows():
    x, (encoder, _) = normal(2, 5, 4, 3), nets((5, 4, 3))
    variables = random_parameters(encoder.init, x)
    image, series = jax.jit(lambda x: [encoder.apply(variables, x), encoder.apply(variables, x.reshape(2, 5, 12))])(x)
    np.testing.assert_array_equal(image, series)


def test_long_series_give_the_gradients_of_short_ones(monkeypatch):
    x, (encoder, decoder) = normal(2, 9, 1), nets((9, 1), depth=2)
    _, apply = autoencoder(encoder, decoder)
    features = jax.eval_shape(encoder.init_with_output, jax.random.key(0), x)[0]
    params, found = [random_parameters(encoder.init, x), random_parameters(decoder.init, features, seed=1)], []
    products = []
    for longest in (9, 8):
        monkeypatch.setattr(recurrence, "LONG", longest)
        gradient = jax.jit(jax.grad(lambda params: jnp.square(apply(params, x)).sum())).trace(params)
        products.append(str(gradient.jaxpr).count("dot_general"))
        found.append(gradient.lower().compile()(params))
    assert products[1] - products[0] == 4  # the gates of each layer are computed again
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6), *found)


@pytest.mark.parametrize("reverse", [False, True])
def test_the_backward_pass_is_that_of_an_unrolled_loop(reverse):
    """Of random numbers in every argument, with steps that do not exist, and twice: the gradient of a gradient."""
    x, kernel, exists = normal(4, 3, 2), normal(2 + 1 + WIDTH, 4 * WIDTH), lengths(4, 2, 0, most=4).T[..., None]

    def unrolled(x, kernel):
        c = h = jnp.zeros((3, WIDTH))
        found = {}
        for t in range(4)[:: -1 if reverse else 1]:
            i, f, g, o = jnp.split(x[t] @ kernel[:2] + kernel[2] + h @ kernel[3:], 4, -1)
            new = jax.nn.sigmoid(f) * c + jax.nn.sigmoid(i) * jnp.tanh(g)
            h = jnp.where(exists[t], jax.nn.sigmoid(o) * jnp.tanh(new), h)
            c = jnp.where(exists[t], new, c)
            found[t] = h
        return jnp.stack([found[t] for t in range(4)])

    def slopes(f):
        once = jax.grad(lambda x, kernel: jnp.sin(f(x, kernel)).sum(), (0, 1))
        twice = jax.grad(lambda x, kernel: sum(jnp.square(part).sum() for part in once(x, kernel)), (0, 1))
        return f(x, kernel), once(x, kernel), twice(x, kernel)

    ours, theirs = jax.jit(lambda: [slopes(lambda *a: recurrence.states(*a, exists, 4, reverse)), slopes(unrolled)])()
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-5 * abs(b).max()), ours, theirs)


def test_a_series_of_another_length_needs_no_other_parameters():
    init, apply = autoencoder(*nets((6, 2)))
    x, params = jnp.zeros((3, 11, 2)), jax.eval_shape(init, jnp.zeros((3, 6, 2)))
    assert jax.eval_shape(apply, params, x, lengths(11, 8, 2, most=11)).shape == (3, 11, 2)


def test_the_first_state_forgets_little_and_gates_start_orthogonal():
    layer = lstm.Layer(4)
    params = jax.tree.map(np.asarray, jax.jit(layer.init)(jax.random.key(0), jnp.zeros((1, 2, 3)))["params"])
    np.testing.assert_array_equal(params["bias"].reshape(4, 4), [[0] * 4, [1] * 4, [0] * 4, [0] * 4])
    for block in np.split(params["hidden"], 4, axis=1):
        np.testing.assert_allclose(block @ block.T, np.eye(4), atol=1e-5)


@pytest.mark.long
@OPTIONS
def test_overfits_eight_examples(options):
    eight_examples_are_learned_by_heart(*nets((6, 2), **(options | {"width": 32})), (6, 2), steps=400)


@pytest.mark.parametrize(
    ("event", "said"),
    [((5,), r"lstm reads series .* not events of shape \(5,\)"), ((0, 2), "series of shape .* has no entries")],
)
def test_an_event_without_steps_is_refused(event, said):
    with pytest.raises(ConfigError, match=said):
        nets(event)
    with pytest.raises(ConfigError, match=said):
        lstm.Encoder(4).init(jax.random.key(0), jnp.zeros((2, *event)))


@pytest.mark.parametrize("shape", [(2, 5), (3, 6), (2, 6, 2), (2,)], ids=str)
def test_a_mask_of_another_shape_is_refused(shape):
    encoder, decoder = nets((6, 2))
    with pytest.raises(ConfigError, match=r"mask: shape .* is \(2, 6\)"):
        encoder.init(jax.random.key(0), jnp.zeros((2, 6, 2)), jnp.ones(shape, bool))
    if shape != (2, 5):  # a decoder takes as many steps as it is asked for
        with pytest.raises(ConfigError, match="mask: shape"):
            decoder.init(jax.random.key(0), jnp.zeros((2, 3)), jnp.ones(shape, bool))
