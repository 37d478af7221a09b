"""Several players: an adversarial autoencoder in miniature (Makhzani et al. 2015, arXiv:1511.05644).

The autoencoder rebuilds, a critic tells codes from draws of the prior, and the encoder is moved a second time, against
the critic. The critic moves at every step, the other two at every second one.
"""

import dataclasses
import json
import sys
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Annotated

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from everywhere import WAYS, assert_same, mostly_long, train, trainer_of
from small import small_model

import aelab
from aelab import latents, objectives, priors
from aelab.audit.verify import verify
from aelab.config import Config as Shared
from aelab.config import Positive, Traced
from aelab.distributions import draw
from aelab.errors import ConfigError, NonFiniteError
from aelab.experiment import Experiment, Player, optimizer
from aelab.experiment.player import recorded
from aelab.objectives import Loss, Objective
from aelab.runner import launch
from aelab.seeds import key_named
from aelab.training.metrics import add_chunk, means
from aelab.training.step import Metrics, make_step

DIM, NAME = 3, "experiments.seam"


@dataclass(frozen=True)
class Config(Shared):
    critic_lr: Annotated[Positive, Traced()] = 0.1


CONFIG = Config(data="digits", latent_dim=DIM, batch_size=36, optimizer="sgd", lr=0.01, epochs=1)


class Critic(nn.Module):
    @nn.compact
    def __call__(self, z):
        return nn.Dense(1)(jnp.tanh(nn.Dense(8)(z)))[:, 0]


def critic(params, z):
    return Critic().apply({"params": params["critic"]}, z)


def adversary(model, params, key, batch, *, step, hyper, extra) -> Loss:
    """-log σ(D(z)): the encoder wants its codes to be taken for draws of the prior (Goodfellow et al. 2014)."""
    return Loss(jax.nn.softplus(-critic(params, model.encode(params, batch.inputs).mode)), {})


def judgement(model, params, key, batch, *, step, hyper, extra) -> Loss:
    """-log σ(D(prior)) - log(1 - σ(D(z))), and how often each is told rightly."""
    z = model.encode(params, batch.inputs).mode
    real = critic(params, draw(jax.random.normal, key, z.shape, batch.index))
    coded = critic(params, z)
    right = 0.5 * (real > 0) + 0.5 * (coded < 0)
    return Loss(jax.nn.softplus(-real) + jax.nn.softplus(coded), {"right": right})


def build(config, spec):
    model = small_model(spec.shape, latents.Point(DIM), priors.standard_normal(DIM))
    players = {
        "model": Player(objectives.reconstruction, optimizer(config), every=2),
        "adversary": Player(adversary, optimizer(config), ("encoder", "posterior"), every=2),
        "critic": Player(judgement, optimizer(config), ("critic",)),
    }
    networks = {"critic": lambda key: Critic().init(key, jnp.zeros((1, DIM)))["params"]}
    return Experiment(model, players=players, networks=networks)


@pytest.mark.parametrize("way", mostly_long(WAYS, "batched", "resumed"))
def test_players_are_the_same_everywhere(way):
    assert_same(CONFIG, build, way)


