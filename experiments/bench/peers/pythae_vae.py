"""Pythae's VAE, trained by its own trainer, an epoch a turn; `python pythae_vae.py WORKLOAD nll` times `get_nll`."""

import importlib.metadata
import logging
import tempfile

import numpy as np
import protocol
import pythae.trainers.base_trainer.base_trainer as base
import torch
from pythae.data.datasets import BaseDataset
from pythae.models import IWAE, VAE, IWAEConfig, VAEConfig
from pythae.models.base.base_utils import ModelOutput
from pythae.models.nn import BaseDecoder, BaseEncoder
from pythae.trainers import BaseTrainer, BaseTrainerConfig
from pytorch import NETS
from torch import nn


class Encoder(BaseEncoder):
    def __init__(self, body: nn.Module):
        super().__init__()
        self.body = body

    def forward(self, x):
        mean, logvar = self.body(x).chunk(2, 1)
        return ModelOutput(embedding=mean, log_covariance=logvar)


class Decoder(BaseDecoder):
    def __init__(self, body: nn.Module):
        super().__init__()
        self.body = body

    def forward(self, z):
        return ModelOutput(reconstruction=torch.sigmoid(self.body(z)).view(-1, 1, 28, 28))


def model_of(work: dict) -> VAE:
    """The VAE of a workload, or the importance-weighted one."""
    body = NETS[work["net"]](work["latent"], 2 * work["latent"])
    parts = Encoder(body.encoder), Decoder(body.decoder)
    sizes = {"input_dim": (1, 28, 28), "latent_dim": work["latent"], "reconstruction_loss": "bce"}
    if work.get("objective") == "iwae":
        return IWAE(IWAEConfig(**sizes, number_samples=work["samples"]), *parts)
    return VAE(VAEConfig(**sizes), *parts)


def main() -> None:
    work, scoring = protocol.workload(), protocol.way() == "nll"
    base.logger.setLevel(logging.WARNING)
    count = work["images"] if scoring else work["steps"] * work["batch"]
    data = torch.from_numpy(np.load(work["data"])[:count].reshape(-1, 1, 28, 28)).float() / 255
    model, facts = model_of(work), {"version": f"Pythae {importlib.metadata.version('pythae')}", "platform": "cpu"}
    if scoring:

        def turn():
            with torch.no_grad():
                return model.get_nll(data, n_samples=work["samples"], batch_size=work["block"])

        return protocol.serve(turn, examples=count, **facts)
    settings = {"per_device_train_batch_size": work["batch"], "learning_rate": 1e-3, "no_cuda": True}
    settings |= {"optimizer_cls": "Adam", "output_dir": tempfile.mkdtemp()}
    trainer = BaseTrainer(
        model, BaseDataset(data, torch.zeros(len(data))), training_config=BaseTrainerConfig(**settings)
    )
    trainer.prepare_training()
    trainer.callback_handler.callbacks = []  # no progress bars
    epoch = iter(range(1, 1 << 30))
    protocol.serve(lambda: trainer.train_step(next(epoch)), **facts)


if __name__ == "__main__":
    main()
