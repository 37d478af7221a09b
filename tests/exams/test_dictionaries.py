"""What every kind of sparse dictionary must do, whichever it is: those of `--dictionary`, built by their script.

A new one is a line in `CASES`.
"""

from collections.abc import Callable
from dataclasses import replace
from functools import cached_property
from typing import Any, NamedTuple, get_args

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from everywhere import ACROSS, WAYS, assert_same

from aelab import latents, objectives
from aelab.batch import Batch
from aelab.config.dictionaries import DictionaryKind
from aelab.data.source import Spec
from aelab.experiment import hyper
from aelab.objectives import Objective
from aelab.runner import launch, population
from aelab.training.initial import fresh_params
from experiments import sparse

ROWS, FEATURES, UNITS = 6, 7, 12
SPEC = Spec((FEATURES,), "float32", "real", examples=100)
TINY = {"latent_dim": UNITS, "k": 3, "revived": 4, "sparsity_weight": 0.3, "revival_weight": 0.2}
KEY = jax.random.key(3)


class Member(NamedTuple):
    """A kind of dictionary, and what its terms add up to."""

    total: Callable  # (terms) -> value
    flags: dict[str, Any] = {}  # noqa: RUF012 - of the script, beside `TINY`
    placed: tuple[str, ...] = ("encoder/bias",)  # parameters that are put where they are, and have no gradient


def with_revival(terms):
    return terms["distortion"] + 0.2 * terms["revival"]


CASES = {
    "l1": Member(lambda terms: terms["distortion"] + 0.3 * terms["code_length"]),
    "topk": Member(with_revival),
    "batch_topk": Member(with_revival, placed=("encoder/bias", "posterior/threshold")),
    "jump_relu": Member(lambda terms: terms["distortion"] + 0.3 * terms["l0"], {"bandwidth": 2.0}),
    "gated": Member(lambda terms: terms["distortion"] + 0.3 * terms["code_length"] + terms["gate_distortion"]),
    "matryoshka": Member(
        lambda terms: with_revival(terms) + terms["inner_distortion"],
        {"levels": (4, 7)},
        placed=("encoder/bias", "posterior/threshold"),
    ),
}


class Case:
    """One kind, compiled once, used by every question of the exam. Every second unit is dead."""

    def __init__(self, name: str):
        self.name, self.member = name, CASES[name]
        self.config = sparse.Config(dictionary=name, **(TINY | self.member.flags))
        self.experiment = sparse.build(self.config, SPEC)
        self.record = Objective(*self.experiment.objective)
        self.hyper = hyper(self.config, 10, 20)
        rng = np.random.default_rng(1)
        shapes = jax.eval_shape(lambda: fresh_params(self.experiment, SPEC, KEY, self.hyper))
        self.params = jax.tree.map(lambda leaf: rng.normal(0.1, 0.5, leaf.shape).astype("f4"), shapes)
        x = rng.normal(size=(ROWS, FEATURES)).astype("f4")
        self.batch = Batch(x, x + rng.normal(0, 0.3, x.shape).astype("f4"), weight=np.ones(ROWS, "f4"))

    @property
    def extra(self):
        if self.record.init is None:
            return ()
        kept = self.record.init(self.params, SPEC, self.hyper)
        return {**kept, "since": jnp.where(jnp.arange(UNITS) % 2, 1e9, 0)}

    def values(self, params, batch):
        """The loss of each event, and the gradient of their sum."""
        gather = {"gather": lambda tree: tree} if self.record.across else {}

        def total(params):
            given = {"step": 30, "hyper": self.hyper, "extra": self.extra, **gather}
            loss = self.record.loss(self.experiment.model, params, KEY, batch, **given)
            return loss.value.sum(), loss

        (_, loss), grad = jax.value_and_grad(total, has_aux=True)(params)
        return loss, grad

    @cached_property
    def run(self):
        compiled = jax.jit(self.values)
        return lambda batch, params=self.params: jax.tree.map(np.asarray, compiled(params, batch))

    @cached_property
    def answers(self):
        return self.run(self.batch)


@pytest.fixture(scope="module", params=CASES)
def case(request):
    return Case(request.param)


