"""What many devices would gain: a projection from the bytes that a step sends and from published bandwidths.

python -m experiments.bench.scaling

Nothing is measured here. The bytes are those of the all-reduce in the program that XLA is given for eight devices, and
the work is that of its matrix products. A device is taken to reach a share of its published rate, and to wait for the
all-reduce when its own rows are done. Latency, reading data and everything but matrix products are left out.
"""

import json
import math
import re
from dataclasses import dataclass
from typing import Any, NamedTuple

from aelab.config import Count, Share
from aelab.runner import launch
from experiments.bench.shards import NETS

LARGE = {"width": 768, "depth": 7, "patch": 4}  # a Transformer of 102 million parameters
DEVICES = 8  # for which the program is made


class Machine(NamedTuple):
    """Devices that are alike, as their makers describe them."""

    devices: int
    rate: float  # operations a second of each in bfloat16
    bandwidth: float  # bytes a second that each sends while it receives as many


# https://www.nvidia.com/en-us/data-center/h100/ has the rate with sparsity, which is twice this, and both directions;
# https://docs.cloud.google.com/tpu/docs/v5e has both directions too.
MACHINES = {"8 × H100": Machine(8, 989e12, 450e9), "256 × TPU v5e": Machine(256, 197e12, 200e9)}


@dataclass(frozen=True)
class Config:
    """Nets of the page about virtual shards, and a large one."""

    data: str = "fashion_small"  # the set, for the shape of its events
    rows: Count = 1024  # examples of a step on each device
    utilisation: Share = 0.4  # share of the published rate that a device reaches
    json: bool = False  # print the result as one line of JSON


def step_of(net: str, shape: dict[str, Any], config: Config) -> dict[str, float]:
    """Bytes of the all-reduce of a step, and operations of one device."""
    import jax

    from aelab import data
    from aelab.training.recipe import make_recipe
    from aelab.training.trainer import Trainer
    from experiments import vae
    from experiments.bench.flops import matmul_flops

    def trainer(devices: int, rows: int, mode: Any) -> Trainer:
        own = vae.Config(data=config.data, net=net, batch_size=rows, **shape)
        splits = data.load(own)
        recipe = make_recipe(own, vae.build(own, splits.spec), splits, mode, jax.devices()[:devices])
        return Trainer(own, recipe)

    several = trainer(DEVICES, 8 * DEVICES, "shard_map")
    program: Any = several.recipe.program.run
    one = trainer(1, config.rows, "single")
    work = matmul_flops(one.recipe.chunk_for(None), *one.shapes())
    return {"bytes": sent(program.lower(*several.shapes()).as_text()), "operations": work}


def sent(text: str) -> int:
    """Bytes of the one all-reduce in a program as JAX writes it.

    Raises:
        ValueError: there is not one.
    """
    (said,) = re.findall(r'"stablehlo\.all_reduce".*?\) : \(tensor<(\d+)xf32>\)', text, re.DOTALL)
    return 4 * int(said)


def project(step: dict[str, float], machine: Machine, utilisation: float) -> tuple[float, float]:
    """Seconds in which a device computes its rows, and in which all of them add up their gradients in a ring."""
    turns = 2 * (machine.devices - 1) / machine.devices
    return step["operations"] / (utilisation * machine.rate), turns * step["bytes"] / machine.bandwidth


def run(name: str, config: Config) -> None:
    """Project every net onto every machine, and print the table."""
    from aelab.devices import startup
    from aelab.report import tables

    startup.start(DEVICES)
    nets = {net: (net, shape) for net, shape in NETS.items()} | {"transformer, large": ("transformer", LARGE)}
    found = {name: step_of(net, shape, config) for name, (net, shape) in nets.items()}
    rows = []
    for label, step in found.items():
        cells = [label, f"{step['bytes'] / 1e6:,.1f}", f"{step['operations'] / 1e9:,.0f}"]
        for machine in MACHINES.values():
            compute, wait = project(step, machine, config.utilisation)
            cells += [f"{1e6 * compute:,.0f} + {1e6 * wait:,.0f}", f"{math.floor(100 * compute / (compute + wait))} %"]
        rows.append(cells)
    head = [word for machine in MACHINES for word in (f"{machine}, µs", "kept")]
    print(json.dumps(found) if config.json else tables.markdown(("net", "MB sent", "GFLOP", *head), rows))


if __name__ == "__main__":
    raise SystemExit(launch.command(Config, run))
