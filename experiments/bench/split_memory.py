"""What a device needs to train a Transformer whose parameters are split over devices, as the compiler says.

python -m experiments.bench.split_memory --width 768 --depth 7

The step is compiled for virtual CPU devices, and not run.
"""

import dataclasses
import json
from dataclasses import dataclass
from typing import Any

from aelab.config import Count
from aelab.runner import launch


@dataclass(frozen=True)
class Config:
    """A plain autoencoder, trained by Adam."""

    data: str = "fashion_small"  # the set
    width: Count = 768  # of the Transformer
    depth: Count = 7  # blocks of the encoder, and of the decoder
    patch: Count = 4  # pixels along each side of one
    batch_size: Count = 128  # examples of a step, over all devices
    devices: tuple[int, ...] = (1, 2, 4, 8)  # over how many
    model_parallel: Count = 1  # of them, how many divide the layers of the same rows among them
    json: bool = False  # print the result as one line of JSON


def measure(config: Config, devices: int) -> dict[str, Any]:
    """Numbers of the model, and bytes of each device: arguments and temporaries of a program of two steps."""
    import jax

    from aelab import data
    from aelab.devices import programs
    from aelab.devices.layout import Layout
    from aelab.training.recipe import make_recipe
    from aelab.training.trainer import Trainer
    from experiments import autoencoder

    shape: dict[str, Any] = {
        "width": config.width,
        "depth": config.depth,
        "patch": config.patch,
        "batch_size": config.batch_size,
    }
    own = autoencoder.Config(data=config.data, net="transformer", remat=True, shard_parameters=True, **shape)
    own = dataclasses.replace(own, model_parallel=config.model_parallel if devices > 1 else 1)
    splits, chosen = data.load(own), jax.devices()[:devices]
    trainer = Trainer(own, make_recipe(own, autoencoder.build(own, splits.spec), splits, "jit", chosen))
    program = trainer.recipe.program
    layout = program.layout or Layout(programs.mesh_of(chosen))
    state, resident, _, keys, hyper = trainer.shapes()
    state = jax.tree.map(
        lambda leaf: jax.ShapeDtypeStruct(leaf.shape, leaf.dtype, sharding=layout.sharding(leaf)), state
    )
    args = (state, program.place(resident), trainer.read(0, 2), program.place(keys), program.place(hyper))
    compiled: Any = program.run
    found = compiled.lower(*args).compile().memory_analysis()
    sizes = {"arguments": found.argument_size_in_bytes, "temporaries": found.temp_size_in_bytes}
    return {"parameters": sum(leaf.size for leaf in jax.tree.leaves(state.params)), **sizes}


def run(name: str, config: Config) -> None:
    """Compile for every number of devices, and print what a device needs."""
    from aelab.devices import startup
    from aelab.report import tables

    startup.start(max(config.devices))
    rows, first = [], 0
    for devices in config.devices:
        found = measure(config, devices)
        whole = found["arguments"] + found["temporaries"]
        first = first or whole * devices
        rows.append({"devices": devices, **found, "times_devices": whole * devices / first})
        print(rows[-1], flush=True)
    names = ("devices", "MiB of arguments", "of temporaries", "of both", "times devices, over the first row")
    mebibytes = [[row["arguments"] / 2**20, row["temporaries"] / 2**20] for row in rows]
    lines = [
        (row["devices"], *(f"{size:,.0f}" for size in (*sizes, sum(sizes))), f"{row['times_devices']:.2f}")
        for row, sizes in zip(rows, mebibytes, strict=True)
    ]
    print(json.dumps(rows) if config.json else tables.markdown(names, lines))


if __name__ == "__main__":
    raise SystemExit(launch.command(Config, run))