def test_every_kind_sits_the_exam():
    kinds = set(get_args(DictionaryKind))
    assert set(CASES) == kinds == set(latents.dictionaries.menu) == set(objectives.dictionaries.menu)


def test_it_is_finite_and_one_number_per_example(case):
    loss, grad = case.answers
    assert {number.shape for number in (loss.value, *loss.terms.values())} == {(ROWS,)}
    assert all(np.isfinite(leaf).all() for leaf in jax.tree.leaves((loss, grad)))
    np.testing.assert_allclose(loss.value, case.member.total(loss.terms), rtol=1e-5)


def test_it_has_a_gradient_in_every_parameter_but_those_that_are_put_in_place(case):
    for path, leaf in jax.tree.leaves_with_path(case.answers[1]["model"]):
        place = "/".join(key.key for key in path)
        assert (leaf != 0).any() == (place not in case.member.placed), place


def test_no_gradient_makes_a_direction_longer(case):
    """At directions of length 1, as every step begins with."""
    params = jax.tree.map(jnp.asarray, case.record.project(case.params, case.extra))
    slopes = case.run(case.batch, params)[1]["model"]["decoder"]["directions"]
    along = (slopes * params["model"]["decoder"]["directions"]).sum(1)
    assert np.abs(along).max() < 1e-5 * np.abs(slopes).max()


def test_a_row_does_not_see_its_batch_mates_or_its_place(case):
    if case.record.across:
        return
    order = np.array([4, 2, 0, 5, 1, 3])
    moved, _ = case.run(jax.tree.map(lambda leaf: leaf[order], case.batch))
    for name, term in case.answers[0].terms.items():
        np.testing.assert_allclose(moved.terms[name], term[order], rtol=1e-5)


def test_rows_of_weight_0_are_in_none_of_its_sums(case):
    weight, losses = np.float32(np.arange(ROWS) < 4), []
    for junk in (0, 5):  # the second would turn units on
        inputs = np.where(weight[:, None] > 0, case.batch.inputs, np.float32(junk))
        losses.append(case.run(case.batch._replace(inputs=inputs, weight=weight))[0])
    np.testing.assert_allclose(losses[1].value[:4], losses[0].value[:4], rtol=1e-5)
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-5), losses[1].updates, losses[0].updates)
    if case.record.advance:
        assert any(case.answers[0].updates["on"] != losses[0].updates["on"])


@pytest.mark.parametrize("number", ["sparsity_weight", "revival_weight", "dead_after"])
def test_runs_that_differ_in_one_of_its_numbers_train_together(number):
    values = (0.0, 0.25, 0.5) if number != "dead_after" else (100.0, 200.0)
    groups = population.groups([replace(sparse.Config(), **{number: value}) for value in values])
    assert groups == [list(range(len(values)))]


LONG = TINY | {"data": "digits", "batch_size": 36, "epochs": 1, "optimizer": "sgd", "lr": 0.01, "dead_after": 30.0}
ALL = [(name, way.values[0]) for name in CASES for way in (ACROSS if name in ("batch_topk", "matryoshka") else WAYS)]


@pytest.mark.long
@pytest.mark.parametrize(("name", "way"), ALL)
def test_it_trains_alike_everywhere(name, way):
    assert_same(sparse.Config(dictionary=name, **(LONG | CASES[name].flags)), sparse.build, way, close=1e-5)


@pytest.mark.long
@pytest.mark.parametrize("name", CASES)
def test_the_loss_falls_and_a_run_ends_in_scores(name, tmp_path):
    """Of real digits, in 100 steps."""
    sizes = {"data": "digits", "latent_dim": 96, "levels": (24,), "k": 8, "batch_size": 29, "epochs": 2, "lr": 3e-3}
    config = sparse.Config(dictionary=name, runs_dir=tmp_path, **sizes)
    run = launch.train("experiments.sparse", config, sparse.build)
    losses = [row["loss"] for row in run.rows("metrics.jsonl") if row["split"] == "validation"]
    assert losses[-1] < losses[0]
    scores = run.read("summary.json")["scores"]
    assert 0 < scores["test/unexplained"] < 1
    assert 0 < scores["test/l0"] <= 96
