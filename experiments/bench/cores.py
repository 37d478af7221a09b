"""Which operations give other bits on one core than on two: each is compiled alone, in a process for each count.

python -m experiments.bench.cores
"""

import hashlib
import json
import os
import subprocess
import sys


def digests() -> dict[str, str]:
    """sha256 of what each operation gives for fixed inputs, by its name."""
    import jax
    import jax.numpy as jnp
    import numpy as np

    rng, found = np.random.default_rng(0), {}

    def run(name, function, *shapes):
        inputs = [jnp.asarray(rng.normal(size=shape), jnp.float32) for shape in shapes]
        found[name] = hashlib.sha256(np.asarray(jax.jit(function)(*inputs)).tobytes()).hexdigest()

    for m, k, n in [(128, 784, 500), (784, 128, 500), (128, 64, 16), (27, 6400, 32), (9, 100_352, 32)]:
        run(f"dot [{m},{k}] [{k},{n}]", jnp.matmul, (m, k), (k, n))
        run(f"dot [{k},{m}]T [{k},{n}]", lambda a, b: jnp.einsum("km,kn->mn", a, b), (k, m), (k, n))
    for shape in [(128, 784), (128, 64), (512, 256), (128, 28, 28, 32), (1_000_000,)]:
        run(f"reduce all {shape}", jnp.sum, shape)
        run(f"reduce first axis {shape}", lambda x: x.sum(0), shape)
        run(f"reduce last axis {shape}", lambda x: x.sum(-1), shape)
        run(f"exp, reduce last axis {shape}", lambda x: jnp.exp(x).sum(-1), shape)
    return found


def main() -> None:
    """Print the operations whose bits differ."""
    if len(sys.argv) > 1:
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: int(sys.argv[1])])
        return print(json.dumps(digests()))
    command = [sys.executable, "-m", "experiments.bench.cores"]
    one, two = (json.loads(subprocess.run([*command, n], capture_output=True, check=True).stdout) for n in "12")
    differing = [name for name in one if one[name] != two[name]]
    print("\n".join([*differing, f"{len(differing)} of {len(one)} operations differ"]))


if __name__ == "__main__":
    main()
