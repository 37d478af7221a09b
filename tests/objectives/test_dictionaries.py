"""Sparse dictionaries: planted ones are found, and each loss is that of its paper, written down once more."""

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from planted import planted, recovered, trained

from aelab.batch import Batch
from aelab.data.source import Spec
from aelab.errors import ConfigError
from aelab.evaluation import programs
from aelab.experiment import hyper
from aelab.objectives import dictionaries
from aelab.training.initial import fresh_state
from aelab.training.step import make_step
from experiments import sparse

SMALL = {"latent_dim": 32, "k": 2, "revived": 8, "batch_size": 128, "lr": 1e-2, "dead_after": 1000.0}
LARGE = {"latent_dim": 192, "k": 4, "levels": (96,), "revived": 16, "batch_size": 128, "lr": 3e-3, "dead_after": 1000.0}
OWN = {"l1": {"sparsity_weight": 0.1}, "jump_relu": {"sparsity_weight": 0.1}, "gated": {"sparsity_weight": 0.3}}

ROWS, FEATURES, UNITS, SIGMA, KEY = 5, 4, 7, 0.5, jax.random.key(0)
SPEC = Spec((FEATURES,), "float32", "real", examples=ROWS)
CONFIG = sparse.Config(
    latent_dim=UNITS, k=2, revived=3, sparsity_weight=0.3, revival_weight=0.2, sigma=SIGMA, bandwidth=1.5
)
CONSTANT = FEATURES * (np.log(SIGMA) + 0.5 * np.log(2 * np.pi))


def found(name, sizes, true, steps):
    _, state = trained(sparse.Config(dictionary=name, **(sizes | OWN.get(name, {}))), true.events, steps)
    return state.params["model"]["decoder"]["directions"]


def test_a_planted_dictionary_is_found():
    """24 directions in 16 dimensions, of which 2 make an event."""
    true = planted(24, 16, 2, 4096)
    directions = found("topk", SMALL, true, 500)
    assert recovered(directions, true.directions) > 0.95
    np.testing.assert_allclose(np.linalg.norm(directions, axis=1), 1, rtol=1e-6)


@pytest.mark.long
@pytest.mark.parametrize("name", dictionaries.menu)
def test_every_kind_finds_a_planted_dictionary(name):
    """128 directions in 64 dimensions, of which 4 make an event."""
    true = planted(128, 64, 4, 16_384)
    assert recovered(found(name, LARGE, true, 3000), true.directions) > 0.95


class Written:
    """Parameters and events, and what a loss of a kind says of them."""

    def __init__(self, name: str, **flags):
        self.config = replace(CONFIG, dictionary=name, **flags)
        self.experiment = sparse.build(self.config, SPEC)
        self.record, self.model = self.experiment.objective, self.experiment.model
        rng = np.random.default_rng(3)
        self.x = rng.normal(size=(ROWS, FEATURES)).astype("f4")
        self.batch = Batch(self.x, self.x, weight=np.ones(ROWS, "f4"))
        self.hyper = hyper(self.config, 10, 20)
        shapes = jax.eval_shape(self.model.init, KEY, self.x)
        params = jax.tree.map(lambda leaf: rng.normal(0, 0.6, leaf.shape).astype("f4"), shapes)["model"]
        directions = params["decoder"]["directions"]
        directions /= np.linalg.norm(directions, axis=1, keepdims=True)
        params["encoder"]["bias"] = params["decoder"]["bias"]
        self.params = {"model": params}
        self.compiled = jax.jit(jax.value_and_grad(self.total, has_aux=True))

    def total(self, params, extra, term):
        more = {"gather": lambda tree: tree} if self.record.across else {}
        given = {"step": 0, "hyper": self.hyper, "extra": extra, **more}
        loss = self.record.loss(self.model, params, KEY, self.batch, **given)
        return sum(term[name] * each.sum() for name, each in {**loss.terms, "value": loss.value}.items()), loss

    def loss(self, params=None, extra=()):
        return self.run(params, extra, "value")[0]

    def slope(self, of="value", extra=()):
        """The gradient of the sum over the rows, of the value or of a term."""
        return self.run(None, extra, of)[1]["model"]

    def run(self, params, extra, of):
        names = ("value", "distortion", "revival", "code_length", "gate_distortion", "inner_distortion", "l0")
        term = {name: np.float32(name == of) for name in names}
        (_, loss), grad = self.compiled(params or self.params, extra, term)
        return jax.tree.map(np.asarray, (loss, grad))

    def kept(self, dead=()):
        """What the record keeps, where these units are dead."""
        since = np.where(np.isin(np.arange(UNITS), np.asarray(dead, int)), 1e9, 0).astype("f4")
        return {name: np.float32(0) for name in ("threshold", "batches") if self.record.across} | {"since": since}

    @property
    def directions(self):
        return np.float64(self.params["model"]["decoder"]["directions"])

    @property
    def bias(self):
        return np.float64(self.params["model"]["decoder"]["bias"])

    def answers(self, bias="answers"):
        head = self.params["model"]["posterior"]
        c = head["answers"]["bias"] if bias == "answers" else head[bias]
        return (self.x - self.bias) @ np.float64(head["answers"]["kernel"]) + np.float64(c)

    def distortion(self, z):
        return np.square(self.x - z @ self.directions - self.bias).sum(1) / (2 * SIGMA**2) + CONSTANT


