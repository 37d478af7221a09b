"""Each recipe of docs/design.md works as it stands: its code is put in place, entered in its menu and used."""

import json
import re
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Literal, get_origin, get_type_hints

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
import scipy.stats
from recipes import PATH, RECIPES, ROOT, blocks, put

from aelab import corruptions, data, figures, latents, likelihoods, nets, objectives, priors
from aelab.batch import Batch, Hyper
from aelab.config import Corrupted
from aelab.corruptions import holes
from aelab.data.arrays import ArraySource
from aelab.data.source import Spec
from aelab.evaluation import scores
from aelab.experiment import Experiment, Player
from aelab.experiment.optimizers import optimizer
from aelab.model import Autoencoder
from aelab.nets import mlp
from aelab.training.initial import fresh_state
from aelab.training.step import make_step

EVENT, LATENT = (4, 3, 1), 2
SPEC = Spec(EVENT, "float32", "unit")
SGD = optimizer("sgd", schedule="constant", warmup=False, weight_decay=False, clip=False)


@pytest.fixture
def add(monkeypatch, tmp_path):
    """Put the code of a recipe in place, and give its modules."""
    return lambda recipe: [put(path, code, tmp_path, monkeypatch) for path, code in blocks(recipe).items()]


def says(recipe: str, line: str) -> None:
    """The recipe tells to write this line into a menu."""
    assert f"`{line}`" in RECIPES[recipe]


def events(n: int = 6):
    x = jax.random.uniform(jax.random.key(1), (n, *EVENT))
    return Batch(x, x, index=jnp.arange(n))


def autoencoder(**parts) -> Autoencoder:
    """A tiny VAE, some of whose parts are given."""
    usual = {
        "encoder": mlp.Encoder((4,)),
        "posterior": latents.Gaussian(LATENT),
        "prior": priors.standard_normal(LATENT),
        "decoder": mlp.Decoder(EVENT, (4,)),
        "likelihood": likelihoods.Bernoulli(),
    }
    return Autoencoder(**(usual | parts))


def train(model: Autoencoder, objective=objectives.elbo, batch: Batch | None = None):
    """Two steps of gradient descent: finite, one loss per example, and every parameter moves."""
    batch = events() if batch is None else batch
    descent = optax.sgd(1e-2)

    def loss(params, key):
        value = objective(model, params, key, batch, step=0, hyper=Hyper()).value
        assert value.shape == (len(batch.inputs),)
        return value.mean()

    @jax.jit
    def step(params, state, key):
        value, gradient = jax.value_and_grad(loss)(params, key)
        updates, state = descent.update(gradient, state)
        return optax.apply_updates(params, updates), state, value

    first = params = jax.jit(model.init)(jax.random.key(0), batch.inputs)
    state = descent.init(params)
    for key in jax.random.split(jax.random.key(2), 2):
        params, state, value = step(params, state, key)
        assert np.isfinite(value)
    assert all(jax.tree.leaves(jax.tree.map(lambda a, b: bool((a != b).any()), first, params)))
    return params


def test_there_is_a_recipe_for_each_thing():
    things = "objective state player code layers prior likelihood corruption net score figure source task script"
    assert [name.split()[-1] for name in RECIPES] == things.split()


@pytest.mark.parametrize("recipe", RECIPES)
def test_a_recipe_names_what_there_is(recipe):
    """Every file but those that it tells to write and their tests, every menu and every field."""
    text, written = RECIPES[recipe], set(blocks(recipe)) - set(re.findall(r"In `(.+?)`:", RECIPES[recipe]))
    for path in set(PATH.findall(text)) - written:
        if Path(path).stem.removeprefix("test_") not in {Path(own).stem for own in written}:
            assert (ROOT / path).exists(), path
    for menu, path in re.findall(r"`(\w+)` of\s+`([\w/]+\.py)`", text):
        assert re.search(rf"^(def |class )?{menu}\b", (ROOT / path).read_text(), re.MULTILINE), menu
    for field in re.findall(r"`Literal` of `(\w+)`", text):
        assert get_origin(get_type_hints(Corrupted)[field]) is Literal


