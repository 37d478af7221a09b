"""What a run tells its trackers: rates, gradients, scores, settings, pictures; none of it changes the run."""

import json
import sys
from types import ModuleType

import jax
import numpy as np
import pytest
from tensorboardX.proto.event_pb2 import Event  # ty: ignore[unresolved-import]
from tensorboardX.record_writer import RecordWriter  # noqa: F401 - what wrote the files

from aelab.runner import launch
from experiments import vae

TINY = {
    "data": "digits",
    "widths": (4,),
    "latent_dim": 2,
    "epochs": 2,
    "batch_size": 500,
    "schedule": "linear",
    "chunk": 1,
}


def events(folder):
    """Every event of TensorBoard's files: 8 bytes of length, 4 of checksum, the event, 4 of checksum."""
    for file in sorted(folder.iterdir()):
        data, at = file.read_bytes(), 0
        while at < len(data):
            size = int.from_bytes(data[at : at + 8], "little")
            yield Event.FromString(data[at + 12 : at + 12 + size])
            at += size + 16


def values(run):
    return [(event.step, value) for event in events(run.path / "events") for value in event.summary.value]


def trained(folder, **settings):
    config = vae.Config(**{**TINY, "runs_dir": folder, **settings})
    return launch.train("experiments.vae", config, vae.build), config


@pytest.mark.long
def test_tensorboard_has_rates_gradients_scores_settings_and_pictures(tmp_path):
    run, config = trained(tmp_path / "a", track="tensorboard")
    plain, _ = trained(tmp_path / "b", figures="none")
    assert (run.path / "metrics.jsonl").read_bytes() == (plain.path / "metrics.jsonl").read_bytes()
    found = values(run)
    scalars = {(step, value.tag): value.simple_value for step, value in found if value.HasField("simple_value")}
    steps = sorted(step for step, tag in scalars if tag == "train/learning_rate")
    total = steps[-1]
    rates = [scalars[step, "train/learning_rate"] for step in steps]
    np.testing.assert_allclose(rates, [config.lr * (1 - (step - 1) / total) for step in steps], rtol=1e-5)
    norms = [scalars[step, "train/gradient_norm"] for step in steps]
    assert np.isfinite(norms).all()
    assert min(norms) > 0
    scores = json.loads((run.path / "summary.json").read_text())["scores"]
    for name, score in scores.items():
        np.testing.assert_allclose(scalars[total, name], score, rtol=1e-5)
    pictures = {value.tag for _, value in found if value.HasField("image")}
    assert pictures == {f"figures/{path.stem}" for path in (run.path / "figures").glob("*.png")}
    (told,) = [v.metadata.plugin_data.content for _, v in found if v.tag == "_hparams_/session_start_info"]
    assert b"latent_dim" in told
    assert not any(value.tag == "train/gradient_norm" for _, value in values(plain))


@pytest.mark.long
def test_the_norm_is_that_of_the_gradient_by_differences(tmp_path):
    """Along the gradient itself the loss falls by its squared norm."""
    from aelab.runner.launch import prepare
    from aelab.training.gradient_norm import gradient_norms
    from aelab.training.recipe import make_recipe
    from aelab.training.trainer import Trainer

    config = vae.Config(**TINY, runs_dir=tmp_path)
    trainer = Trainer(config, make_recipe(config, *prepare(config, vae.build)))
    state = trainer.fresh()
    batch, step = trainer.batch(0), 0

    def loss(params):
        return trainer.losses(params, batch, step, state.extra)["model"].value.mean()

    grads = jax.grad(loss)(state.params)
    norm = gradient_norms(trainer, state)["train/gradient_norm"]
    small = 1e-3 / norm

    def at(distance):
        return loss(jax.tree.map(lambda p, g: p + distance * g, state.params, grads))

    up, down = at(small), at(-small)
    np.testing.assert_allclose((up - down) / (2 * small), norm**2, rtol=2e-2)


@pytest.mark.long
@pytest.mark.parametrize("fault", ["init", "log"])
def test_a_run_goes_on_whatever_its_tracker_does(fault, tmp_path, monkeypatch):
    """A fake trackio whose `fault` raises: the run is done, and the log has one line about it."""
    module = ModuleType("trackio")
    module.__spec__ = sys.__spec__

    class Fake:
        def log(self, *_, **__):
            raise OSError("no disk")

        finish = log

    def init(**_):
        if fault == "init":
            raise OSError("no disk")
        return Fake()

    module.init, module.Image = init, str  # ty: ignore[unresolved-attribute]
    monkeypatch.setitem(sys.modules, "trackio", module)
    run, _ = trained(tmp_path, track="trackio", figures="none")
    assert run.finished
    said = [line for line in (run.path / "log.txt").read_text().splitlines() if "--track" in line]
    assert said == ["--track trackio: dropped, OSError: no disk; the run goes on without it"]
    assert len(json.loads((run.path / "tracking.json").read_text())["identity"]) == 16
