"""With virtual shards a run has the same bits on 1, 2, 4 and 8 devices and in two processes with two devices each.

However a step meets the devices: every digest and every metric is compared. A run is a process that has as many devices
as it uses, or two such processes.
"""

import pytest
from forks import Forks
from processes import only_run

from aelab.runner.one_machine import free_port

NETS = {  # the Transformer first: its softmax is what one device and several once computed in two ways
    "transformer": ("--width", "8", "--heads", "2", "--patch", "4"),
    "mlp": ("--widths", "16"),
    "conv": ("--channels", "4", "8"),
    "lstm": ("--width", "8"),
}
KIND = ("--data", "digits", "--latent-dim", "2", "--batch-size", "64", "--virtual-shards", "8", "--epochs", "6")
TRICKS = ("--clip", "1", "--ema", "0.9", "--accumulate", "2", "--corruption", "gaussian", "--noise", "0.1")
PROCESSES = "2x2 "  # before the mode
WAYS = {  # by the flags of the optimizer
    "adam": (("shard_map", 1), ("jit", 2), ("pmap", 4), ("shard_map", 8), ("2x2 jit", 4)),
    "sgd": (("jit", 8), ("pmap", 2), ("2x2 shard_map", 4)),
}
ACROSS = ("beta_tc", "factor", "info_vae", "dip_2", "free_bits")  # "factor" has two players
HANDS = (("jit", 8), ("single", 1), ("shard_map", 2), ("2x2 jit", 4), ("pmap", 8))  # an epoch each


@pytest.fixture(scope="module")
def forks():
    with Forks() as forks:
        yield forks


def evidence(forks, folder, mode, devices, *flags):
    """Name, digests and metrics of two epochs of 23 steps, of which the last has a short batch."""
    return trained(forks, folder / f"{mode}-{devices}", mode, devices, 2, *flags)


def trained(forks, runs, mode, devices, epochs, *flags):
    """Train the run of a folder up to an epoch, and give its name, its digests and its metrics.

    The run stops before its end, so that nothing is scored: scores follow from the parameters, and take longer.
    """
    where = ("--until", str(epochs), "--devices", str(devices), "--parallel", mode.removeprefix(PROCESSES))
    words = [*KIND, *flags, *where, "--runs-dir", str(runs)]
    if mode.startswith(PROCESSES):
        words += ["--num-processes", "2", "--coordinator", f"127.0.0.1:{free_port()}", "--process-id"]
        forks.run([*words, "0"], [*words, "1"])
    else:
        forks.run(words)
    run = only_run(runs)
    return run.name, (run / "digests.jsonl").read_text(), (run / "metrics.jsonl").read_text()


@pytest.mark.long
@pytest.mark.parametrize("optimizer", WAYS)
@pytest.mark.parametrize("net", NETS)
def test_devices_change_no_bit(net, optimizer, forks, tmp_path):
    flags = ("--net", net, *NETS[net], "--optimizer", optimizer, *TRICKS)
    alone = evidence(forks, tmp_path, "single", 1, *flags)
    for mode, devices in WAYS[optimizer]:
        assert evidence(forks, tmp_path, mode, devices, *flags) == alone, (mode, devices)


@pytest.mark.long
@pytest.mark.parametrize("objective", ACROSS)
def test_devices_change_no_bit_of_a_loss_across_the_batch(objective, forks, tmp_path):
    flags = ("--net", "mlp", *NETS["mlp"], "--objective", objective, "--beta", "2", "--clip", "1")
    alone = evidence(forks, tmp_path, "single", 1, *flags)
    for mode, devices in (("jit", 2), ("pmap", 8), ("2x2 jit", 4)):
        assert evidence(forks, tmp_path, mode, devices, *flags) == alone, (mode, devices)


@pytest.mark.long
@pytest.mark.parametrize("feed", ["resident", "streamed"])
def test_a_run_goes_on_with_other_devices(feed, forks, tmp_path):
    """From eight devices to one, to two, to two processes, and back to eight: the bits of a run that one device did."""
    flags = ("--net", "mlp", *NETS["mlp"], *TRICKS)
    straight = trained(forks, tmp_path / "straight", "single", 1, len(HANDS), *flags)
    moving = (*flags, "--resident-mib", "0") if feed == "streamed" else flags
    for epoch, (mode, devices) in enumerate(HANDS, start=1):
        moved = trained(forks, tmp_path / "moved", mode, devices, epoch, *moving)
    assert moved == straight
