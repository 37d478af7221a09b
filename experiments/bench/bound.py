"""aelab as a contender: the importance-weighted bound of test images, as runs are scored by it.

python -m experiments.bench.bound WORKLOAD
"""

from functools import partial
from typing import Any

from experiments.bench.ours import device, prepare
from experiments.bench.peers import protocol


def matmuls_of_scoring(model: Any, params: Any, batch: int, shape: tuple[int, ...], samples: int) -> float:
    """Floating-point operations an example of the bound with `samples` draws, matrix products alone."""
    import jax
    import jax.numpy as jnp

    from aelab.batch import Batch
    from aelab.evaluation.bounds import importance_bound
    from aelab.seeds import key_shape
    from experiments.bench.flops import matmul_flops

    def score(params, key, x):
        return importance_bound(model, params, key, Batch(x, x, index=jnp.arange(batch)), samples)

    x = jax.ShapeDtypeStruct((batch, *shape), jnp.float32)
    return matmul_flops(score, params, key_shape(), x) / batch


def main() -> None:
    import jax.numpy as jnp
    import numpy as np

    from aelab.data.arrays import ArraySource
    from aelab.evaluation.bounds import held_out_bound
    from aelab.seeds import base_key

    work = protocol.workload()
    _, experiment, splits = prepare(work)
    count, samples, shape = work["images"], work["samples"], splits.spec.shape
    some = ArraySource(splits.test.get_batch(np.arange(count))["x"], None, splits.spec)
    params = experiment.model.init(base_key(0), jnp.zeros((1, *shape)))
    flop = matmuls_of_scoring(experiment.model, params, count, shape, samples)
    turn = partial(held_out_bound, experiment.model, params, base_key(1), some, samples)
    protocol.serve(turn, flop_per_example=flop, examples=count, **device())


if __name__ == "__main__":
    main()
