"""A score of one's own, and a look on after each validation, in every place that reads scores.

Neither is known to any room of the library: both are declared by the experiment of this file alone.
"""

import json
import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from aelab import data
from aelab.compare import comparison
from aelab.errors import ConfigError
from aelab.experiment import Score
from aelab.experiment.scores import checked
from aelab.runner import launch, population
from aelab.runs.checkpoints import Checkpoints
from aelab.runs.load import read_spec, rebuild
from aelab.sweeps import halving, parse, populations
from aelab.sweeps.plan import Point, Script, plan_sweep
from aelab.sweeps.record import Record
from aelab.sweeps.run import finish
from experiments import vae

NAME = "seams.test_scores"
SIZES = {"data": "digits", "widths": (12,), "latent_dim": 2, "batch_size": 300, "epochs": 2, "importance_samples": 0}
DESCENT = {**SIZES, "optimizer": "sgd", "lr": 1e-4, "epochs": 1}
seen: list = []  # what `look` was shown


def brightness(model, params, key, batch):
    """Of each row, how bright the reconstruction is beside the event."""
    rebuilt = model.reconstruct(params, batch.inputs, mask=batch.mask, condition=batch.condition)
    return rebuilt.mean((1, 2, 3)) / batch.targets.mean((1, 2, 3))


def norm(model, params, key, source):
    """Of the split as a whole: how many numbers the parameters and the events are."""
    return sum(leaf.size for leaf in jax.tree.leaves(params)) + len(source)


def look(shown):
    seen.append(shown)
    return {"brightness": -shown.scores["loss"], "steps_seen": shown.step, "odd": math.nan}


OWN = (
    Score("brightness", "of 1", "higher", "how bright <b>reconstructions</b> are", brightness),
    Score("numbers", "numbers", "neither", "parameters and events", norm, "source"),
)


def build(config, spec):
    return vae.build(config, spec)._replace(scores=OWN, after_validation=look)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("seam")


@pytest.fixture(scope="module")
def trained(folder):
    """A run with both, and the same run with neither."""
    config = vae.Config(**SIZES, runs_dir=folder / "own")
    plain = vae.Config(**SIZES, runs_dir=folder / "plain")
    return launch.train(NAME, config, build), launch.train(NAME, plain, vae.build)


@pytest.mark.ci
def test_the_scores_of_a_run_are_those_of_numpy(trained):
    run, _ = trained
    config = vae.Config(**SIZES)
    splits = data.load(config)
    experiment, blank = rebuild(run, config, build, read_spec(run))
    checkpoints = Checkpoints(run.path / "checkpoints", read_only=True)
    params = checkpoints.restore(blank).state.params
    for split in ("test", "validation"):
        source = getattr(splits, split)
        x = source.get_batch(np.arange(len(source)))["x"].astype(np.float32) / splits.spec.scale
        rebuilt = np.asarray(jax.jit(experiment.model.reconstruct)(params, jnp.asarray(x)), np.float64)
        ratio = rebuilt.mean((1, 2, 3)) / x.astype(np.float64).mean((1, 2, 3))
        found = run.read("summary.json")["scores"]
        np.testing.assert_allclose(found[f"{split}/brightness"], ratio.mean(), rtol=1e-5)
        assert found[f"{split}/numbers"] == sum(np.size(leaf) for leaf in jax.tree.leaves(params)) + len(source)


@pytest.mark.ci
def test_neither_changes_what_is_trained_or_scored(trained):
    own, plain = (run.read("summary.json") for run in trained)
    assert own["params_sha256"] == plain["params_sha256"]
    assert plain["scores"].items() < own["scores"].items()
    added = {"brightness", "steps_seen"}
    rows, bare = ([dict(row) for row in run.rows()] for run in trained)
    assert [{k: v for k, v in row.items() if k not in added} for row in rows] == bare
    assert trained[0].rows("digests.jsonl") == trained[1].rows("digests.jsonl")


