"""Runs that train together end as the runs they would have been alone."""

import dataclasses
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import jax
import numpy as np
import pytest

from aelab.devices import startup
from aelab.errors import ConfigError, LockedError, NonFiniteError
from aelab.runner import launch, population
from aelab.runner.members import Batched
from aelab.runs.folder import Run
from aelab.training.recipe import make_recipe
from aelab.training.trainer import Trainer
from experiments import autoencoder, vae
from tests.support.compiling import programs_compiled

NAME = "experiments.vae"
TINY = vae.Config(
    data="digits", widths=(12,), latent_dim=2, batch_size=300, epochs=3, importance_samples=2, figures="later"
)
SAME = ("config.json", "metrics.jsonl", "digests.jsonl", "summary.json")


def members(folder: Path, count: int) -> list[vae.Config]:
    """Different in seed, learning rate and β."""
    return [
        dataclasses.replace(TINY, runs_dir=folder, seed=i % 5, lr=1e-3 * (1 + i % 4), beta=0.75 * (1 + i % 3))
        for i in range(count)
    ]


def evidence(config: vae.Config) -> list[str]:
    path = launch.run_of(NAME, config).path
    return [(path / name).read_text() for name in SAME]


def alone(config: vae.Config, folder: Path) -> list[str]:
    own = dataclasses.replace(config, runs_dir=folder)
    launch.train(NAME, own, vae.build)
    return evidence(own)


@pytest.fixture(scope="module")
def together(tmp_path_factory) -> list[vae.Config]:
    """A finished population; nobody changes it."""
    configs = members(tmp_path_factory.mktemp("population"), 2)
    assert population.train(NAME, configs, vae.build) == [None] * 2
    return configs


@pytest.mark.ci
@pytest.mark.bits
@pytest.mark.parametrize("place", [0, 1])
def test_members_have_the_bits_of_single_runs(together, tmp_path, place):
    assert evidence(together[place]) == alone(together[place], tmp_path)


@pytest.mark.ci
def test_a_member_is_an_ordinary_run_that_says_how_to_repeat_it(together):
    run = launch.run_of(NAME, together[1])
    assert run.finished
    assert {"report.html", "figures", "checkpoints", "best", "events"} <= {path.name for path in run.path.iterdir()}
    made = run.read("manifest.json")["sessions"][0]["population"]
    assert made["members"] == 2
    assert f"--seed {together[1].seed}" in made["alone"]
    assert (
        f"--beta {together[1].beta}"
        in launch.run_of(NAME, together[1]).read("manifest.json")["sessions"][0]["population"]["alone"]
    )


@pytest.mark.ci
def test_the_command_that_repeats_a_member_gives_its_run(together):
    words = launch.run_of(NAME, together[1]).read("manifest.json")["sessions"][0]["population"]["alone"].split()
    assert words[:3] == ["python", "-m", NAME]
    from aelab.config import flags

    assert flags.parse(vae.Config, words[3:], prog="x") == together[1]


@pytest.mark.ci
def test_what_is_finished_is_left_alone(together):
    run = launch.run_of(NAME, together[0])
    before = {path: path.stat().st_mtime_ns for path in run.path.rglob("*")}
    assert population.train(NAME, together, vae.build) == [None] * 2
    assert {path: path.stat().st_mtime_ns for path in run.path.rglob("*")} == before


@pytest.mark.ci
@pytest.mark.bits
def test_a_member_that_diverges_leaves_the_others_their_bits(together, tmp_path):
    wild = dataclasses.replace(TINY, runs_dir=tmp_path, lr=1e18, seed=9)
    configs = [wild, *(dataclasses.replace(config, runs_dir=tmp_path) for config in together[:2])]
    outcome = population.train(NAME, configs, vae.build)
    assert isinstance(outcome[0], NonFiniteError)
    assert outcome[1:] == [None, None]
    assert launch.run_of(NAME, wild).read("status.json")["state"] == "failed"
    assert launch.run_of(NAME, wild).rows("nonfinite.jsonl")
    assert [evidence(config) for config in configs[1:]] == [evidence(config) for config in together[:2]]


@pytest.mark.long
def test_a_locked_member_is_reported_and_the_others_go_on(together, tmp_path):
    configs = [dataclasses.replace(config, runs_dir=tmp_path, epochs=1) for config in members(tmp_path, 3)]
    with launch.run_of(NAME, configs[1]).locked():
        outcome = population.train(NAME, configs, vae.build)
    assert [type(error) for error in outcome] == [type(None), LockedError, type(None)]


