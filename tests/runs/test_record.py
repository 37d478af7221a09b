"""The record of a run stays small however long it trains, and still says which state was which."""

import json

import jax
import numpy as np
import pytest

from aelab import data
from aelab.config import stored
from aelab.evaluation.layers import layers
from aelab.runs.digests import difference, digest, leaf_digests, row, state_digest
from aelab.runs.folder import Run
from aelab.runs.record import RunRecord
from aelab.training.initial import blank_state
from experiments import vae


@pytest.mark.parametrize("net", ["mlp", pytest.param("transformer", marks=pytest.mark.ci)])
def test_a_long_run_has_a_small_record(tmp_path, net):
    """10,000 steps with 100 checkpoints, of a small net and of one with hundreds of arrays."""
    config = vae.Config(data="digits", net=net, width=8, depth=4, heads=2, latent_dim=4, runs_dir=tmp_path)
    splits = data.load(config)
    experiment = vae.build(config, splits.spec)
    state = blank_state(experiment, splits.spec, config)
    assert len(jax.tree.leaves(state)) > (30 if net == "mlp" else 300)
    run = Run(tmp_path)
    run.adopt("experiments.vae", stored(config))
    record = RunRecord(run, config, splits)
    record.begin([layer._asdict() for layer in layers(experiment.model, state.params, splits.spec)])
    for step in (0, 1, 10, *range(100, 10_001, 100)):
        record.probe(step, leaf_digests(state._replace(step=np.int32(step))))
    record.end({"test/elbo": -1.0}, digest(state.params))
    size = sum((tmp_path / name).stat().st_size for name in ("manifest.json", "digests.jsonl"))
    assert size <= 100_000
    made = json.loads((tmp_path / "manifest.json").read_text())["digests"]
    assert len(made) == 103
    assert len({noted["state"] for noted in made}) == 103  # the step is a leaf


def test_rows_name_the_leaf_that_differs_and_equal_states_are_equal_in_any_form():
    state = {"a": np.arange(3), "b": {"c": np.ones(2), "d": np.zeros(2)}}
    other = {"a": np.arange(3), "b": {"c": np.ones(2), "d": np.full(2, 2.0)}}
    one, two = leaf_digests(state), leaf_digests(other)
    names = list(one)
    old, new = {"step": 1, "state": "", "leaves": one}, row(1, one)
    bare = row(1, one, named=False)
    assert state_digest(old) == state_digest(new) == state_digest(bare)
    for form in (old, new, bare):
        assert difference(form, row(1, one), names) is None
    for form in (old, new):
        assert difference(form, row(1, two), names) == "['b']['d']"
    assert difference(bare, row(1, two), names) == "the state"
    assert difference(new, row(1, {"a": "0" * 64}), names) == "the state"