@pytest.mark.ci
def test_the_look_is_shown_each_validation_and_its_numbers_are_recorded(trained):
    run, _ = trained
    rows = [row for row in run.rows() if row["split"] == "validation"]
    assert [row["steps_seen"] for row in rows] == [row["step"] for row in rows]
    assert [row["brightness"] for row in rows] == [-row["loss"] for row in rows]
    assert "odd is not finite at step" in (run.path / "log.txt").read_text()
    first = next(shown for shown in seen if shown.step == rows[0]["step"])
    assert len(first.source) == len(data.load(vae.Config(**SIZES)).validation)
    jax.block_until_ready(first.params)  # kept, though the run has long given its own away
    board = b"".join(file.read_bytes() for file in (run.path / "events").iterdir())
    assert b"validation/brightness" in board
    assert b"of 1; how bright" in board
    with np.load(run.path / "figures" / "curves.npz") as curves:
        assert curves["valid_brightness"].tolist() == [row["brightness"] for row in rows]


@pytest.mark.ci
def test_the_report_says_what_it_is(trained):
    run, _ = trained
    page = (run.path / "report.html").read_text()
    assert "how bright &lt;b&gt;reconstructions&lt;/b&gt; are" in page
    assert "<td>of 1</td><td>higher</td>" in page
    value = run.read("summary.json")["scores"]["test/brightness"]
    assert f"{value:.7g}" in page


@pytest.fixture(scope="module")
def alone(folder):
    """On one device, by plain descent, which shows a gradient of another size."""
    run = launch.train(NAME, vae.Config(**DESCENT, runs_dir=folder / "alone", parallel="single"), build)
    return run.read("summary.json")["scores"], [row for row in run.rows() if row["split"] == "validation"]


ON_DEVICES = [{"parallel": mode, "devices": n} for mode in ("jit", "pmap", "shard_map") for n in (1, 2, 8)]
MIDDLE = ({"parallel": "shard_map", "devices": 8}, {"accumulate": 4})


@pytest.mark.parametrize(
    "how",
    [
        pytest.param(how, marks=pytest.mark.ci if how in MIDDLE else pytest.mark.long)
        for how in (*ON_DEVICES, MIDDLE[1])
    ],
    ids=lambda how: "-".join(map(str, how.values())),
)
def test_both_are_the_same_on_any_number_of_devices(alone, tmp_path, how):
    run = launch.train(NAME, vae.Config(**DESCENT, runs_dir=tmp_path, **how), build)
    scores, rows = run.read("summary.json")["scores"], [row for row in run.rows() if row["split"] == "validation"]
    for name in ("test/brightness", "validation/brightness", "test/numbers"):
        np.testing.assert_allclose(scores[name], alone[0][name], rtol=1e-6)
    found, expected = ([row["brightness"] for row in own] for own in (rows, alone[1]))
    np.testing.assert_allclose(found, expected, rtol=1e-6)


@pytest.mark.long
def test_a_run_that_was_stopped_ends_with_both(trained, tmp_path):
    config = vae.Config(**SIZES, runs_dir=tmp_path)
    half = launch.train(NAME, config, build, until=5)
    assert not half.finished
    assert [row["steps_seen"] for row in half.rows() if row["split"] == "validation"] == [5]
    run = launch.train(NAME, config, build)
    for name in ("metrics.jsonl", "summary.json"):
        assert (run.path / name).read_text() == (trained[0].path / name).read_text()


@pytest.mark.long
def test_members_of_a_population_have_both(folder, trained):
    configs = [vae.Config(**SIZES, seed=seed, runs_dir=folder / "together") for seed in (0, 1)]
    assert population.train(NAME, configs, build) == [None, None]
    together = [launch.run_of(NAME, config) for config in configs]
    for name in ("metrics.jsonl", "summary.json"):
        assert (together[0].path / name).read_text() == (trained[0].path / name).read_text()
    assert together[1].read("summary.json")["scores"]["test/brightness"] > 0


@pytest.fixture(scope="module")
def swept(folder):
    """A sweep of three points as a population: the one that hardly learns, the others in no order."""
    script = Script(NAME, vae.Config, build)
    spec = "data=digits widths=[12] latent_dim=2 batch_size=300 epochs=2 importance_samples=0 lr=1e-2,1e-7,1e-3"
    runs_dir = folder / "swept"
    record = Record(plan_sweep(script, parse(vae.Config, spec), runs_dir), runs_dir, "mine", spec)

    def drive(points, record, board):
        populations.run(points, record, board, most=3, deadline=math.inf)

    return finish(record, drive, total=3, score="test/brightness"), record


