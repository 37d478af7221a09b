"""aelab as a contender: the training of ordinary runs, without folder, validation and checkpoints.

python -m experiments.bench.ours WORKLOAD           a run, or the members of a sweep together
python -m experiments.bench.ours WORKLOAD calls     a run, one step in each call of the compiled program
python -m experiments.bench.ours WORKLOAD apart     the members of a sweep, one after the other
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from experiments import autoencoder, vae
from experiments.bench.peers import protocol

SIZES: dict[str, dict[str, Any]] = {
    "mlp": {"widths": (400,), "activation": "relu"},
    "conv": {"channels": (32, 64), "kernel": 3, "activation": "relu"},
    "lstm": {"width": 128},
    "transformer": {"width": 128, "depth": 2, "heads": 4, "patch": 4},
}
LONGEST = 100  # steps of a chunk


def config(work: dict) -> Any:
    """The config of a workload: all images of the set, in batches, Adam."""
    noise = {"corruption": "gaussian", "noise": work["noise"]} if work["noise"] else {}
    settings = {
        name: work[name]
        for name in ("parallel", "devices", "accumulate", "virtual_shards", "objective")
        if name in work
    }
    training = {"batch_size": work["batch"]} if "batch" in work else {}
    if work.get("objective") == "iwae":
        training["samples"] = work["samples"]
    return script(work).Config(
        data=f"npy:{work['data']}",
        validation=0.0,
        net=work["net"],
        latent_dim=work["latent"],
        **{**SIZES[work["net"]], **sizes(**work.get("sizes", {}))},
        **training,
        **noise,
        **settings,
    )


def sizes(hidden: int = 0, channels: tuple[int, ...] = ()) -> dict[str, Any]:
    """The fields of what a row says of sizes."""
    return ({"widths": (hidden,)} if hidden else {}) | ({"channels": tuple(channels)} if channels else {})


def script(work: dict) -> Any:
    return vae if work["variational"] else autoencoder


def prepare(work: dict) -> tuple[Any, Any, Any]:
    """Config, experiment and splits of a workload. Virtual devices and parts are for a CPU alone."""
    import jax

    from aelab import data
    from aelab.devices import startup
    from aelab.runner import batch_parts

    made = config(work)
    startup.start(batch_parts.devices_to_show(made))
    if jax.default_backend() != "cpu":
        made = replace(made, devices=0, parallel="auto", accumulate=1)
    splits = data.load(made)
    return made, script(work).build(made, splits.spec), splits


def matmuls_of_training(experiment: Any, batch: int, shape: tuple[int, ...]) -> float:
    """Floating-point operations an example of forward and backward pass, matrix products alone."""
    import jax
    import jax.numpy as jnp

    from aelab.batch import Batch, Hyper
    from aelab.seeds import key_shape
    from experiments.bench.flops import matmul_flops

    def loss(params, key, x):
        index = jnp.arange(batch, dtype=jnp.int32)
        own = experiment.objective(experiment.model, params, key, Batch(x, x, index=index), step=0, hyper=Hyper())
        return own.value.mean()

    x = jax.ShapeDtypeStruct((batch, *shape), jnp.float32)
    params = jax.eval_shape(experiment.model.init, key_shape(), x)
    return matmul_flops(jax.grad(loss), params, key_shape(), x) / batch


def device() -> dict[str, str]:
    """Where the arrays of this process are."""
    import jax

    return {"platform": jax.default_backend(), "device": jax.devices()[0].device_kind}


def turns(train: Callable, steps: int, longest: int) -> Callable[[], None]:
    """What trains the next `steps` steps when called, in equal chunks of at most `longest`."""
    length, at = max(n for n in range(1, longest + 1) if steps % n == 0), 0

    def turn() -> None:
        nonlocal at
        train([(at + i, length) for i in range(0, steps, length)])
        at += steps

    return turn


def main() -> None:
    from experiments.common import timing

    work, way = protocol.workload(), protocol.way()
    made, experiment, splits = prepare(work)
    members = work.get("members", 1)
    if members > 1 and way != "apart":
        configs = [replace(made, seed=seed) for seed in range(members)]
        turn = turns(timing.PopulationTraining(configs, experiment, splits).train, work["steps"], LONGEST)
    else:  # members in turn are one program called so many times more often
        training = timing.BareTraining(made, experiment, splits)
        turn = turns(training.train, members * work["steps"], 1 if way == "calls" else LONGEST)
    flop = matmuls_of_training(experiment, work["batch"], splits.spec.shape)
    protocol.serve(turn, flop_per_example=flop, **device())


if __name__ == "__main__":
    main()
