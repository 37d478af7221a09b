"""A script of our own: a VAE with two stochastic layers, q(z2|x) q(z1|z2, x) and p(z2) p(z1|z2).

The ladder of Sønderby et al. 2016 (arXiv:1602.02282) in its simplest form. With `--widths` empty all its means are
affine in what they depend on, so every bound is known in closed form.
"""

from dataclasses import dataclass
from typing import Literal

import flax.linen as nn
import jax.numpy as jnp

from aelab import latents, likelihoods, nets, objectives, priors
from aelab.config import Config as Shared
from aelab.config import NonNegative, Size
from aelab.data.source import Spec
from aelab.distributions import Normal, TopDown, given
from aelab.experiment import Experiment, optimizer
from aelab.model import Autoencoder
from aelab.takes import takes


@dataclass(frozen=True)
class Config(Shared):
    """Two layers of codes."""

    net: Literal["mlp"] = "mlp"  # of the encoder and of the decoder
    latent_dim: Size = 3  # numbers in z1, next to the event
    upper_dim: Size = 2  # numbers in z2
    beta: NonNegative = 1.0  # weight of the rate
    importance_samples: int = 2  # k of the bound L_k

    @property
    def code_label(self) -> str:
        return f"z{self.latent_dim}.{self.upper_dim}"


class Lower(nn.Module):
    """q(z1|z2, x): a normal whose mean and log variance are affine in z2 and in the features of x."""

    latent_dim: int

    @nn.compact
    def __call__(self, above, features) -> Normal:
        q: Normal = latents.Gaussian(self.latent_dim)(jnp.concatenate([above, features], -1))
        return q


class Posterior(nn.Module):
    """q(z2|x) q(z1|z2, x)."""

    dims: tuple[int, int]

    def setup(self):
        self.lower, self.upper = Lower(self.dims[0]), latents.Gaussian(self.dims[1])

    def __call__(self, features) -> TopDown:
        top = self.upper(features)
        return TopDown((given(self.lower, top.mode, features),), top)


class Prior(nn.Module):
    """p(z2) p(z1|z2), with p(z2) = N(0, I) and the other one learned."""

    dims: tuple[int, int]

    def setup(self):
        self.lower = latents.Gaussian(self.dims[0])

    def __call__(self) -> TopDown:
        top = priors.standard_normal(self.dims[1])
        return TopDown((given(self.lower, top.mode[None]),), top)


class Decoder(nn.Module):
    """p(x|z1, z2) from a net that is fed the flat code."""

    net: nn.Module

    @property
    def takes(self) -> tuple[str, ...]:
        return takes(self.net)

    def __call__(self, z, **context):
        return self.net(latents.flat(z), **context)


def build(config: Config, spec: Spec) -> Experiment:
    likelihood = likelihoods.choose(config.likelihood, spec.values, sigma=config.sigma, levels=spec.levels)
    outputs = likelihoods.event_outputs(likelihood, spec.shape)
    encoder, decoder = nets.menu[config.net](config, spec.shape, outputs)
    dims = (config.latent_dim, config.upper_dim)
    return Experiment(
        model=Autoencoder(
            encoder=encoder,
            posterior=Posterior(dims),
            prior=Prior(dims),
            decoder=Decoder(decoder),
            likelihood=likelihood,
            precision=config.precision,
            remat=config.remat,
        ),
        objective=objectives.elbo,
        optimizer=optimizer(config),
    )