def test_each_moves_its_own_parts_from_the_parameters_before_the_step():
    """Four steps by plain descent, player by player, with `jax.grad` of each player's mean loss."""
    trainer = trainer_of(CONFIG, build)
    state = trainer.fresh()
    params, model = state.params, trainer.experiment.model
    rates = {"model": CONFIG.lr, "adversary": CONFIG.lr, "critic": CONFIG.critic_lr}
    losses = {"model": objectives.reconstruction, "adversary": adversary, "critic": judgement}
    parts = {"model": ("encoder", "posterior", "decoder"), "adversary": ("encoder", "posterior"), "critic": ("critic",)}

    def gradient(name):
        def mean(params, key, batch, step):
            given = {"step": step, "hyper": trainer.hyper, "extra": {}}
            return losses[name](model, params, key, batch, **given).value.mean()

        return jax.jit(jax.grad(mean))

    gradients, seen = {name: gradient(name) for name in losses}, dict.fromkeys(losses, 0)
    for step in range(4):
        key, before = jax.random.fold_in(trainer.keys.train, step), params
        for name in losses:
            if name != "critic" and step % 2 == 0:
                continue
            own = key if name == "model" else key_named(key, name)
            found = gradients[name](before, own, trainer.batch(step), step)
            rate = dict.fromkeys(parts[name], rates[name])
            scales = {"critic": rate.get("critic", 0.0), "model": {p: rate.get(p, 0.0) for p in params["model"]}}
            scales = jax.tree.map(lambda s, g: jax.tree.map(lambda x: s * x, g), scales, found)
            params = jax.tree.map(jnp.subtract, params, scales)
            seen[name] += 1
    for step in range(4):
        state = jax.device_get(trainer.advance(state, trainer.read(step, 1))[0])
    assert seen == {"model": 2, "adversary": 2, "critic": 4}
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=2e-5, atol=1e-6), state.params, params)


def test_losses_are_means_over_the_examples_that_their_player_saw():
    """Of the four steps around the end of an epoch, the model saw two."""
    losses = train(CONFIG, build).losses
    assert set(losses) == {"loss", "distortion", "adversary_loss", "critic_loss", "critic_right"}
    assert losses["loss"] == losses["distortion"] > 20  # nats of an image, and not half of them
    assert 0.3 < losses["adversary_loss"] < 1.5
    assert 0.7 < losses["critic_loss"] < 2  # 2 log 2 of a critic that knows nothing, over all that it saw and not half
    assert 0 <= losses["critic_right"] <= 1


def test_sums_of_a_player_that_misses_steps_are_divided_by_its_own_count():
    counts = {"critic": np.array([0, 4.0, 0])}
    loss, terms = (
        {"model": np.array([2.0, 4, 6]), "critic": np.array([0, 8.0, 0])},
        {"critic_gap": np.array([0, 2.0, 0])},
    )
    sums = add_chunk({}, 0, Metrics(np.array([4.0, 4, 4]), loss, terms, counts), lambda step, sums: None)
    assert means(sums) == {"loss": 1.0, "critic_loss": 2.0, "critic_gap": 0.5}
    none = {"critic": np.zeros(3)}
    sums = add_chunk({}, 0, Metrics(np.array([4.0, 4, 4]), loss, terms, none), lambda step, sums: None)
    assert means(sums) == {"loss": 1.0}


def test_a_step_that_is_left_out_leaves_every_player_as_it_was():
    trainer = trainer_of(dataclasses.replace(CONFIG, on_nonfinite="skip"), build)
    state = jax.device_get(trainer.fresh()._replace(step=np.int32(1)))
    batch = trainer.batch(1)
    batch = batch._replace(inputs=batch.inputs.at[3].set(np.nan))
    step = jax.jit(make_step(trainer.experiment, skip=True))
    after, metrics = step(state, batch, trainer.keys.train, trainer.hyper)
    jax.tree.map(np.testing.assert_array_equal, after.params, state.params)
    assert (float(metrics.count), int(after.extra["skipped"])) == (0, 1)
    assert {name: float(count) for name, count in metrics.counts.items()} == dict.fromkeys(
        ("model", "adversary", "critic"), 0
    )


@pytest.mark.ci
def test_a_run_of_players_is_recorded_and_verified(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, NAME, SimpleNamespace(Config=Config, build=build, __file__=__file__))
    run = launch.train(NAME, dataclasses.replace(CONFIG, runs_dir=tmp_path), build)
    summary = json.loads((run.path / "summary.json").read_text())
    encoder, decoder, judge = 64 * 8 + 8 + 8 * DIM + DIM, DIM * 8 + 8 + 8 * 64 + 64, DIM * 8 + 8 + 8 + 1
    by_player = {"model": encoder + decoder, "adversary": encoder, "critic": judge}
    assert summary["parameters_by_player"] == by_player
    assert summary["parameters"] == encoder + decoder + judge
    rows = run.rows()
    assert all({"loss", "adversary_loss", "critic_loss", "critic_right"} <= row.keys() for row in rows)
    assert {row["split"] for row in rows} == {"train", "validation"}
    page = (run.path / "report.html").read_text()
    assert "moved by adversary" in page
    with np.load(run.path / "figures" / "curves.npz") as arrays:
        assert {"train_critic_loss", "valid_critic_loss", "valid_critic_right"} <= set(arrays)
    assert not verify(run.path).damage
    assert set(aelab.load(run.path)[1]) == {"model", "critic"}


