"""State without a gradient: an objective with averages of its own, and one whose decoder stays on the sphere.

Both are members of these tests alone. They show that `init`, `advance` and `project` are enough, wherever a run trains.
"""

import dataclasses
import sys
from functools import partial
from types import SimpleNamespace

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from everywhere import WAYS, assert_same, fast_too, mostly_long, train, trainer_of

import aelab
from aelab import latents, likelihoods, nets
from aelab.audit.reproduce import reproduce
from aelab.audit.verify import verify
from aelab.config import Config
from aelab.experiment import Experiment, optimizer
from aelab.model import Autoencoder
from aelab.objectives import Loss, Objective
from aelab.runner import launch
from aelab.runs.load import read_state

NAME = "experiments.seam"
CODES, DIM, DECAY = 5, 3, 0.8
CONFIG = Config(data="digits", latent_dim=DIM, batch_size=36, optimizer="sgd", lr=0.01, epochs=1)


def codebook_loss(model, params, key, batch, *, step, hyper, extra) -> Loss:
    """Squared error from the nearest entry of a codebook, its gradient handed through to the encoder, and a commitment.

    van den Oord et al. 2017, arXiv:1711.00937, eq. 3; the codebook is that of the averages (appendix A.1, eq. 6 to 8).
    """
    z = model.encode(params, batch.inputs).mode
    entries = params["codebook"]
    nearest = jax.nn.one_hot(jnp.argmin(((z[:, None] - entries) ** 2).sum(-1), 1), CODES)
    quantised = nearest @ entries
    x = model.decode(params, z + jax.lax.stop_gradient(quantised - z))
    distortion = -x.log_prob(batch.targets)
    commitment = ((z - jax.lax.stop_gradient(quantised)) ** 2).sum(-1)
    counted = batch.weights[:, None] * nearest
    updates = {"counts": counted.sum(0), "totals": counted.T @ z}
    return Loss(distortion + 0.25 * commitment, {"distortion": distortion, "commitment": commitment}, updates)


def averages_at_first(params, spec, hyper):
    return {"counts": jnp.ones(CODES), "totals": params["codebook"]}


def averaged(extra, sums, step, hyper):
    return {name: DECAY * extra[name] + (1 - DECAY) * sums[name] for name in extra}


def entries_on_averages(params, extra):
    return {**params, "codebook": extra["totals"] / extra["counts"][:, None]}


def unit_columns(params, extra):
    """Every code number decodes to a direction of length 1, as in sparse dictionaries (Olshausen and Field 1997)."""
    decoder = params["model"]["decoder"]
    kernel = decoder["Dense_0"]["kernel"]
    kernel = kernel / jnp.linalg.norm(kernel, axis=1, keepdims=True)
    decoder = {**decoder, "Dense_0": {**decoder["Dense_0"], "kernel": kernel}}
    return {**params, "model": {**params["model"], "decoder": decoder}}


def linear_loss(model, params, key, batch, *, step, hyper, extra) -> Loss:
    distortion = -model.decode(params, model.encode(params, batch.inputs).mode).log_prob(batch.targets)
    return Loss(distortion, {"distortion": distortion})


OBJECTIVES = {
    "codebook": Objective(codebook_loss, averages_at_first, averaged, entries_on_averages),
    "unit norm": Objective(linear_loss, project=unit_columns),
}


def made(name, config, spec):
    hidden = () if name == "unit norm" else (8,)
    model = Autoencoder(
        encoder=nets.mlp.Encoder(hidden),
        posterior=latents.Point(DIM),
        decoder=nets.mlp.Decoder(spec.shape, hidden),
        likelihood=likelihoods.Normal(),
    )
    networks = {"codebook": lambda key: jax.random.normal(key, (CODES, DIM))} if name == "codebook" else {}
    return Experiment(model, OBJECTIVES[name], optimizer(config), networks=networks)


BUILD = {name: partial(made, name) for name in OBJECTIVES}


def build(config, spec):
    """That of the script that this file is to a run."""
    return made("codebook", config, spec)


CASES = [("codebook", way) for way in fast_too(WAYS)] + [("unit norm", way) for way in fast_too(mostly_long(WAYS))]


@pytest.mark.parametrize(("name", "way"), [pytest.param(name, *way.values, marks=way.marks) for name, way in CASES])
def test_what_an_objective_keeps_is_the_same_everywhere(name, way):
    assert_same(CONFIG, BUILD[name], way)


def test_the_averages_are_those_of_the_paper():
    """Two steps by NumPy: decayed sums of the codes that are nearest to each entry, and of how many these are."""
    trainer = trainer_of(CONFIG, BUILD["codebook"])
    state = trainer.fresh()
    counts, totals = np.ones(CODES), np.asarray(state.params["codebook"], np.float64)
    for step in range(2):
        z = trainer.experiment.model.encode(state.params, trainer.batch(step).inputs).mode
        z = np.asarray(z, np.float64)
        nearest = np.argmin(((z[:, None] - state.params["codebook"]) ** 2).sum(-1), 1)
        for entry in range(CODES):
            counts[entry] = DECAY * counts[entry] + (1 - DECAY) * (nearest == entry).sum()
            totals[entry] = DECAY * totals[entry] + (1 - DECAY) * z[nearest == entry].sum(0)
        state = jax.device_get(trainer.advance(state, trainer.read(step, 1))[0])
        np.testing.assert_allclose(state.extra["model"]["counts"], counts, rtol=1e-5)
        np.testing.assert_allclose(state.params["codebook"], totals / counts[:, None], rtol=1e-4, atol=1e-6)


def test_directions_have_length_one_from_the_first_step_on():
    trained = train(CONFIG, BUILD["unit norm"])
    for params in (trained.start, trained.params):
        kernel = params["model"]["decoder"]["Dense_0"]["kernel"]
        np.testing.assert_allclose(np.linalg.norm(kernel, axis=1), 1, rtol=1e-6)


@pytest.mark.ci
def test_a_run_carries_what_its_objective_keeps(tmp_path, monkeypatch):
    """From its checkpoint to `aelab.restore`, `aelab.load`, `verify`, `reproduce` and a run that starts from it."""
    monkeypatch.setitem(sys.modules, NAME, SimpleNamespace(Config=Config, build=build))
    config = dataclasses.replace(CONFIG, runs_dir=tmp_path)
    run = launch.train(NAME, config, build)
    found = aelab.restore(run.path)
    assert (found.config.lr, found.spec.examples) == (config.lr, 1437)
    assert int(found.state.step) == 40
    kept = found.state.extra["model"]
    np.testing.assert_allclose(kept["totals"] / kept["counts"][:, None], found.state.params["codebook"], rtol=1e-6)
    jax.tree.map(np.testing.assert_array_equal, aelab.load(run.path)[1], found.state.params)
    assert set(aelab.restore(run.path, "best").state.extra) == {"model"}
    assert not verify(run.path).damage
    assert reproduce(run.path).same_bits
    other = dataclasses.replace(config, runs_dir=tmp_path / "other", init_from=str(run.path), seed=1)
    state = read_state(launch.train(NAME, other, build, until=1), found.state).state
    assert int(state.step) == 0
    np.testing.assert_array_equal(state.params["codebook"], found.state.params["codebook"])
    np.testing.assert_array_equal(state.extra["model"]["totals"], found.state.params["codebook"])
