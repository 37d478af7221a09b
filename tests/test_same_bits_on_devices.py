"""With virtual shards a run has the same bits on 1, 2, 4 and 8 devices, however a step meets them: every digest."""

import os
import subprocess
import sys

import pytest
from environment import one_device

NETS = {  # the Transformer first: its softmax is what one device and several once computed in two ways
    "transformer": ("--width", "8", "--heads", "2", "--patch", "4"),
    "mlp": ("--widths", "16"),
    "conv": ("--channels", "4", "8"),
    "lstm": ("--width", "8"),
}
TRICKS = ("--clip", "1", "--ema", "0.9", "--accumulate", "2", "--corruption", "gaussian", "--noise", "0.1")
WAYS = {  # by the flags of the optimizer
    "adam": (("shard_map", 1), ("jit", 2), ("pmap", 4), ("shard_map", 8)),
    "sgd": (("jit", 8), ("pmap", 2)),
}
ACROSS = ("beta_tc", "factor", "info_vae", "dip_2", "free_bits")  # "factor" has two players


def evidence(folder, mode, devices, *flags):
    """Digests and metrics of 46 steps of a process of its own, the last batch of an epoch a short one."""
    return trained(folder / f"{mode}-{devices}", mode, devices, *flags)


def trained(runs, mode, devices, *flags):
    """Train one run in a folder, and give its name, its digests and its metrics."""
    fixed = ("--data", "digits", "--latent-dim", "2", "--batch-size", "64", "--epochs", "2", "--virtual-shards", "8")
    where = ("--importance-samples", "2", "--parallel", mode, "--devices", str(devices), "--runs-dir", str(runs))
    command = [sys.executable, "-m", "experiments.vae", *fixed, *where, *flags]
    done = subprocess.run(command, env={**os.environ, **one_device()}, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    (run,) = (file.parent for file in runs.rglob("config.json"))
    return run.name, (run / "digests.jsonl").read_text(), (run / "metrics.jsonl").read_text()


@pytest.mark.long
@pytest.mark.parametrize("optimizer", WAYS)
@pytest.mark.parametrize("net", NETS)
def test_devices_change_no_bit(net, optimizer, tmp_path):
    flags = ("--net", net, *NETS[net], "--optimizer", optimizer, *TRICKS)
    alone = evidence(tmp_path, "single", 1, *flags)
    for mode, devices in WAYS[optimizer]:
        assert evidence(tmp_path, mode, devices, *flags) == alone, (mode, devices)


@pytest.mark.long
@pytest.mark.parametrize("objective", ACROSS)
def test_devices_change_no_bit_of_a_loss_across_the_batch(objective, tmp_path):
    flags = ("--net", "mlp", *NETS["mlp"], "--objective", objective, "--beta", "2", "--clip", "1")
    alone = evidence(tmp_path, "single", 1, *flags)
    for mode, devices in (("jit", 2), ("pmap", 8)):
        assert evidence(tmp_path, mode, devices, *flags) == alone, (mode, devices)


@pytest.mark.long
def test_a_run_goes_on_with_other_devices(tmp_path):
    """Begun on eight, gone on with on one."""
    flags = ("--net", "mlp", *NETS["mlp"], *TRICKS)
    straight = evidence(tmp_path, "single", 1, *flags)
    trained(tmp_path / "moved", "jit", 8, *flags, "--until", "1")
    assert trained(tmp_path / "moved", "single", 1, *flags) == straight
