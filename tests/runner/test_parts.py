"""A run that says nothing of devices is cut into parts where that is faster, and has the same bits on any of them."""

import dataclasses

import pytest

from aelab.config import shards
from aelab.devices import startup
from aelab.runner import launch, population
from experiments import vae

NAME = "experiments.vae"
SMALL = vae.Config(
    data="digits",
    net="conv",
    channels=(2,),
    latent_dim=2,
    batch_size=64,
    epochs=1,
    importance_samples=0,
    figures="none",
)
SAME = ("config.json", "metrics.jsonl", "digests.jsonl", "summary.json")


@pytest.fixture(autouse=True)
def no_set_too_small(monkeypatch):
    monkeypatch.setattr(shards, "NUMBERS", 0)


def evidence(config: vae.Config) -> list[str]:
    path = launch.run_of(NAME, config).path
    return [(path / name).read_text() for name in SAME]


@pytest.mark.long
@pytest.mark.bits
def test_it_ends_alike_on_one_device_on_several_and_in_a_population(tmp_path, capfd):
    ways = {"auto": {}, "one": {"parallel": "single"}, "four": {"devices": 4, "parallel": "pmap"}}
    found = {}
    for way, fields in ways.items():
        config = dataclasses.replace(SMALL, runs_dir=tmp_path / way, **fields)
        found[way] = evidence(config) if launch.train(NAME, config, vae.build) else []
    said = capfd.readouterr().err
    assert f"--virtual-shards auto: 4 parts of a batch, on {min(4, startup.cores())} devices" in said
    assert "on one device" in said
    members = [dataclasses.replace(SMALL, runs_dir=tmp_path / "members", seed=seed) for seed in (0, 1)]
    assert population.train(NAME, members, vae.build) == [None] * 2
    assert found["auto"] == found["one"] == found["four"] == evidence(members[0])
    run = launch.run_of(NAME, members[0])
    assert run.read("manifest.json")["chosen"]["virtual_shards"] == 4
    assert "virtual_shards" not in run.read("config.json")["config"]
