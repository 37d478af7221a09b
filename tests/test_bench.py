"""What was measured can be measured again: each script of experiments/bench runs in small."""

import json

import numpy as np

from aelab import data, launch
from experiments.bench import epoch_memory, streaming


def test_streaming_in_small(tmp_path, capfd):
    flags = ["--smoke", "--no-epoch", "--json", "--folder", str(tmp_path)]
    assert launch.command(streaming.Config, streaming.run, flags) == 0
    found = json.loads(capfd.readouterr().out.splitlines()[-1])
    assert found["share_of_memory"]["memory"] == 1.0
    assert set(found["examples_per_second"]) == {"memory", "npy", "array_record"}
    assert {path.name for path in tmp_path.iterdir()} == {"1-mib-npy", "1-mib-array_record"}


def test_the_memory_of_an_epoch_is_counted(capfd):
    flags = ["--data", "digits", "--widths", "8", "--resident-mib", "0", "--chunk", "3", "--json"]
    assert launch.command(epoch_memory.Config, epoch_memory.run, flags) == 0
    found = json.loads(capfd.readouterr().out.splitlines()[-1])
    assert found["examples"] == 1437
    assert 100 < found["resident_megabytes"] <= found["peak_megabytes"] < 10_000


def test_moved_digits_are_real_digits():
    digits = data.load("digits").train
    moved = streaming.Shifted(digits, 3 * len(digits))
    batch = moved.get_batch(np.array([5, len(digits) + 5, 2 * len(digits) + 5]))
    assert (batch["x"][0] == digits.x[5]).all()
    assert len({x.tobytes() for x in batch["x"]}) == 3
    assert len({tuple(np.sort(x.ravel())) for x in batch["x"]}) == 1
    assert list(batch["label"]) == [digits.label[5]] * 3
