"""Quantised autoencoder: a code of entries out of a book (VQ-VAE; van den Oord et al. 2017, arXiv:1711.00937).

python -m experiments.vq --data fashion_small --net conv --latent-grid --codes 512 --seed 0

`--latent-grid` of the convolutional net has a code at each place of its last grid. Any other net gives one vector,
which is cut into `--tokens` vectors with a code each. The prior p(z) takes all codes for alike, so the rate is log K
nats for each code, and samples are of random codes.
"""

from dataclasses import dataclass

from aelab.config import Corrupted as Shared
from aelab.config import QuantisedOptions, automatic
from aelab.data.source import Spec
from aelab.runner import launch


@dataclass(frozen=True)
class Config(QuantisedOptions, Shared):
    """An autoencoder whose code has finitely many values."""


def build(config: Config, spec: Spec):
    from aelab import corruptions, latents, likelihoods, nets, priors  # here, so that --help needs no jax
    from aelab.evaluation import code_use
    from aelab.evaluation.unexplained import UNEXPLAINED
    from aelab.experiment import Experiment, optimizer
    from aelab.model import Autoencoder

    likelihood = likelihoods.chosen(config, spec)
    outputs = likelihoods.event_outputs(likelihood, spec.shape)
    encoder, decoder = nets.menu[config.net](config, spec.shape, outputs)
    if isinstance(likelihood, likelihoods.Counts):
        encoder = nets.Logged(encoder, likelihood.levels - 1)
    on_grid = config.net == "conv" and config.latent_grid
    head = latents.Gumbel if config.quantiser == "gumbel" else latents.Quantised
    posterior = head(book(config), 0 if on_grid else config.tokens)
    prior = priors.UniformCodes(latents.code_shape(encoder, posterior, spec.shape, "indices"))
    if spec.condition:
        encoder, decoder = nets.conditioned(encoder, decoder, spec.shape)
    return Experiment(
        model=Autoencoder(
            encoder=encoder,
            posterior=posterior,
            prior=prior,
            decoder=decoder,
            likelihood=likelihood,
            precision=config.precision,
            remat=config.remat,
        ),
        objective=objective(config, spec),
        optimizer=optimizer(config),
        corruption=corruptions.choose(config, spec.values, spec.shape),
        scores=(*code_use.SCORES, UNEXPLAINED),
        after_validation=code_use.after_validation,
    )


def book(config: Config):
    """What vectors are quantised by."""
    from aelab import latents
    from aelab.errors import ConfigError

    if config.quantiser == "fsq":
        return latents.FiniteScalar(config.scalar_levels)
    if config.quantiser in ("lfq", "bsq"):
        bits = config.codes.bit_length() - 1
        if 2**bits != config.codes:
            raise ConfigError(
                f"--codes: {config.quantiser} has a power of two of them, as {2**bits}; got {config.codes}"
            )
        return latents.Binary(bits, spherical=config.quantiser == "bsq")
    depth = config.residual_levels if config.quantiser == "residual" else 1
    return latents.Codebook(
        config.codes, config.latent_dim, depth, cosine=config.quantiser == "cosine", scale=config.codebook_scale
    )


def objective(config: Config, spec: Spec):
    """What trains such a code: a grid of levels needs nothing but the distortion."""
    from aelab import objectives

    if config.quantiser == "fsq":
        return objectives.reconstruction
    if config.quantiser == "gumbel":
        return objectives.gumbel_softmax
    if config.quantiser in ("lfq", "bsq"):
        return objectives.Objective(objectives.code_entropy, across=True)
    if config.codebook == "gradient":
        return objectives.quantised
    size = automatic.batch_size(config, spec.examples)
    return objectives.moving_codebook(config.codes, size, cosine=config.quantiser == "cosine")


if __name__ == "__main__":
    raise SystemExit(launch.main(Config, build))
