"""Trackers by name, each with a fake package; and what is said of one that is not here."""

import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest

from aelab.errors import ConfigError
from aelab.runs.folder import Run
from aelab.trackers import About, choose
from aelab.trackers.mlflow import TAG, MLflow
from aelab.trackers.trackio import Trackio
from aelab.trackers.wandb import Wandb

ABOUT = About("run-s0", "0123456789abcdef", Path("here"), {"lr": 0.1, "widths": [4, 2]})


class Calls(list):
    """A run of a package's, or the package itself: every call is taken down."""

    def __getattr__(self, name):
        def take(*args, **kwargs):
            self.append((name, args, kwargs))
            return self

        return take

    def named(self, name):
        return [(args, kwargs) for called, args, kwargs in self if called == name]


def faked(monkeypatch, name):
    calls = Calls()
    calls.summary = {}
    module = ModuleType(name)
    module.init, module.Image = calls.init, lambda path: f"image of {path}"  # ty: ignore[unresolved-attribute]
    monkeypatch.setitem(sys.modules, name, module)
    return calls


@pytest.mark.parametrize(("made", "package"), [(Trackio, "trackio"), (Wandb, "wandb")])
def test_rows_scores_and_pictures_go_to_one_run_that_can_be_gone_on_with(made, package, monkeypatch):
    calls = faked(monkeypatch, package)
    tracker = made(ABOUT)
    tracker.row({"train/loss": 2.0}, 7)
    tracker.end({"test/elbo": -1.0}, {"codes": Path("codes.png")})
    tracker.close()
    ((_, told),) = calls.named("init")
    assert told["project"] == "aelab"
    assert told["resume"] == "allow"
    assert told["config"] == dict(ABOUT.settings)
    assert ABOUT.identity.startswith(told.get("id", told["name"].rpartition("-")[2]))
    logged = calls.named("log")
    assert logged[0] == (({"train/loss": 2.0},), {"step": 7})
    assert any("figures/codes" in args[0] for args, _ in logged)
    assert package != "wandb" or calls.summary == {"test/elbo": -1.0}
    assert calls.named("finish")


def test_mlflow_finds_its_run_again_by_the_identity(monkeypatch):
    runs = {}

    class Client(Calls):
        def get_experiment_by_name(self, name):
            return SimpleNamespace(experiment_id=name)

        def search_runs(self, experiments, text, max_results):
            assert text.startswith(f"tags.`{TAG}` = ")
            found = runs.get(text.partition("'")[2].rstrip("'"))
            return [found] if found else []

        def create_run(self, experiment, tags, run_name):
            runs[tags[TAG]] = SimpleNamespace(info=SimpleNamespace(run_id=run_name))
            return runs[tags[TAG]]

    client = Client()
    monkeypatch.setitem(sys.modules, "mlflow", ModuleType("mlflow"))
    tracking = ModuleType("mlflow.tracking")
    tracking.MlflowClient = lambda: client  # ty: ignore[unresolved-attribute]
    monkeypatch.setitem(sys.modules, "mlflow.tracking", tracking)
    for step in (1, 2):
        MLflow(ABOUT).row({"train/loss": 2.0}, step)
    assert len(runs) == 1
    assert client.named("log_param") == [(("run-s0", "lr", "0.1"), {}), (("run-s0", "widths", "[4, 2]"), {})]
    assert client.named("log_metric") == [(("run-s0", "train/loss", 2.0), {"step": step}) for step in (1, 2)]


def test_a_package_that_is_not_here_is_named_with_what_installs_it(monkeypatch):
    monkeypatch.setattr(choose, "find_spec", lambda name: None)
    for name in choose.menu:
        with pytest.raises(ConfigError, match=rf"--track {name}: .* not installed; pip install 'aelab\[{name}\]'"):
            choose.require_installed(name)
    choose.require_installed("none")
    choose.require_installed("tensorboard")


def test_the_identity_of_a_run_is_drawn_once(tmp_path):
    run = Run(tmp_path)
    first = choose.identity(run)
    assert len(first) == 16
    assert choose.identity(Run(tmp_path)) == first
