"""What every kind of code must do with every prior that goes with it, whichever they are: those of `--posterior` and
`--prior`, built by the script of the VAE.

A new one is a line in `CASES`.
"""

from functools import cached_property
from typing import get_args

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from everywhere import WAYS, assert_same

from aelab import latents, objectives, priors
from aelab.batch import Batch, Hyper
from aelab.config.codes import PosteriorName, PriorName
from aelab.data.source import Spec
from experiments import vae

ROWS, EVENT = 6, (4, 3, 1)
SPEC = Spec(EVENT, "uint8", "unit", 255.0, levels=256)
TINY = {"widths": (5,), "latent_dim": 3, "prior_components": 4, "code_width": 6}
CASES = {  # each is what it adds to the flags
    "mixture": {"prior": "mixture"},
    "vamp": {"prior": "vamp"},
    "flow": {"prior": "flow"},
    "full": {"posterior": "full"},
    "planar": {"posterior": "planar"},
    "iaf": {"posterior": "iaf"},
    "vmf": {"posterior": "vmf", "prior": "uniform"},
    "layered": {"posterior": "layered", "prior": "layered", "upper_dims": (2,)},
    "bottom_up": {"posterior": "bottom_up", "prior": "layered", "upper_dims": (4, 2)},
}
KEY, INDEX = jax.random.key(3), np.array([3, 11, 7, 0, 400, 20])


class Case:
    """One kind of code and its prior: compiled once, used by every question of the exam."""

    def __init__(self, name: str):
        self.config = vae.Config(**(TINY | CASES[name]))
        self.experiment = vae.build(self.config, SPEC)
        self.model = self.experiment.model
        rng = np.random.default_rng(1)
        shapes = jax.eval_shape(self.model.init, KEY, jnp.zeros((ROWS, *EVENT)))
        self.params = jax.tree.map(lambda leaf: rng.normal(0.1, 0.5, leaf.shape).astype("f4"), shapes)
        self.x = rng.uniform(size=(ROWS, *EVENT)).astype("f4")

    def values(self, params, x, key, index):
        """The ELBO of each event and the gradient of their sum, a draw and its log density, and events made up."""

        def total(params):
            batch = Batch(x, x, index=index)
            loss = objectives.elbo(self.model, params, key, batch, step=0, hyper=Hyper())
            return loss.value.sum(), loss

        (_, loss), grad = jax.value_and_grad(total, has_aux=True)(params)
        z, log_q = objectives.drawn(self.model.encode(params, x), key, index)
        made = self.model.generate(params, key, index)
        return {"loss": loss, "grad": grad, "z": z, "log_q": log_q(), "made": made}

    @cached_property
    def compiled(self):
        run = jax.jit(self.values)

        def answers(x=self.x, key=KEY, index=INDEX):
            return jax.tree.map(np.asarray, run(self.params, x, key, index))

        return answers

    @cached_property
    def answers(self):
        return self.compiled()


@pytest.fixture(scope="module", params=CASES)
def case(request):
    return Case(request.param)


def test_every_code_and_every_prior_sits_the_exam():
    held = {case.get("prior", "standard_normal") for case in CASES.values()}
    assert held | {"conditional"} == set(get_args(PriorName)) == set(priors.menu)
    kinds = {case.get("posterior", "normal") for case in CASES.values()}
    assert kinds == set(get_args(PosteriorName)) == set(latents.menu)


def test_it_is_finite_and_one_number_per_example(case):
    found = case.answers
    assert {leaf.shape for leaf in jax.tree.leaves((found["loss"], found["log_q"]))} == {(ROWS,)}
    assert found["made"].shape == (ROWS, *EVENT)
    assert all(np.isfinite(leaf).all() for leaf in jax.tree.leaves(found))
    assert all(leaf.dtype == np.float32 for leaf in jax.tree.leaves(found))


def test_it_has_a_gradient_in_every_parameter(case):
    for path, leaf in jax.tree.leaves_with_path(case.answers["grad"]):
        assert (leaf != 0).any(), jax.tree_util.keystr(path)


def test_a_row_depends_on_itself_and_its_index_alone(case):
    order = np.array([4, 2, 0, 5, 1, 3])
    moved = case.compiled(case.x[order], index=INDEX[order])
    for name in ("loss", "z", "log_q", "made"):
        expected = jax.tree.map(lambda leaf: leaf[order], case.answers[name])
        jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-5), moved[name], expected)
    for other in (case.compiled(index=INDEX + 1), case.compiled(key=jax.random.key(8))):
        for name in ("z", "made"):
            changed = [
                (a != b).any() for a, b in zip(*map(jax.tree.leaves, (other[name], case.answers[name])), strict=True)
            ]
            assert all(changed), name


@pytest.mark.long
def test_it_is_the_same_without_jit(case):
    with jax.disable_jit():
        plain = case.values(jax.tree.map(jnp.asarray, case.params), jnp.asarray(case.x), KEY, jnp.asarray(INDEX))
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-3, atol=1e-4), case.answers, plain)


@pytest.mark.long
def test_the_slope_is_that_of_the_value(case):
    leaves, tree = jax.tree.flatten(case.params)
    rng = np.random.default_rng(5)
    way = [rng.normal(size=leaf.shape) for leaf in leaves]
    run = jax.jit(case.values)

    def at(distance):
        params = jax.tree.unflatten(tree, [np.float32(p + distance * d) for p, d in zip(leaves, way, strict=True)])
        return np.float64(run(params, case.x, KEY, INDEX)["loss"].value).sum()

    expected = sum(np.vdot(d, leaf) for d, leaf in zip(way, jax.tree.leaves(case.answers["grad"]), strict=True))
    np.testing.assert_allclose((at(3e-3) - at(-3e-3)) / 6e-3, expected, rtol=0.02, atol=0.1)


LONG = {"data": "digits", "batch_size": 36, "epochs": 1, "optimizer": "sgd", "lr": 1e-3}


@pytest.mark.long
@pytest.mark.parametrize("way", [way.values[0] for way in WAYS])
@pytest.mark.parametrize("name", CASES)
def test_it_trains_alike_everywhere(name, way):
    assert_same(vae.Config(**(TINY | LONG | CASES[name])), vae.build, way, close=1e-5)


@pytest.mark.long
@pytest.mark.parametrize("net", ["mlp", "conv", "lstm", "transformer"])
@pytest.mark.parametrize("name", CASES)
def test_the_loss_falls_with_every_net_and_a_run_ends_in_scores(name, net, tmp_path):
    """Of real digits, in 50 steps."""
    from aelab.runner import launch

    sizes = {"channels": (4, 8), "width": 16, "depth": 1, "heads": 2, "patch": 2}
    config = vae.Config(
        **(TINY | sizes | CASES[name] | {"widths": (32,)}), net=net, data="digits", batch_size=29, epochs=2, lr=3e-3,
        runs_dir=tmp_path,
    )  # fmt: skip
    run = launch.train("experiments.vae", config, vae.build)
    losses = [row["loss"] for row in run.rows("metrics.jsonl") if row["split"] == "validation"]
    assert losses[-1] < losses[0]
    assert np.isfinite(run.read("summary.json")["scores"]["test/elbo"])
