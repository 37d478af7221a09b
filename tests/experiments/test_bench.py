"""What was measured can be measured again: each script of experiments/bench runs in small."""

import json

import numpy as np
import pytest

from aelab import data
from aelab.errors import ConfigError
from aelab.runner import launch
from experiments.bench import epoch_memory, growth, profiles, race, results, rows, start, streaming


@pytest.mark.ci
def test_streaming_in_small(tmp_path, capfd):
    flags = ["--smoke", "--no-epoch", "--json", "--folder", str(tmp_path)]
    assert launch.command(streaming.Config, streaming.run, flags) == 0
    found = json.loads(capfd.readouterr().out.splitlines()[-1])
    assert found["share_of_memory"]["memory"] == 1.0
    assert set(found["examples_per_second"]) == {"memory", "npy", "array_record"}
    assert {path.name for path in tmp_path.iterdir()} == {"1-mib-npy", "1-mib-array_record"}


@pytest.mark.ci
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


@pytest.mark.long
def test_growth_in_small(capfd):
    flags = ["--data", "digits", "--examples", "128", "1280", "--widths", "8", "16", "--least", "1", "--rounds", "1"]
    assert launch.command(growth.Config, growth.run, [*flags, "--json"]) == 0
    found = json.loads(capfd.readouterr().out.splitlines()[-1])
    assert [point["examples"] for point in found["examples"]] == [128, 1280]
    assert 0 < found["examples"][0]["seconds"] < found["examples"][1]["seconds"]
    assert found["widths"][1]["flop"] == pytest.approx(2 * found["widths"][0]["flop"], rel=0.1)


def test_the_first_step_is_waited_for(tmp_path):
    """A line that is not whole yet does not count; a run that cannot start says why."""
    (tmp_path / "digests.jsonl").write_text('{"step": 0}\n{"step": 1')
    assert start.reached(tmp_path / "digests.jsonl") == [0]
    with pytest.raises(ConfigError, match="--net tree: the run failed: error: --net"):
        start.waits(["--net", "tree"], tmp_path)


@pytest.mark.long
def test_a_race_in_small(tmp_path):
    """Against our own other way, in processes as a race has them."""
    x = (np.arange(28 * 28 * 300) % 256).astype(np.uint8).reshape(300, 28, 28)
    for name in ("X_TRAIN", "X_TEST"):
        np.save(tmp_path / f"{name}.npy", x)
    row = rows.small(rows.ROWS["fc"])
    found = race.run_row(row, [rows.CALLS], 2, str(tmp_path / "X_TRAIN.npy"), tmp_path)
    assert {name: len(ran["seconds"]) for name, ran in found["contenders"].items()} == dict.fromkeys(
        ("ceiling", "aelab", rows.CALLS), 2
    )
    assert results.speeds(found)["aelab"] > 0
    assert 0 < results.share_of_ceiling(found) < 2
    assert found["contenders"]["aelab"]["peak_bytes"] > 100e6


def test_kernels_are_told_apart_by_their_names():
    ran = {
        "ynn_fusion.3": 2.0,
        "dot.4": 1.0,
        "wrapped_reduce-window": 0.5,
        "copy_bitcast_fusion": 0.25,
        "add_fusion": 4.0,
    }
    holders = {"ThunkExecutor::Execute": 100.0, "while.2": 50.0, "end: dot.4": 1.0}
    took = profiles.by_kind(iter((ran | holders).items()))
    assert took == {"matrix products": 3.0, "sums": 0.5, "copies": 0.25, "entry by entry": 4.0}


@pytest.mark.long
def test_a_profile_accounts_for_a_step(capfd):
    assert launch.command(profiles.Config, profiles.run, ["--data", "digits", "--rows", "fc", "--json"]) == 0
    (found,) = json.loads(capfd.readouterr().out.splitlines()[-1])["rows"].values()
    assert found["kinds_ms"]["matrix products"] > 0
    assert 0.3 < sum(found["kinds_ms"].values()) / found["step_ms"] < 3  # a profile slows what it sees
