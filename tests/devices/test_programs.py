"""However a step meets devices, its gradients are the same: single, sharded jit, pmap and shard_map on 1 to 8 devices.

Held on the parameters after plain gradient descent, where a gradient multiplied by the number of devices would show.
"""

import json
import math
import os
import re
import subprocess
import sys
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from aelab import corruptions, latents, likelihoods, nets, objectives, priors
from aelab.batch import Hyper
from aelab.data.arrays import ArraySource
from aelab.data.source import Spec
from aelab.devices import programs, startup
from aelab.errors import ConfigError
from aelab.experiment import Experiment
from aelab.experiment.optimizers import optimizer
from aelab.model import Autoencoder
from aelab.training.feed import choose_feed
from aelab.training.state import initial_state
from aelab.training.step import Keys, make_chunk, make_step

COLLECTIVES = r" (all-reduce|all-gather|all-to-all|reduce-scatter|collective-permute|collective-broadcast)(?:-start)?\("
EVENT, EXAMPLES = (6, 5, 1), 70
MODEL = Autoencoder(
    encoder=nets.mlp.Encoder((16,)),
    posterior=latents.Gaussian(3),
    prior=priors.standard_normal(3),
    decoder=nets.mlp.Decoder(EVENT, (16,)),
    likelihood=likelihoods.Bernoulli(),
)
SGD = optimizer("sgd", schedule="constant", warmup=False, weight_decay=False, clip=False)
VAE = Experiment(MODEL, objectives.elbo, SGD)
HYPER = Hyper(lr=1.0, noise=0.2)


@pytest.fixture(scope="module", autouse=True)
def eight_devices():
    assert len(jax.devices()) == 8, "conftest asks for eight virtual CPU devices"


def prepared(mode, devices, batch_size, resident_bytes=1 << 20, shards=0):
    """A program of plain descent with sampling and noise on, its feed, and its start."""
    spec = Spec(EVENT, "uint8", "unit", 255.0, 256)
    x = np.random.default_rng(0).integers(0, 256, (EXAMPLES, *EVENT), np.uint8)
    mode, chosen = programs.choose_devices(mode, devices)
    settings = {"batch_size": batch_size, "seed": 0, "devices": shards or len(chosen)}
    feed = choose_feed(ArraySource(x, None, spec), resident_bytes=resident_bytes, **settings)

    def chunk_for(axis_name):
        step = make_step(VAE, axis_name=axis_name, shards=shards)
        return make_chunk(step, feed.batch, lambda key, batch, hyper: corruptions.gaussian(key, batch, hyper.noise))

    program = programs.compile_chunk(mode, chosen, chunk_for)
    params = jax.jit(MODEL.init)(jax.random.key(1), jnp.zeros((1, *EVENT)))
    return program, feed, jax.device_get(initial_state(VAE, params, HYPER))


def gradients(mode, devices, batch_size, resident_bytes=1 << 20):
    """What one step changes (minus the gradients) and its metrics, for a full batch and for the short last one."""
    program, feed, start = prepared(mode, devices, batch_size, resident_bytes)
    keys, hyper = Keys(jax.random.key(2), jax.random.key(3)), jax.tree.map(jnp.float32, HYPER)
    found = {}
    for step in (0, feed.steps_per_epoch - 1):
        args = program.place((start._replace(step=np.int32(step)), feed.resident, keys, hyper))
        state, metrics = program.run(*args[:2], program.spread(feed.chunk(step, 1)), *args[2:])
        change = jax.tree.map(lambda a, b: np.asarray(a) - b, state.params, start.params)
        found[step] = change, jax.device_get(metrics)
    return found


def assert_close(mine, theirs):
    """Equal to 1e-6 of each leaf's largest entry."""

    def check(a, b):
        np.testing.assert_allclose(a, b, rtol=0, atol=1e-6 * np.abs(b).max())

    jax.tree.map(check, mine, theirs)


@pytest.fixture(scope="module")
def reference():
    return {size: gradients("single", 1, size) for size in (32, 30)}


# A batch of 30 divides by neither 4 nor 8, nor 70 examples by either. All pairs run in `.ci/run`, the ends here.
PAIRS = [
    pytest.param(devices, size, marks=[] if (devices, size) in {(1, 32), (8, 30)} else pytest.mark.ci)
    for devices in (1, 2, 4, 8)
    for size in (32, 30)
]


@pytest.mark.parametrize(("devices", "batch_size"), PAIRS)
@pytest.mark.parametrize("mode", ["jit", "pmap", "shard_map"])
def test_gradients_are_those_of_one_device(reference, mode, devices, batch_size):
    found = gradients(mode, devices, batch_size)
    for step, (expected, plain) in reference[batch_size].items():
        change, metrics = found[step]
        assert_close(change, expected)
        np.testing.assert_array_equal(metrics.count, plain.count)  # nothing is dropped, nothing counted twice
        np.testing.assert_allclose(metrics.loss["model"], plain.loss["model"], rtol=1e-6)


@pytest.mark.bits
@pytest.mark.parametrize(
    "mode", ["single", "jit", *(pytest.param(m, marks=pytest.mark.ci) for m in ("pmap", "shard_map"))]
)
def test_a_streamed_set_gives_the_bits_of_a_resident_one(mode):
    devices = 1 if mode == "single" else 4
    resident, streamed = (gradients(mode, devices, 30, limit) for limit in (1 << 20, 0))
    jax.tree.map(np.testing.assert_array_equal, streamed, resident)