def test_objective(add):
    """At order 0 it is the importance-weighted bound, and at order 1/2 it is above it, as it falls with the order."""
    (module,) = add("An objective")
    model, batch = autoencoder(), events()
    params = train(model, partial(module.renyi, samples=3, alpha=0.5))

    @jax.jit
    def losses(params):
        given = (model, params, jax.random.key(3), batch)
        bound = partial(module.renyi, *given, step=0, hyper=Hyper(), samples=3)
        return bound(alpha=0.0), bound(alpha=0.5), objectives.iwae(*given, step=0, hyper=Hyper(), samples=3)

    zero, half, iwae = losses(params)
    np.testing.assert_allclose(zero.value, iwae.value, rtol=1e-6)
    assert (half.value > iwae.value).all()


def test_objective_with_a_state(add):
    """The weight is multiplied by exp(0.01 · average) at each of two steps."""
    (module,) = add("An objective that keeps a state")
    experiment = Experiment(autoencoder(), module.geco(target=5.0), SGD)
    step, state, weight, average = jax.jit(make_step(experiment)), fresh_state(experiment, SPEC, 0, Hyper()), 1.0, None
    for _ in range(2):
        before = state
        state, metrics = step(before, events(), jax.random.key(1), Hyper(lr=1e-2))
        gap = float(metrics.terms["distortion"] / metrics.count) - 5.0
        average = gap if average is None else 0.99 * average + 0.01 * gap
        weight *= np.exp(0.01 * average)
        np.testing.assert_allclose(state.extra["model"]["weight"], weight, rtol=1e-5)
        loss = metrics.terms["rate"] + before.extra["model"]["weight"] * gap * metrics.count
        np.testing.assert_allclose(metrics.loss["model"], loss, rtol=1e-4)


def test_objective_against_a_player(add):
    """As the script of the recipe says: all parts move, and a fresh critic's loss is about 2 log 2."""
    (module,) = add("An objective against another player")
    critic = mlp.Decoder((1,), (4,))

    def judged(params, z):
        return critic.apply({"params": params}, z)[:, 0]

    players = {
        "model": Player(objectives.reconstruction, SGD),
        "encoder": Player(module.fool(judged), SGD, ("encoder", "posterior")),
        "critic": Player(module.judge(judged), SGD, ("critic",)),
    }
    networks = {"critic": lambda key: critic.init(key, jnp.zeros((1, LATENT)))["params"]}
    experiment = Experiment(autoencoder(posterior=latents.Point(LATENT)), players=players, networks=networks)
    start = fresh_state(experiment, SPEC, 0, Hyper())
    state, metrics = jax.jit(make_step(experiment))(start, events(), jax.random.key(1), Hyper(lr=1e-2))
    assert all(jax.tree.leaves(jax.tree.map(lambda a, b: bool((a != b).any()), start.params, state.params)))
    assert set(metrics.terms) == {"distortion", "critic_told"}
    np.testing.assert_allclose(metrics.loss["critic"] / metrics.count, 2 * np.log(2), atol=0.5)


def test_code(add):
    distribution, head = add("A code")
    train(autoencoder(posterior=head.LogisticCode(LATENT)))
    q = distribution.Logistic(jnp.array([[0.5, -1.0]]), jnp.array([[0.3, -0.2]]))
    x = jnp.array([[0.1, 0.7]])
    expected = scipy.stats.logistic.logpdf(x, q.mean, np.exp(q.log_scale)).sum(-1)
    np.testing.assert_allclose(q.log_prob(x), expected, rtol=1e-6)
    z = jax.vmap(lambda key: q.sample(key)[0])(jax.random.split(jax.random.key(0), 4000))
    np.testing.assert_allclose(jnp.abs(z - q.mean).mean(0), 2 * np.log(2) * jnp.exp(q.log_scale[0]), rtol=0.1)


def test_layers(add):
    (module, priors_of) = add("A code of several layers")
    says("A code of several layers", "prior=TwoLayerPrior(4, latents.Gaussian(8))")
    prior = priors_of.TwoLayerPrior(4, latents.Gaussian(8))
    decoder = module.Decoder(mlp.Decoder(EVENT, (4,)))
    model = autoencoder(posterior=module.TwoLayers(8, 4), prior=prior, decoder=decoder)
    params = train(model)
    assert model.generate(params, jax.random.key(0), jnp.arange(3)).shape == (3, *EVENT)
    z = model.encode(params, events().inputs).mode
    assert latents.names(z)[7:9] == ["z1_7", "z2_0"]


def test_prior(add):
    (module,) = add("A prior")
    says("A prior", '"learned_normal": lambda config, spec, shape: LearnedNormal(tuple(shape)),')
    model = autoencoder(prior=module.LearnedNormal((LATENT,)))
    params = train(model)
    assert model.generate(params, jax.random.key(0), jnp.arange(3)).shape == (3, *EVENT)


