"""`--continue-from RUN`: the longer run is the one that was planned so from the beginning."""

import json

import pytest

from aelab.config import stored
from aelab.errors import ConfigError
from aelab.runner import going_on, launch
from aelab.runs.folder import Run
from experiments import vae, vq

NAME = "experiments.vae"
TINY = ["--data", "digits", "--widths", "12", "--latent-dim", "3", "--batch-size", "300", "--figures", "none"]
TINY += ["--importance-samples", "2"]


def finished(folder, config=None, *, name=NAME, reached=None, state="done"):
    """What a run leaves behind, as far as going on reads it."""
    config = config or vae.Config(data="digits", latent_dim=3, epochs=2, seed=5)
    folder.mkdir(parents=True)
    files = {
        "config.json": {"schema": 1, "experiment": name, "config": stored(config)},
        "status.json": {"state": state, "step": 30},
        "summary.json": {"status": "done", "epochs": reached or 2.0},
        "manifest.json": {"schema": 1, "config_sha256": "a", "params_sha256": "b", "sessions": [{"step": 0}]},
    }
    for file, value in files.items():
        (folder / file).write_text(json.dumps(value))
    return str(folder)


def test_settings_are_those_of_the_finished_run(tmp_path):
    path = finished(tmp_path / "run", vae.Config(data="digits", latent_dim=3, epochs=2, seed=5, runs_dir=tmp_path))
    asked = vae.Config(continue_from=path, epochs=4, eval_every=2.0, json=True)
    assert going_on.settled(NAME, asked) == vae.Config(
        data="digits", latent_dim=3, epochs=4, seed=5, continue_from=path, eval_every=2.0, json=True
    )


def test_the_folder_is_that_of_the_longer_run(tmp_path):
    path = finished(tmp_path / "run")
    longer = going_on.settled(NAME, vae.Config(continue_from=path, epochs=4, runs_dir=tmp_path))
    planned = vae.Config(data="digits", latent_dim=3, epochs=4, seed=5, runs_dir=tmp_path)
    assert launch.run_of(NAME, longer).path == launch.run_of(NAME, planned).path


def test_without_the_flag_nothing_changes():
    config = vae.Config(latent_dim=3)
    assert going_on.settled(NAME, config) is config


@pytest.mark.parametrize(
    ("own", "asked", "said"),
    [
        ({}, {"epochs": 2}, r"--epochs: .* trained for 2 already; say how many .* as --epochs 4$"),
        ({}, {"epochs": "auto"}, r"--epochs: .* trained for 2 already; say how many .* as --epochs 4$"),
        ({"epochs": "auto"}, {}, r"trained by --epochs auto, .* --init-from"),
        ({}, {"latent_dim": 4}, r"--latent-dim: is 3 in .*; leave it out, or .* --init-from"),
        ({}, {"seed": 1}, r"--seed: is 5 in"),
        ({"schedule": "cosine"}, {}, r"--schedule cosine the learning rate falls to 0 .* --init-from"),
        ({"schedule": "linear"}, {}, r"--schedule linear the learning rate falls to 0"),
        ({"objective": "cyclical"}, {}, r"--objective cyclical its cycles"),
    ],
)
def test_what_cannot_go_on_is_one_line_with_the_remedy(tmp_path, own, asked, said):
    theirs = vae.Config(**{"data": "digits", "latent_dim": 3, "epochs": 2, "seed": 5, **own})
    path = finished(tmp_path / "run", theirs)
    with pytest.raises(ConfigError, match=said) as error:
        going_on.settled(NAME, vae.Config(**{"continue_from": path, "epochs": 4, **asked}))
    assert "\n" not in str(error.value)


def test_a_temperature_that_has_fallen_does_not_go_on(tmp_path):
    path = finished(tmp_path / "run", vq.Config(quantiser="gumbel", epochs=2), name="experiments.vq")
    with pytest.raises(ConfigError, match="--quantiser gumbel its temperature"):
        going_on.settled("experiments.vq", vq.Config(continue_from=path, epochs=4))


def test_a_run_that_is_no_finished_one_of_the_script_is_refused(tmp_path):
    for path, said in (
        (str(tmp_path / "none"), "not a run folder"),
        (finished(tmp_path / "other", name="experiments.m2"), r"a run of experiments\.m2, not of experiments\.vae"),
        (finished(tmp_path / "stopped", state="preempted"), "is not finished; its own command"),
        (finished(tmp_path / "early", reached=1.0), "ended by --patience"),
    ):
        with pytest.raises(ConfigError, match=said):
            going_on.settled(NAME, vae.Config(continue_from=path, epochs=4))


def test_all_is_brought_again_until_it_is_whole(tmp_path):
    """What a kill has left half copied is put right; a run that is under way is left alone."""
    path = finished(tmp_path / "run")
    (tmp_path / "run" / "checkpoints" / "30").mkdir(parents=True)
    (tmp_path / "run" / "checkpoints" / "30" / "state").write_text("whole")
    (tmp_path / "run" / "metrics.jsonl").write_text('{"step": 30}\n')
    config = going_on.settled(NAME, vae.Config(continue_from=path, epochs=4))
    child = Run(tmp_path / "child")
    (child.path / "checkpoints" / "30").mkdir(parents=True)
    (child.path / "checkpoints" / "30" / "state").write_text("ha")
    child.write("config.json", {"schema": 1, "experiment": NAME, "config": stored(config)})
    going_on.bring(child, config)
    assert (child.path / "checkpoints" / "30" / "state").read_text() == "whole"
    assert child.rows() == [{"step": 30}]
    assert child.read("status.json")["step"] == 30
    made = child.read("manifest.json")
    assert made["continues"] == {"run": "../run", "step": 30, "config_sha256": "a", "params_sha256": "b"}
    assert made["config"]["epochs"] == 4
    assert made["config_sha256"] != "a"
    assert "params_sha256" not in made
    (child.path / "metrics.jsonl").write_text('{"step": 45}\n')
    going_on.bring(child, config)
    assert child.rows() == [{"step": 45}]


@pytest.mark.ci
@pytest.mark.bits
def test_the_longer_run_has_the_bits_of_one_that_was_planned_so(tmp_path):
    def train(folder, *flags):
        assert launch.main(vae.Config, vae.build, [*flags, "--runs-dir", str(tmp_path / folder)]) == 0
        return max((tmp_path / folder / "vae").iterdir(), key=lambda path: path.stat().st_mtime_ns)

    first = train("own", *TINY, "--epochs", "2")
    before = {path: path.stat().st_mtime_ns for path in first.rglob("*")}
    longer = train("own", "--continue-from", str(first), "--epochs", "4", "--figures", "none")
    planned = train("planned", *TINY, "--epochs", "4")
    for file in ("config.json", "metrics.jsonl", "digests.jsonl", "summary.json"):
        assert (longer / file).read_bytes() == (planned / file).read_bytes(), file
    assert longer.name == planned.name
    assert {path: path.stat().st_mtime_ns for path in first.rglob("*")} == before
    made = json.loads((longer / "manifest.json").read_text())
    assert made["continues"]["run"] == f"../{first.name}"