@pytest.mark.parametrize(
    ("mode", "shards", "collective"),
    [
        ("shard_map", 0, "all-reduce"),
        pytest.param("jit", 0, "all-reduce", marks=pytest.mark.long),
        pytest.param("shard_map", 8, "all-gather", marks=pytest.mark.long),
    ],
)
def test_devices_speak_once_a_step_and_never_with_the_host(mode, shards, collective):
    """In the compiled program: all gradients, losses and the count in one message, and nothing else is sent."""
    program, feed, start = prepared(mode, 8, 30, shards=shards)
    keys, hyper = Keys(jax.random.key(2), jax.random.key(3)), jax.tree.map(jnp.float32, HYPER)
    state, resident, keys, hyper = program.place((start, feed.resident, keys, hyper))
    text = program.run.lower(state, resident, program.spread(feed.chunk(0, 1)), keys, hyper).compile().as_text()
    assert re.findall(COLLECTIVES, text) == [collective]
    assert not re.search(r"\b(infeed|outfeed|send|recv)\(|callback", text)
    (said,) = (line for line in text.splitlines() if f" {collective}(" in line)
    shapes = re.findall(r"f32\[([\d,]*)\]", said.split(f" {collective}(")[0])
    numbers = sum(math.prod(int(n) for n in shape.split(",") if n) for shape in shapes)
    parameters = sum(leaf.size for leaf in jax.tree.leaves(start.params))
    assert numbers == (parameters + len(("count", "loss", "distortion", "rate"))) * (8 if shards else 1)


def test_the_last_batch_of_an_epoch_is_short_and_whole(reference):
    assert [int(metrics.count[0]) for _, metrics in reference[32].values()] == [32, 6]
    assert [int(metrics.count[0]) for _, metrics in reference[30].values()] == [30, 10]


def test_what_auto_means():
    assert programs.choose_devices("auto", 0)[0] == "single"  # virtual CPU devices are used only when asked for
    assert programs.choose_devices("auto", 1)[0] == "single"
    mode, devices = programs.choose_devices("auto", 4)
    assert (mode, len(devices)) == ("jit", 4)
    assert len(programs.choose_devices("pmap", 0)[1]) == 8


@pytest.mark.parametrize(("mode", "count", "words"), [("auto", 9, "--devices: 9"), ("single", 2, "--parallel: single")])
def test_devices_that_are_not_there(mode, count, words):
    with pytest.raises(ConfigError, match=words):
        programs.choose_devices(mode, count)


FLAGS = {  # what the environment says, and the flags that JAX is given then
    "nothing": ({}, [startup.WHOLE_SUMS]),
    "no flags of ours": ({"AELAB_XLA_FLAGS": ""}, []),
    "the same flag": ({"XLA_FLAGS": (other := "--xla_cpu_experimental_ynn_fusion_type=")}, [other]),
    "another flag": ({"XLA_FLAGS": "--xla_dump_to=x"}, ["--xla_dump_to=x", startup.WHOLE_SUMS]),
}
START = """
import json, os, sys
from aelab.devices import startup
for given in json.loads(sys.argv[1]):
    os.environ.pop("XLA_FLAGS", None), os.environ.pop("AELAB_XLA_FLAGS", None)
    os.environ.update(given)
    startup.start()
    print(os.environ["XLA_FLAGS"])
"""


def test_the_flag_for_whole_sums_yields_to_the_users():
    """In a process of its own, in which JAX never looks for devices: here it has."""
    given, expected = zip(*FLAGS.values(), strict=True)
    command = [sys.executable, "-c", START, json.dumps(given)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert [line.split() for line in done.stdout.splitlines()] == list(expected)


def test_flags_that_would_come_too_late_are_not_claimed():
    jax.local_devices()
    before = os.environ.get("XLA_FLAGS")
    startup.start()
    assert os.environ.get("XLA_FLAGS") == before
    if len(os.sched_getaffinity(0)) > 1:
        with pytest.raises(ConfigError, match="--deterministic: JAX has started"):
            startup.start(one_core=True)


ONE_CORE = """
import os, sys
from aelab.devices import startup
startup.CORE_SOCKET = sys.argv[1]
startup.start(one_core=True)
print(*os.sched_getaffinity(0), flush=True)
sys.stdin.read()
"""


@pytest.mark.skipif(sys.platform != "linux", reason="processes are kept on cores, and told apart, on Linux")
@pytest.mark.ci
def test_processes_on_one_core_each_do_not_share_it():
    here, pipe = os.sched_getaffinity(0), subprocess.PIPE
    start = partial(
        subprocess.Popen, [sys.executable, "-c", ONE_CORE, f"test {os.getpid()}"], stdin=pipe, stdout=pipe, text=True
    )
    processes = [start() for _ in range(len(here) + 1)]
    taken = [int(process.stdout.readline()) for process in processes]
    for process in processes:
        process.communicate()
    assert set(taken) == here
    with start() as after:  # a core is free again once its process has ended
        assert int(after.stdout.readline()) == min(here)
        after.communicate()
