"""aelab as a contender: the training of an ordinary run, without folder, validation and checkpoints.

python -m experiments.bench.ours WORKLOAD
"""

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
    script = vae if work["variational"] else autoencoder
    noise = {"corruption": "gaussian", "noise": work["noise"]} if work["noise"] else {}
    settings = {name: work[name] for name in ("net", "parallel", "devices", "objective", "samples") if name in work}
    return script.Config(
        data=f"npy:{work['data']}",
        validation=0.0,
        latent_dim=work["latent"],
        batch_size=work["batch"],
        **SIZES[work["net"]],
        **noise,
        **settings,
    )


def flop_per_example(experiment: Any, batch: int, shape: tuple[int, ...]) -> float:
    """Of forward and backward pass, matrix products alone."""
    import jax
    import jax.numpy as jnp

    from aelab.batch import Batch, Hyper
    from experiments.bench.flops import matmul_flops

    def loss(params, key, x):
        index = jnp.arange(batch, dtype=jnp.int32)
        own = experiment.objective(experiment.model, params, key, Batch(x, x, index=index), step=0, hyper=Hyper())
        return own.value.mean()

    x = jax.ShapeDtypeStruct((batch, *shape), jnp.float32)
    params = jax.eval_shape(experiment.model.init, jax.random.key(0), x)
    return matmul_flops(jax.grad(loss), params, jax.random.key(0), x) / batch


def main() -> None:
    from aelab import data, parallel, speed

    work = protocol.workload()
    own = config(work)
    parallel.start(own.devices)
    splits = data.load(own)
    script = vae if work["variational"] else autoencoder
    experiment = script.build(own, splits.spec)
    sprint, at = speed.Sprint(own, experiment, splits), 0
    length = max(n for n in range(1, LONGEST + 1) if work["steps"] % n == 0)

    def turn() -> None:
        nonlocal at
        sprint.train([(at + i, length) for i in range(0, work["steps"], length)])
        at += work["steps"]

    protocol.serve(
        turn,
        parameters=sprint.parameters,
        flop_per_example=flop_per_example(experiment, work["batch"], splits.spec.shape),
    )


if __name__ == "__main__":
    main()