def test_likelihood(add):
    add("A code")
    (module,) = add("A likelihood")
    says("A likelihood", '"logistic": Choice(lambda config, levels: Logistic(config.sigma)),')
    likelihood = module.Logistic(0.5)
    train(autoencoder(likelihood=likelihood))
    x, outputs = events().inputs, jnp.zeros((6, *EVENT))
    expected = -scipy.stats.logistic(0, 0.5).logpdf(x).sum((1, 2, 3))
    np.testing.assert_allclose(-likelihood.apply({}, outputs).log_prob(x), expected, rtol=1e-5)


def test_corruption(add, monkeypatch):
    add("A corruption")
    says("A corruption", '"scanlines": scanlines,')
    monkeypatch.setitem(corruptions.menu, "scanlines", holes.scanlines)  # ty: ignore[unresolved-attribute]
    config = {"corruption": "scanlines", "noise": 0.25, "noise_range": False, "fill": 0.0, "rebuild": "all"}
    corrupt = corruptions.choose(SimpleNamespace(**config, binarize=False), "unit", EVENT)
    assert corrupt is not None
    batch = events(400)
    spoilt = corrupt(jax.random.key(0), batch, Hyper(noise=0.25))
    assert spoilt.hidden is not None
    rows = spoilt.hidden.all((2, 3))
    np.testing.assert_array_equal(rows, spoilt.hidden.any((2, 3)))
    assert 0.2 < rows.mean() < 0.3
    np.testing.assert_array_equal(spoilt.inputs, jnp.where(spoilt.hidden, 0, batch.inputs))
    np.testing.assert_array_equal(spoilt.targets, batch.targets)
    train(autoencoder(), batch=spoilt)


def test_net(add, monkeypatch):
    (linear,) = add("A net")
    says("A net", '"linear": linear.build')
    monkeypatch.setitem(nets.menu, "linear", linear.build)
    encoder, decoder = nets.menu["linear"](None, EVENT, EVENT)
    train(autoencoder(encoder=encoder, decoder=decoder))


def test_score(add):
    (module,) = add("A score")
    says("A score", "scores=(ABSOLUTE_ERROR,)")
    model, x = autoencoder(), np.asarray(events().inputs)
    source = ArraySource(x, None, Spec(EVENT, "float32", "unit"))
    params = jax.jit(model.init)(jax.random.key(0), events().inputs)
    found = scores.score(model, params, jax.random.key(0), source, own=(module.ABSOLUTE_ERROR,))
    rebuilt = np.asarray(model.reconstruct(params, x), np.float64)
    np.testing.assert_allclose(found["absolute_error"], np.abs(x - rebuilt).sum((1, 2, 3)).mean(), rtol=1e-5)


def test_figure(add, monkeypatch, tmp_path):
    (module,) = add("A figure")
    says("A figure", '"histogram": histogram,')
    monkeypatch.setitem(figures.draw, "histogram", module.histogram)
    figures.save(tmp_path, "histogram", {"values": np.arange(100.0), "label": np.array("rate, nats")})
    first = (tmp_path / "histogram.png").read_bytes()
    figures.redraw(tmp_path)
    assert (tmp_path / "histogram.png").read_bytes() == first


def test_source(add, monkeypatch):
    add("A data source")
    says("A data source", '"china": "china"')
    monkeypatch.setitem(data.menu, "china", "china")
    splits = data.load("china")
    assert [len(splits.train), len(splits.validation or ()), len(splits.test)] == [16_000, 2_000, 2_000]
    assert splits.train.get_batch(np.array([0]))["x"].shape == (1, 8, 8, 3)
    assert splits.train.fingerprint != splits.test.fingerprint


@pytest.mark.parametrize("recipe", ["A task", "A script"])
def test_script(recipe, add, tmp_path, capfd):
    """A task and a script train, score and conclude."""
    (module,) = add(recipe)
    from aelab.runner import launch

    flags = ["--smoke", "--json", "--runs-dir", str(tmp_path / "runs")]
    run = launch.command(module.Config, module.run, flags) if recipe == "A task" else None
    assert (launch.main(module.Config, module.build, flags) if run is None else run) == 0
    found = json.loads(capfd.readouterr().out.splitlines()[-1])
    assert found["status"] == "done"
    assert {row["step"] for row in found.get("rows", [found])} == {2}