@pytest.mark.ci
def test_a_player_whose_loss_is_not_finite_is_named_and_described(tmp_path):
    wild = dataclasses.replace(CONFIG, runs_dir=tmp_path, critic_lr=1e38)
    with pytest.raises(NonFiniteError, match="critic_loss is not finite at step 1"):
        launch.train(NAME, wild, build)
    (path,) = tmp_path.rglob("nonfinite.jsonl")
    (found,) = map(json.loads, path.read_text().splitlines())
    statistics = found["statistics"]
    assert statistics["critic_loss"]["min"] > 1e30  # of each example finite, and not their sum
    assert statistics["loss"]["max"] < 100
    assert statistics["parameters"]["max"] > 1e30


def test_terms_of_two_players_never_share_a_name():
    assert recorded({"model": {"gap": 1}, "critic": {"gap": 2}}) == {"gap": 1, "critic_gap": 2}
    for values in (
        {"model": {"critic_gap": 1}, "critic": {"gap": 2}},
        {"model": {"loss": 1}},
        {"critic": {"count": 1}},
    ):
        with pytest.raises(ConfigError, match="taken name"):
            recorded(values)
    with pytest.raises(ConfigError, match="taken name"):  # it would be read as a term of the critic
        recorded({"model": {"critic_x": 1}, "critic": {"gap": 2}})


def one(**fields):
    return {"model": Player(objectives.elbo, lambda hyper: None)._replace(**fields)}


@pytest.mark.parametrize(
    ("players", "words"),
    [
        ({"critic": one()["model"]}, "one must be called 'model'"),
        (one(parts=("enkoder",)), "moves 'enkoder', which is none of .*encoder"),
        (one(parts=["encoder"]), "a tuple of names"),
        (one(parts=()), "never moves"),
        (one(every=0), "never moves"),
        (one(objective=Objective(objectives.elbo, advance=lambda *_: ())), "an `advance` and no `init`"),
        ({**one(), "skipped": one()["model"]}, "'skipped' cannot be the name"),
        ({**one(), "a": one()["model"], "a_b": one()["model"]}, "'a_b' cannot be the name"),
    ],
)
def test_players_that_make_no_experiment_are_named(players, words):
    with pytest.raises(ConfigError, match=words) as caught:
        Experiment(None, players=players).all_players()
    assert "\n" not in str(caught.value)


def test_both_forms_or_neither_or_a_network_called_like_a_part():
    with pytest.raises(ConfigError, match="not both"):
        Experiment(None, objectives.elbo, players=one()).all_players()
    with pytest.raises(ConfigError, match="no objective, or no optimizer"):
        Experiment(None, objectives.elbo).all_players()
    with pytest.raises(ConfigError, match="'decoder' is a part of the model"):
        Experiment(None, players=one(), networks={"decoder": Critic().init}).all_players()


def test_an_extra_of_another_shape_is_named():
    def counting(model, params, key, batch, *, step, hyper, extra):
        return objectives.reconstruction(model, params, key, batch, step=step, hyper=hyper)._replace(updates={"n": 1.0})

    grown = Objective(counting, lambda *_: jnp.zeros(2), lambda extra, sums, step, hyper: jnp.zeros(3))

    def wrong(config, spec):
        made = build(config, spec)
        return Experiment(made.model, grown, optimizer(config))

    with pytest.raises(ConfigError, match="`advance` of 'model' gives another structure or other shapes"):
        train(CONFIG, wrong)