@pytest.mark.long
def test_stopped_and_gone_on_with_members_at_different_steps(together, tmp_path):
    """One member has trained alone for an epoch, the population is stopped in the middle, and all come to their end."""
    configs = [dataclasses.replace(config, runs_dir=tmp_path) for config in together]
    launch.train(NAME, configs[1], vae.build, until=5)
    script = f"""
import sys
from pathlib import Path, PosixPath
from aelab.runner import population
from aelab.errors import AelabError
from experiments import vae
configs = [vae.Config(**fields) for fields in {[vars(config) for config in configs]!r}]
try:
    population.train({NAME!r}, configs, vae.build)
except AelabError as error:
    print(error)
    sys.exit(error.code)
"""
    process = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True, env=os.environ)
    logs = [launch.run_of(NAME, config).path / "metrics.jsonl" for config in configs]
    while process.poll() is None:
        if logs[0].exists() and logs[0].read_text().count("\n") >= 2:
            process.send_signal(signal.SIGTERM)
            break
    said, _ = process.communicate()
    assert process.returncode == 75, said
    assert "the same command goes on" in said
    assert {Run(log.parent).read("status.json")["state"] for log in logs} == {"preempted"}
    assert population.train(NAME, configs, vae.build) == [None] * 2
    assert [evidence(config) for config in configs] == [evidence(config) for config in together]


@pytest.mark.long
def test_a_further_member_compiles_nothing(tmp_path):
    def compiled(count: int) -> int:
        configs = [dataclasses.replace(c, epochs=1, runs_dir=tmp_path / str(count)) for c in members(tmp_path, count)]
        with programs_compiled() as found:
            population.train(NAME, configs, vae.build)
        return len(found)

    compiled(3)
    few, many = compiled(4), compiled(8)
    assert many == few


@pytest.mark.long
def test_sixteen_members_on_two_devices_have_the_bits_of_their_single_runs(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(startup, "cores", lambda: 2)
    configs = [dataclasses.replace(config, runs_dir=tmp_path / "together") for config in members(tmp_path, 16)]
    assert population.train(NAME, configs, vae.build) == [None] * 16
    assert "population of 16 on 2 cpu devices" in capsys.readouterr().err
    assert len({launch.run_of(NAME, config).read("summary.json")["params_sha256"] for config in configs}) == 16
    for config in configs:
        assert evidence(config) == alone(config, tmp_path / "alone")


@pytest.mark.ci
def test_batched_members_are_close_to_single_ones():
    ready = launch.prepare(TINY, vae.build)
    devices = jax.local_devices()[:2]
    first = Trainer(TINY, make_recipe(TINY, ready.experiment, ready.splits, "single", devices[:1]))
    trainers = [Trainer(dataclasses.replace(TINY, seed=i, beta=0.5 + i), first.recipe) for i in range(3)]
    alone = {i: trainer.fresh() for i, trainer in enumerate(trainers)}
    batched = dict(alone)
    with Batched(trainers, devices) as trainer:
        for step in range(0, 100, 5):
            batched = {i: state for i, (state, _) in trainer.train(batched, step, 5).items()}
            alone = {i: trainers[i].advance(alone[i], trainers[i].read(step, 5))[0] for i in alone}
            if step == 50:  # members leave: fewer places, the same numbers
                batched, alone = {0: batched[0], 2: batched[2]}, {0: alone[0], 2: alone[2]}
    for i in (0, 2):
        jax.tree.map(
            lambda a, b: np.testing.assert_allclose(a, b, rtol=0, atol=1e-4), batched[i].params, alone[i].params
        )


BASE = vae.Config(runs_dir=Path("x"))


@pytest.mark.parametrize(
    ("other", "count"),
    [
        ({"seed": 3, "lr": 0.1, "beta": 4.0}, 1),
        ({"weight_decay": 0.1}, 2),
        ({"clip": 1.0}, 2),
        ({"warmup": 1.0}, 2),
        ({"epochs": 3}, 2),
        ({"latent_dim": 3}, 2),
        ({"data": "digits"}, 2),
        ({"chunk": 5}, 2),
        ({"json": True}, 1),
    ],
)
def test_what_can_train_together(other, count):
    assert len(population.groups([BASE, dataclasses.replace(BASE, **other)])) == count


def test_numbers_that_are_on_may_differ():
    on = dataclasses.replace(BASE, weight_decay=0.1, clip=1.0, warmup=1.0)
    assert population.groups([on, dataclasses.replace(on, weight_decay=0.2, clip=2.0, warmup=3.0)]) == [[0, 1]]


def test_runs_over_several_devices_are_alone_and_scripts_stay_apart():
    spread = dataclasses.replace(BASE, parallel="shard_map", devices=2)
    assert population.groups([spread, spread, BASE]) == [[0], [1], [2]]
    assert population.groups([autoencoder.Config(), vae.Config()]) == [[0], [1]]


def test_two_recipes_are_no_population():
    with pytest.raises(ConfigError, match="one recipe"):
        population.train(NAME, [BASE, dataclasses.replace(BASE, epochs=3)], vae.build)


@pytest.mark.ci
def test_the_summary_of_a_member_is_json(together):
    assert json.loads((launch.run_of(NAME, together[0]).path / "summary.json").read_text())["status"] == "done"
