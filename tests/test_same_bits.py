"""One seed, the same bits, whatever the process is told that is none of the model's business."""

import subprocess
import sys

import pytest
from environment import one_device

from experiments.bench.disturbances.case import TINY
from experiments.bench.trials import NETS

WAYS = {
    "a cold cache": {"cache": "one"},
    "a warm cache": {"cache": "one"},
    "no cache": {"JAX_ENABLE_COMPILATION_CACHE": "false"},
    "eight host devices": {"devices": "8", "cache": "eight"},
    "eight host devices, no cache": {"devices": "8", "JAX_ENABLE_COMPILATION_CACHE": "false"},
    "another hash seed": {"PYTHONHASHSEED": "7", "cache": "one"},
}


def evidence(folder, net, way):
    """What a run leaves in a process of its own: every digest of its state and every line of its metrics."""
    settings = dict(WAYS[way])
    env = {name: value for name, value in one_device().items() if not name.startswith("JAX_")}
    if devices := settings.pop("devices", ""):
        env["XLA_FLAGS"] += f" --xla_force_host_platform_device_count={devices}"
    if cache := settings.pop("cache", ""):
        env["JAX_COMPILATION_CACHE_DIR"] = str(folder / "caches" / cache)
        env["JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS"] = "0"
    runs = folder / way.replace(" ", "-")
    flags = [*TINY, "--net", net, *NETS[net], "--epochs", "3", "--runs-dir", str(runs)]
    command = [sys.executable, "-m", "experiments.vae", *flags]
    done = subprocess.run(command, env={**env, **settings}, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    (run,) = (file.parent for file in runs.rglob("summary.json"))
    return (run / "digests.jsonl").read_text(), (run / "metrics.jsonl").read_text()


@pytest.mark.ci
@pytest.mark.bits
def test_no_cache_and_eight_host_devices_change_no_bit(tmp_path):
    assert evidence(tmp_path, "mlp", "eight host devices, no cache") == evidence(tmp_path, "mlp", "a cold cache")


@pytest.mark.long
@pytest.mark.parametrize("net", NETS)
def test_caches_host_devices_and_hash_seeds_change_no_bit(net, tmp_path):
    straight = evidence(tmp_path, net, "a cold cache")
    assert any((tmp_path / "caches" / "one").iterdir())
    for way in list(WAYS)[1:]:
        assert evidence(tmp_path, net, way) == straight, way
