"""Pythae's VAE, trained by its own trainer, an epoch a turn; `python pythae_vae.py WORKLOAD nll` times `get_nll`."""

import logging
import sys
import tempfile

import numpy as np
import protocol
import pythae.trainers.base_trainer.base_trainer as base
import torch
from pythae.data.datasets import BaseDataset
from pythae.models import VAE, VAEConfig
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


def main() -> None:
    work = protocol.workload()
    base.logger.setLevel(logging.WARNING)
    images = np.load(work["data"])[: work["steps"] * work["batch"]].reshape(-1, 1, 28, 28)
    data = torch.from_numpy(images).float() / 255
    body = NETS[work["net"]](work["latent"], 2 * work["latent"])
    config = VAEConfig(input_dim=(1, 28, 28), latent_dim=work["latent"], reconstruction_loss="bce")
    model = VAE(config, Encoder(body.encoder), Decoder(body.decoder))
    facts = {"parameters": sum(p.numel() for p in model.parameters()), "version": "0.1.2"}
    if sys.argv[2:] == ["nll"]:
        some = data[: work["images"]]

        def turn():
            with torch.no_grad():
                return model.get_nll(some, n_samples=work["samples"], batch_size=work["block"])

        return protocol.serve(turn, **facts)
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
