"""What every quantised code must do, whichever it is: those of `--quantiser`, built by the script `experiments.vq`.

A new one is a line in `CASES`.
"""

from dataclasses import replace
from functools import cached_property
from typing import get_args

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from everywhere import WAYS, assert_same

from aelab.batch import Batch
from aelab.config.quantised import Quantiser
from aelab.data.source import Spec
from aelab.experiment import hyper
from aelab.objectives import as_objective
from aelab.runner import population
from experiments import vq

ROWS, EVENT = 6, (8, 2)  # a series of 8 steps and 2 channels
SPEC = Spec(EVENT, "float32", "unit", lengths=tuple(range(2, 9)))
TINY = {"widths": (5,), "latent_dim": 3, "codes": 8, "tokens": 2, "residual_levels": 3, "scalar_levels": (4, 3)}
GRID = {"net": "conv", "channels": (4,), "latent_grid": True}
CASES = {  # each is what it adds to the flags
    "vq": {},
    "gradient": {"codebook": "gradient"},
    "grid": GRID,
    "cosine": {"quantiser": "cosine"},
    "residual": {"quantiser": "residual"},
    "fsq": {"quantiser": "fsq"},
    "lfq": {"quantiser": "lfq"},
    "bsq": {"quantiser": "bsq"} | GRID,
    "gumbel": {"quantiser": "gumbel"},
}
FAST = ("grid", "residual", "fsq", "gumbel")
KEY, INDEX = jax.random.key(3), np.array([3, 5, 4, 0, 1, 2])
MASK = np.arange(8) < np.array([[8], [2], [5], [7], [4], [8]])


def total(terms, config):
    """What the terms add up to."""
    terms = dict(terms)
    value = terms.pop("distortion") + config.commitment * terms.pop("commitment", 0) + terms.pop("codebook", 0)
    if config.quantiser == "gumbel":
        value = value + config.beta * terms.pop("rate")
    if config.quantiser in ("lfq", "bsq"):
        value = value + config.entropy_weight * (terms.pop("place_entropy") - terms.pop("mean_entropy"))
    assert not terms
    return value


class Case:
    """One kind of code: compiled once, used by every question of the exam."""

    def __init__(self, name: str):
        self.config = vq.Config(**(TINY | CASES[name]), batch_size=ROWS)
        self.experiment = vq.build(self.config, SPEC)
        self.model, self.record = self.experiment.model, as_objective(self.experiment.objective)
        rng = np.random.default_rng(1)
        shapes = jax.eval_shape(self.model.init, KEY, jnp.zeros((ROWS, *EVENT)))
        self.params = jax.tree.map(lambda leaf: rng.normal(0.1, 0.7, leaf.shape).astype("f4"), shapes)
        self.batch = Batch(*rng.uniform(size=(2, ROWS, *EVENT)).astype("f4"), mask=MASK, index=INDEX)

    def values(self, params, batch, key):
        """The loss of each event, the gradient of their sum, and what is known of their codes."""
        numbers = hyper(self.config, 1, 4)
        more = {"gather": lambda tree: tree} if self.record.across else {}
        more |= {"extra": self.record.init(params, SPEC, numbers)} if self.record.init else {}

        def summed(params):
            loss = self.record.loss(self.model, params, key, batch, step=1, hyper=numbers, **more)
            return loss.value.sum(), loss

        (_, loss), grad = jax.value_and_grad(summed, has_aux=True)(params)
        q, p = self.model.encode(params, batch.inputs, mask=batch.mask), self.model.prior(params)
        z = q.sample(key, batch.index)
        found = {"z": z, "indices": q.indices, "exists": q.exists, "again": p.look_up(q.indices), "mode": q.mode}
        found |= {"rate": q.divergence(p, z), "log_q": q.log_prob(z)}
        made = self.model.generate(params, key, batch.index)
        return {"loss": loss._replace(updates={}), "updates": loss.updates, "grad": grad, "made": made, **found}

    @cached_property
    def compiled(self):
        run = jax.jit(self.values)

        def answers(key=KEY, **changed):
            return jax.tree.map(np.asarray, run(self.params, self.batch._replace(**changed), key))

        return answers

    @cached_property
    def answers(self):
        return self.compiled()


@pytest.fixture(scope="module", params=[pytest.param(n, marks=[pytest.mark.long] * (n not in FAST)) for n in CASES])
def case(request):
    return Case(request.param)


def test_every_quantiser_sits_the_exam():
    assert {case.get("quantiser", "vq") for case in CASES.values()} == set(get_args(Quantiser))


READ_BY = {
    "code_decay": "vq",
    "restart_below": "vq",
    "commitment": "residual",
    "entropy_weight": "lfq",
    "sharpness": "bsq",
}
READ_BY |= dict.fromkeys(("temperature", "last_temperature", "beta"), "gumbel")


@pytest.mark.parametrize("number", READ_BY)
def test_runs_that_differ_in_one_of_its_numbers_train_together(number):
    config = vq.Config(quantiser=READ_BY[number])
    values = (0.25, 0.5, 0.75)
    assert population.groups([replace(config, **{number: value}) for value in values]) == [[0, 1, 2]]


