"""Floating-point operations are counted as closed forms have them."""

import math

import jax
import jax.numpy as jnp
import pytest

from aelab import data
from aelab.config import DataOptions
from experiments.bench import bound, ours
from experiments.bench.flops import matmul_flops

SHAPE = (28, 28, 1)
ENCODER, DECODER, FIRST = 784 * 400 + 400 * 40, 20 * 400 + 400 * 784, 784 * 400  # products of the FC VAE 784-400-20
WORK = {"data": "none", "net": "mlp", "latent": 20, "variational": True, "noise": 0.0}


def experiment(**work):
    made = ours.config({**WORK, **work})
    spec = data.load(DataOptions("fashion_small")).spec
    return ours.script({**WORK, **work}).build(made, spec)


def test_products_of_matrices_are_counted():
    a, b = jnp.ones((5, 3, 4)), jnp.ones((5, 4, 7))
    assert matmul_flops(lambda a, b: a @ b, a, b) == 2 * 5 * 3 * 4 * 7
    assert matmul_flops(lambda a, b: a + b, a, a) == 0


def test_a_sum_written_as_a_product_is_none():
    a = jnp.ones((8, 4))
    assert matmul_flops(lambda a: a @ jnp.ones(4), a) == 0
    assert matmul_flops(lambda a: jnp.ones((1, 8)) @ a, a) == 0
    assert matmul_flops(jax.grad(lambda a: (a @ jnp.ones(4)).sum()), a) == 0


def test_a_loop_counts_as_often_as_it_runs():
    a = jnp.ones((4, 4))
    assert matmul_flops(lambda a: jax.lax.fori_loop(0, 9, lambda _, x: a @ x, a), a) == 9 * 2 * 4**3
    with pytest.raises(NotImplementedError, match="while"):
        matmul_flops(lambda a: jax.lax.while_loop(lambda x: x.sum() < 9, lambda x: a @ x, a), a)


@pytest.mark.parametrize("batch", [8, 128])
def test_the_fully_connected_vae_costs_197_gigaflop_an_epoch(batch):
    """Forward, and both products of the gradient of each layer, the first aside: images want no gradient."""
    found = ours.matmuls_of_training(experiment(batch=batch), batch, SHAPE)
    assert found == 2 * (3 * (ENCODER + DECODER) - FIRST)
    assert found == pytest.approx(3.28e6)
    assert 60_000 * found == pytest.approx(197e9, rel=1e-2)


def test_each_draw_of_the_importance_weighted_bound_decodes():
    found = ours.matmuls_of_training(experiment(batch=8, objective="iwae", samples=5), 8, SHAPE)
    assert found == 2 * (3 * (ENCODER + 5 * DECODER) - FIRST)


def test_scoring_encodes_once_and_decodes_each_draw():
    model = experiment().model
    params = jax.eval_shape(model.init, jax.random.key(0), jax.ShapeDtypeStruct((1, *SHAPE), jnp.float32))
    assert bound.matmuls_of_scoring(model, params, 6, SHAPE, 50) == 2 * (ENCODER + 50 * DECODER)


def test_the_convolutional_vae_costs_what_its_windows_do():
    """A window of 9 for each output of a convolution, for each input of a transposed one."""
    layers = [196 * 9 * 32, 49 * 9 * 32 * 64, 49 * 64 * 40, 20 * 49 * 64, 49 * 9 * 64 * 32, 196 * 9 * 32]
    found = ours.matmuls_of_training(experiment(net="conv", batch=8), 8, SHAPE)
    assert found == pytest.approx(2 * (3 * math.fsum(layers) - layers[0]), rel=0.1)


def test_sizes_of_a_row_reach_the_net():
    found = ours.matmuls_of_training(experiment(sizes={"hidden": 64}, batch=8), 8, SHAPE)
    assert found == 2 * (3 * (784 * 64 + 64 * 40 + 20 * 64 + 64 * 784) - 784 * 64)
