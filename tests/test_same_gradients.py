"""Gradients of every net and every objective are equal however a step meets devices; `everywhere` says what is held."""

import in_processes
import pytest
from everywhere import assert_close, assert_same, train
from gradient_recipes import NETS, OBJECTIVES, every, of_net, of_objective
from processes import ended

WAYS = [f"{mode}-{devices}" for mode in ("jit", "pmap", "shard_map") for devices in (1, 2, 4, 8)]

# A fresh critic's gradient is the difference of two nearly equal sums, and as exact as these are: 1.1e-6 was seen.
CLOSE = {"factor": 2e-6}


@pytest.mark.long
@pytest.mark.parametrize("way", [*WAYS, "shards"])
@pytest.mark.parametrize("net", NETS)
def test_of_every_net(net, way):
    assert_same(*of_net(net), way)


@pytest.mark.long
@pytest.mark.parametrize("way", ["jit-2", "jit-8", "pmap-4", "shard_map-8", "shards"])
@pytest.mark.parametrize("objective", OBJECTIVES)
def test_of_every_objective(objective, way):
    assert_same(*of_objective(objective), way, close=CLOSE.get(objective, 1e-6))


@pytest.fixture(scope="module")
def in_two_processes(tmp_path_factory):
    """A folder with what every recipe came to in two processes with two devices each."""
    folder = tmp_path_factory.mktemp("processes")
    done = ended(in_processes.start("gradient_recipes:every", folder), 1800)
    assert [each.code for each in done] == [0, 0], [each.stderr for each in done]
    return folder


@pytest.mark.long
@pytest.mark.parametrize("name", every())
def test_in_two_processes(name, in_two_processes):
    alone = train(*every()[name])
    assert_close(in_processes.read(in_two_processes, name, alone), alone, CLOSE.get(name, 1e-6))
