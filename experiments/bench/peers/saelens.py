"""SAELens in a race: TopK dictionaries, trained one after the other by its own trainer, as it comes.

python saelens.py WORKLOAD

WORKLOAD is JSON: `data` (an .npy of float32 vectors), `members`, `units`, `k`, `batch`, and the `steps` of each member
in a turn.
"""

import logging
from collections.abc import Iterator

import numpy as np
import protocol
import torch
from sae_lens import __version__
from sae_lens.config import LoggingConfig, SAETrainerConfig
from sae_lens.saes.topk_sae import TopKTrainingSAE, TopKTrainingSAEConfig
from sae_lens.training.sae_trainer import SAETrainer


def batches(vectors: torch.Tensor, batch: int) -> Iterator[torch.Tensor]:
    """Batches in a new order in each pass, without end."""
    while True:
        for rows in torch.randperm(len(vectors)).split(batch):
            if len(rows) == batch:
                yield vectors[rows]


def trainer(vectors: torch.Tensor, work: dict, seed: int) -> SAETrainer:
    """One dictionary, and what trains it."""
    torch.manual_seed(seed)
    config = TopKTrainingSAEConfig(d_in=vectors.shape[1], d_sae=work["units"], k=work["k"])
    training = SAETrainerConfig(
        total_training_samples=2**40,
        train_batch_size_samples=work["batch"],
        lr_end=0.0,  # of no use to the constant rate that it has as it comes, but asked for
        logger=LoggingConfig(log_to_wandb=False),
    )
    return SAETrainer(training, TopKTrainingSAE(config), batches(vectors, work["batch"]))


def main() -> None:
    logging.disable(logging.WARNING)
    work = protocol.workload()
    vectors = torch.tensor(np.load(work["data"]))
    trainers = [trainer(vectors, work, seed) for seed in range(work["members"])]

    def turn() -> None:
        for each in trainers:
            for _ in range(work["steps"]):
                each.maybe_reset_sparsity()
                each.step(next(each.data_provider))
                each.n_training_steps += 1

    protocol.serve(turn, version=__version__, threads=torch.get_num_threads())


if __name__ == "__main__":
    main()