@pytest.mark.long
@pytest.mark.parametrize("asked", ["test/brightness", "brightness"])
def test_a_sweep_is_ranked_by_it_in_its_own_direction(swept, asked, capfd):
    table, record = swept
    values = {point["overrides"]["lr"]: point["scores"]["test/brightness"] for point in table["points"]}
    comparison.compare([record.folder.path], asked, form="json")
    found = json.loads(capfd.readouterr().out)
    assert [entry["fields"]["lr"] for entry in found] == sorted(values, key=values.get, reverse=True)
    with np.load(record.folder.path / "figures" / "fields.npz") as stored:
        assert str(stored["better"]) == "higher"


@pytest.mark.long
def test_halving_goes_by_what_the_look_gives_under_its_name(swept):
    _, record = swept
    for point in record.plan.points:
        row = next(row for row in point.run.rows() if row["split"] == "validation")
        assert halving.value(point, 1, "test/brightness") == -row["brightness"] == row["loss"]
    with pytest.raises(ConfigError, match="after_validation give it under that name"):
        halving.value(record.plan.points[0], 1, "test/numbers")


@pytest.mark.long
def test_a_search_is_told_a_score_in_its_own_direction(folder):
    pytest.importorskip("optuna")
    from aelab.sweeps.tpe import Search

    spec = "data=digits widths=[12] latent_dim=2 batch_size=300 epochs=1 importance_samples=0 lr=loguniform(1e-4,1e-2)"
    script, runs_dir = Script(NAME, vae.Config, build), folder / "searched"
    record = Record(plan_sweep(script, parse(vae.Config, "seed=0"), runs_dir), runs_dir, "tpe", spec)
    record.plan.points.clear()
    (runs_dir / "sweeps" / "tpe").mkdir(parents=True)
    search = Search(record, spec, False, "test/brightness")
    point: Point
    for point in search.points(2):
        launch.train(NAME, point.config, build)
    search.tell()
    told = sorted(trial.value for trial in search.study.get_trials())
    reached = sorted(-p.run.read("summary.json")["scores"]["test/brightness"] for p in record.plan.points)
    assert told == reached  # it minimises


@pytest.mark.parametrize(
    ("scores", "said"),
    [
        ([Score("elbo", compute=norm)], "elbo is taken"),
        ([Score("l_7", compute=norm)], "l_7 is taken"),
        ([Score("mine", compute=norm), Score("mine", compute=norm)], "mine is taken"),
        ([Score("a/b", compute=norm)], "no name of a score"),
        ([Score("mine")], "mine has no compute"),
    ],
)
def test_a_score_that_cannot_be_declared_is_said(scores, said):
    with pytest.raises(ConfigError, match=said):
        checked(scores)


@pytest.mark.parametrize(
    ("gives", "said"),
    [
        (lambda shown: 1 / 0, r"ZeroDivisionError: division by zero \(.*test_scores.py, line \d+\)"),
        (lambda shown: 3.0, "gave float; give numbers by name"),
        (lambda shown: {"loss": 1.0}, "loss is taken"),
        (lambda shown: {"many": np.ones(2)}, "many must be one number"),
    ],
)
def test_a_look_that_fails_ends_in_one_line(tmp_path, gives, said):
    def broken(config, spec):
        return vae.build(config, spec)._replace(after_validation=gives)

    with pytest.raises(ConfigError, match=f"after_validation: {said}"):
        launch.train(NAME, vae.Config(**SIZES, runs_dir=tmp_path), broken)


def test_a_score_of_the_wrong_shape_ends_in_one_line(tmp_path):
    def wrong(config, spec):
        whole = Score("whole", compute=lambda model, params, key, batch: batch.inputs.mean())
        return vae.build(config, spec)._replace(scores=(whole,))

    config = vae.Config(**SIZES, runs_dir=tmp_path)
    with pytest.raises(ConfigError, match="whole gives an array"):
        launch.train(NAME, config, wrong)
    assert launch.run_of(NAME, config).rows() == []  # before anything was trained
