"""aelab in the race of sparse dictionaries: all of them are members of one population.

python -m experiments.bench.dictionary_turns WORKLOAD
"""

from typing import Any

from experiments import sparse
from experiments.bench.ours import turns
from experiments.bench.peers import protocol


def main() -> None:
    from aelab import data
    from aelab.devices import startup
    from experiments.common import timing

    work = protocol.workload()
    startup.start(startup.cores())
    sizes = {"latent_dim": work["units"], "k": work["k"], "batch_size": work["batch"]}
    shared: dict[str, Any] = {"data": f"npy:{work['data']}", "validation": 0.0, "dictionary": "topk", **sizes}
    configs = [sparse.Config(**shared, seed=seed) for seed in range(work["members"])]
    splits = data.load(configs[0])
    training = timing.PopulationTraining(configs, sparse.build(configs[0], splits.spec), splits)
    protocol.serve(turns(training.train, work["steps"], work["steps"]))


if __name__ == "__main__":
    main()