def test_it_is_finite_and_one_number_per_example(case):
    found = case.answers
    assert {leaf.shape for leaf in jax.tree.leaves((found["loss"], found["rate"], found["log_q"]))} == {(ROWS,)}
    assert found["made"].shape == (ROWS, *EVENT)
    assert all(np.isfinite(leaf).all() for leaf in jax.tree.leaves(found))
    np.testing.assert_allclose(found["loss"].value, total(found["loss"].terms, case.config), rtol=1e-5)


def test_it_has_a_gradient_in_every_parameter_but_a_book_that_moves_by_itself(case):
    for path, leaf in jax.tree.leaves_with_path(case.answers["grad"]):
        moves = case.record.advance and "book" in jax.tree_util.keystr(path)
        assert (leaf == 0).all() if moves else (leaf != 0).any(), jax.tree_util.keystr(path)


def test_a_code_is_told_by_its_indices(case):
    found, codes = case.answers, case.model.parts.posterior.book.codes
    there = found["exists"]
    assert found["indices"].shape[:-1] == there.shape
    assert ((found["indices"] >= 0) & (found["indices"] < codes)).all()
    np.testing.assert_array_equal(found["indices"][~there], 0)
    z, again = (a.reshape(*there.shape, -1) for a in (found["mode"], found["again"]))
    np.testing.assert_allclose(z[there], again[there], atol=1e-6)
    np.testing.assert_array_equal(z[~there], 0)


def test_the_rate_is_the_logarithm_of_the_codes_to_choose_from(case):
    """Of drawn codes it is at most that."""
    found, codes = case.answers, case.model.parts.posterior.book.codes
    most = found["exists"].reshape(ROWS, -1).sum(1) * found["indices"].shape[-1] * np.log(codes)
    if case.config.quantiser == "gumbel":
        assert ((found["rate"] > 0) & (found["rate"] < most)).all()
        return
    np.testing.assert_allclose(found["rate"], most, rtol=1e-6)
    np.testing.assert_array_equal(found["log_q"], 0)


def test_a_row_depends_on_itself_and_its_index_alone(case):
    order = np.array([4, 2, 0, 5, 1, 3])
    rows = {name: getattr(case.batch, name)[order] for name in ("inputs", "targets", "mask", "index")}
    moved = case.compiled(**rows)
    names = ("z", "indices", "rate", "made") if case.record.across else ("loss", "z", "indices", "rate", "made")
    for name in names:
        expected = jax.tree.map(lambda leaf: leaf[order], case.answers[name])
        jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-5), moved[name], expected)
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, atol=1e-5), moved["updates"], case.answers["updates"])


def test_what_is_outside_the_mask_counts_for_nothing(case):
    junk = {name: np.where(MASK[..., None], getattr(case.batch, name), np.float32(np.nan)) for name in
            ("inputs", "targets")}  # fmt: skip
    jax.tree.map(np.testing.assert_array_equal, case.compiled(**junk), case.answers)


@pytest.mark.long
def test_it_is_the_same_without_jit(case):
    with jax.disable_jit():
        plain = case.values(*jax.tree.map(jnp.asarray, (case.params, case.batch)), KEY)
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-3, atol=1e-4), case.answers, plain)


LONG = {"data": "digits", "batch_size": 36, "epochs": 1, "optimizer": "sgd", "lr": 1e-3}


@pytest.mark.long
@pytest.mark.parametrize("way", [way.values[0] for way in WAYS])
@pytest.mark.parametrize("name", CASES)
def test_it_trains_alike_everywhere(name, way):
    config = vq.Config(**(TINY | LONG | CASES[name]))
    if way == "accumulate" and as_objective(vq.objective(config)).across:
        pytest.skip("a part of a batch is not the batch: the launch refuses it")
    assert_same(config, vq.build, way, close=1e-5)


@pytest.mark.long
@pytest.mark.parametrize("net", ["mlp", "conv", "lstm", "transformer"])
@pytest.mark.parametrize("name", CASES)
def test_the_loss_falls_with_every_net_and_a_run_ends_in_scores(name, net, tmp_path):
    """Of real digits, in 50 steps."""
    from aelab.runner import launch

    sizes = {"channels": (4, 8), "width": 16, "depth": 1, "heads": 2, "patch": 2, "widths": (32,)}
    config = vq.Config(
        **(TINY | CASES[name] | sizes | {"net": net}), data="digits", batch_size=29, epochs=2, lr=3e-3,
        runs_dir=tmp_path,
    )  # fmt: skip
    run = launch.train("experiments.vq", config, vq.build)
    losses = [row["distortion"] for row in run.rows("metrics.jsonl") if row["split"] == "validation"]
    assert losses[-1] < losses[0]
    scores = run.read("summary.json")["scores"]
    assert np.isfinite(scores["test/elbo"])
    assert 1 <= scores["test/perplexity"] <= config.book_size
