"""Data that changed under a run: named, whether the run is finished or not, and no damage to the run."""

import dataclasses
import json

import numpy as np
import pytest

from aelab import cli
from aelab.errors import ConfigError
from aelab.runner import launch
from aelab.runs.same_data import data_changes
from experiments import autoencoder

NAME = "experiments.autoencoder"


def table(path, count=60, seed=0):
    rows = np.random.default_rng(seed).normal(size=(count, 3))
    path.write_text("a,b,c\n" + "".join(",".join(f"{x:.4f}" for x in row) + "\n" for row in rows))


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    folder = tmp_path_factory.mktemp("changed")
    table(folder / "train.csv")
    config = autoencoder.Config(
        data=f"csv:{folder / 'train.csv'}", runs_dir=folder / "runs", widths=(4,), latent_dim=2, epochs=1
    )
    return launch.train(NAME, config, autoencoder.build), config, folder / "train.csv"


def test_a_batch_larger_than_the_set_is_the_whole_set(trained):
    run, config, _ = trained
    assert config.batch_size > 48
    assert run.read("summary.json")["step"] == 1
    assert "a batch is the whole training set, 48 events" in (run.path / "log.txt").read_text()


def test_a_finished_run_answers_only_for_the_data_it_was_made_from(trained, capfd):
    run, config, path = trained
    before = path.read_text()
    assert launch.train(NAME, config, autoencoder.build).finished  # nothing changed: a no-op
    assert cli.main(["verify", str(run.path)]) == 0
    try:
        table(path, 80)
        with pytest.raises(ConfigError, match=r"train: 48 events then, 64 events now.*another --runs-dir"):
            launch.train(NAME, config, autoencoder.build)
        table(path, 60, seed=1)
        with pytest.raises(ConfigError, match="train: 48 events as then, but of other content"):
            launch.train(NAME, config, autoencoder.build)
        capfd.readouterr()
        assert cli.main(["verify", str(run.path), "--json"]) == 3
        out, err = capfd.readouterr()
        found = json.loads(out)
        assert found["damage"] == []
        assert not found["ok"]
        assert any("other content" in line for line in found["changed"])
        assert "put the old data back" in err
        assert len(err.strip().splitlines()) == 1
    finally:
        path.write_text(before)
    assert cli.main(["verify", str(run.path)]) == 0


def test_a_sweep_does_not_count_a_run_of_other_data_as_done(trained, tmp_path):
    from aelab.sweeps.plan import Point
    from aelab.sweeps.run import SameData

    run, config, _ = trained
    point = Point("one", {}, config, run, ())
    SameData().require(point)
    elsewhere = tmp_path / "other.csv"
    table(elsewhere, 80)
    moved = point._replace(config=dataclasses.replace(config, data=f"csv:{elsewhere}"))
    with pytest.raises(ConfigError, match="64 events now"):
        SameData().require(moved)


def test_what_a_manifest_lacks_is_no_change_and_another_reading_of_the_same_events_is():
    splits = {"train": {"examples": 3, "sha256": "a"}}
    old = {"spec": {"shape": [2], "dtype": "float32", "values": "real"}, "splits": splits}
    new = {"spec": {**old["spec"], "scale": 1.0, "names": ["a", "b"]}, "splits": splits}
    assert data_changes(old, new) == []
    [line] = data_changes(old, {**new, "spec": {**new["spec"], "scale": 2.0}})
    assert line == "the same events are read otherwise by this version, scale: 1.0 then, 2.0 now"