def test_l1_pays_for_the_sum_of_the_code():
    made = Written("l1")
    z = np.maximum(made.answers(), 0)
    np.testing.assert_allclose(made.loss().value, made.distortion(z) + 0.3 * z.sum(1), rtol=1e-5)


def test_the_bias_of_both_nets_gets_the_gradient_of_one():
    made = Written("l1")
    posterior, decoder = (made.params["model"][part] for part in ("posterior", "decoder"))

    def once_more(bias):
        z = jax.nn.relu((made.x - bias) @ posterior["answers"]["kernel"] + posterior["answers"]["bias"])
        error = jnp.square(made.x - z @ decoder["directions"] - bias).sum() / (2 * SIGMA**2)
        return error + 0.3 * z.sum()

    grad = made.slope()
    np.testing.assert_allclose(grad["decoder"]["bias"], jax.jit(jax.grad(once_more))(decoder["bias"]), rtol=1e-4)
    np.testing.assert_array_equal(grad["encoder"]["bias"], 0)


def test_dead_units_rebuild_what_is_left_over():
    made, dead = Written("topk"), [0, 2, 3, 6]
    answers = made.answers()
    z = np.where(np.argsort(np.argsort(-answers)) < 2, np.maximum(answers, 0), 0)
    left = made.x - z @ made.directions - made.bias
    of_dead = np.zeros_like(answers)
    for row in range(ROWS):
        for unit in sorted(dead, key=lambda unit: -answers[row, unit])[:3]:
            of_dead[row, unit] = max(answers[row, unit], 0)
    error = np.square(left - of_dead @ made.directions).sum(1) / (2 * SIGMA**2)
    loss = made.loss(extra=made.kept(dead))
    np.testing.assert_allclose(loss.terms["revival"], error, rtol=1e-5)
    np.testing.assert_allclose(loss.value, made.distortion(z) + 0.2 * error, rtol=1e-5)
    np.testing.assert_array_equal(loss.updates["on"], (z > 0).sum(0))
    np.testing.assert_array_equal(made.loss(extra=made.kept()).terms["revival"], 0)


def test_a_unit_dies_of_examples_that_do_not_turn_it_on():
    made = Written("topk")
    extra = {"since": np.float32([0, 3, 5, 0, 0, 0, 9])}
    sums = {"on": np.float32([0, 2, 0, 1, 0, 0, 0]), "count": np.float32(5)}
    after = made.record.advance(extra, sums, 0, made.hyper)["since"]
    np.testing.assert_array_equal(after, [5, 0, 10, 0, 5, 5, 14])


def test_a_batch_keeps_its_largest_answers_and_a_mean_of_the_last_of_them():
    made = Written("batch_topk", lr=0.0, k=1)
    answers = np.maximum(made.answers(), 0)
    last = np.sort(answers.reshape(-1))[-ROWS]
    z = np.where(answers >= last, answers, 0)
    assert (z > 0).sum() == ROWS
    assert (z > 0).sum(1).max() > 1
    loss = made.loss(extra=made.kept())
    np.testing.assert_allclose(loss.terms["distortion"], made.distortion(z), rtol=1e-5)
    np.testing.assert_allclose(loss.updates["threshold"], ROWS * last, rtol=1e-5)
    extra, seen, advance = made.kept(), [0.5, 0.2, 0.8], jax.jit(made.record.advance)
    for number in seen:
        sums = {"threshold": np.float32(ROWS * number), "count": np.float32(ROWS), "on": np.zeros(UNITS, "f4")}
        extra = advance(extra, sums, 0, made.hyper)
    np.testing.assert_allclose(extra["threshold"], np.mean(seen), rtol=1e-6)
    params = {"model": {**made.params["model"], "posterior": {**made.params["model"]["posterior"], "threshold": last}}}
    alone = programs.code(made.model, params, made.x)
    np.testing.assert_allclose(alone, z, rtol=1e-5)


def test_a_step_puts_the_threshold_of_its_batch_into_the_model():
    made = Written("batch_topk", k=1)
    state = fresh_state(made.experiment, SPEC, 0, made.hyper)
    assert state.params["model"]["posterior"]["threshold"] == 0
    after, _ = jax.jit(make_step(made.experiment))(state, made.batch, KEY, made.hyper)
    before = np.asarray(programs.encoded(made.model, state.params, made.x).before)
    threshold = after.params["model"]["posterior"]["threshold"]
    np.testing.assert_allclose(threshold, np.sort(before.reshape(-1))[-ROWS], rtol=1e-5)
    np.testing.assert_allclose(np.linalg.norm(after.params["model"]["decoder"]["directions"], axis=1), 1, rtol=1e-6)
    parts = after.params["model"]
    np.testing.assert_array_equal(parts["encoder"]["bias"], parts["decoder"]["bias"])
    assert (parts["decoder"]["bias"] != 0).all()


def test_dictionaries_inside_each_other_are_one_where_there_is_one_level():
    base, one, more = Written("batch_topk"), Written("matryoshka", levels=()), Written("matryoshka", levels=(2, 5))
    losses = [made.loss(extra=made.kept([1, 4])) for made in (base, one, more)]
    np.testing.assert_array_equal(losses[1].value, losses[0].value)
    answers = np.maximum(base.answers(), 0)
    z = np.where(answers >= np.sort(answers.reshape(-1))[-2 * ROWS], answers, 0)
    inner = sum(base.distortion(np.where(np.arange(UNITS) < level, z, 0)) for level in (2, 5))
    np.testing.assert_allclose(losses[2].terms["inner_distortion"], inner, rtol=1e-5)
    np.testing.assert_allclose(losses[2].value, losses[0].value + inner, rtol=1e-5)


def test_a_threshold_follows_the_estimate_of_the_paper():
    """−(1/N) Σ_n (1/ε) K((a − θ) / ε) (λ − θ d·(x − x̂) / σ²) for each unit, times θ for its logarithm."""
    made = Written("jump_relu")
    theta = np.exp(np.float64(made.params["model"]["posterior"]["log_threshold"]))
    answers = np.maximum(made.answers(), 0)
    z = np.where(answers > theta, answers, 0)
    left = made.x - z @ made.directions - made.bias
    slopes = np.zeros(UNITS)
    for row in range(ROWS):
        for unit in range(UNITS):
            if abs(answers[row, unit] - theta[unit]) < 1.5 / 2:
                gain = theta[unit] * made.directions[unit] @ left[row] / SIGMA**2
                slopes[unit] += (gain - 0.3) / 1.5
    assert (slopes != 0).sum() > 3
    np.testing.assert_allclose(made.slope()["posterior"]["log_threshold"], slopes * theta, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(made.loss().value, made.distortion(z) + 0.3 * (z > 0).sum(1), rtol=1e-5)


def test_a_gate_pays_and_its_size_does_not():
    made = Written("gated")
    head = jax.tree.map(np.float64, made.params["model"]["posterior"])
    gate, size = made.answers("gate_bias"), made.answers("gate_bias") - head["gate_bias"]
    z = np.where(gate > 0, np.maximum(np.exp(head["log_size"]) * size + head["size_bias"], 0), 0)
    open_ = np.maximum(gate, 0)
    loss = made.loss()
    expected = made.distortion(z) + 0.3 * open_.sum(1) + made.distortion(open_)
    np.testing.assert_allclose(loss.value, expected, rtol=1e-5)
    np.testing.assert_array_equal(made.slope("gate_distortion")["decoder"]["directions"], 0)


def test_a_gate_that_is_its_size_is_the_dictionary_of_l1():
    gated, plain = Written("gated"), Written("l1")
    head = gated.params["model"]["posterior"]
    alike = {**head, "log_size": np.zeros(UNITS, "f4"), "size_bias": head["gate_bias"]}
    params = {"model": {**gated.params["model"], "posterior": alike}}
    answers = {"answers": {**head["answers"], "bias": head["gate_bias"]}}
    theirs = plain.loss({"model": {**gated.params["model"], "posterior": answers}})
    ours = gated.loss(params)
    np.testing.assert_allclose(ours.terms["distortion"], theirs.terms["distortion"], rtol=1e-6)
    np.testing.assert_allclose(ours.value - ours.terms["gate_distortion"], theirs.value, rtol=1e-5)
    np.testing.assert_allclose(ours.terms["gate_distortion"], theirs.terms["distortion"], rtol=1e-6)


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        ({"k": 8}, "--k: must be at most --latent-dim 7, got 8"),
        ({"dictionary": "matryoshka", "levels": (3, 30)}, "--levels: must be at most --latent-dim 7, got 30"),
    ],
)
def test_what_no_dictionary_can_be_is_refused(flags, words):
    with pytest.raises(ConfigError, match=words):
        sparse.build(replace(CONFIG, **flags), SPEC)
