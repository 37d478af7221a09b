"""Masked autoencoder (He et al. 2021, arXiv:2111.06377): rebuild the patches that are hidden from those that are not.

python -m experiments.mae --data fashion_small --patch 4 --masked 0.75 --seed 0

The encoder reads the visible patches alone, and so costs as much less as there are fewer of them. The code has
`--latent-dim` numbers at each patch. Where nothing is hidden, as in scores of whole events and in `aelab apply`, the
encoder reads all patches.
"""

from dataclasses import dataclass
from typing import Any, Literal

from aelab.config import Config as Shared
from aelab.config import Layers, Share, Size
from aelab.data.source import Spec
from aelab.runner import launch


@dataclass(frozen=True)
class Config(Shared):
    """A Transformer over patches and a smaller one behind it."""

    net: Literal["transformer"] = "transformer"  # architecture of the encoder and the decoder
    corruption: Literal["patches"] = "patches"  # of the inputs, in training and validation
    masked: Share = 0.75  # share of the patches that is hidden, the same number in every event
    rebuild: Literal["hidden", "all"] = "hidden"  # patches whose distortion counts
    decoder_width: Size = 64  # of the decoder's tokens
    decoder_depth: Layers = 1  # blocks of the decoder


def build(config: Config, spec: Spec):
    import math

    from aelab import latents, likelihoods, nets  # here, so that --help needs no jax
    from aelab.corruptions import visible
    from aelab.experiment import Experiment, Score, optimizer
    from aelab.model import Autoencoder

    likelihood = likelihoods.chosen(config, spec)
    outputs = likelihoods.event_outputs(likelihood, spec.shape)
    encoder, decoder = nets.masked.build(config, spec.shape, outputs)

    def model(encoder):
        shown = nets.conditioned(encoder, decoder, spec.shape) if spec.condition else (encoder, decoder)
        return Autoencoder(
            encoder=shown[0],
            posterior=latents.Point(config.latent_dim),
            decoder=shown[1],
            likelihood=likelihood,
            precision=config.precision,
            remat=config.remat,
        )

    few = model(encoder.clone(most=visible(config.masked, math.prod(encoder.patches.grid))))
    hide = hiding(config, encoder.patches)
    error = Score("hidden_error", "per entry", "lower", "mean of (x − x̂)² over patches that are hidden", off(few, hide))
    return Experiment(
        model=model(encoder),
        objective=rebuilding(few),
        optimizer=optimizer(config),
        corruption=lambda key, batch, hyper: hide(key, batch),
        scores=(error,),
    )


def rebuilding(few):
    """The loss of a model, computed by `few`: the same model, whose encoder gathers the patches that it reads."""
    from aelab import objectives

    def loss(model, params, key, batch, **now):
        return objectives.reconstruction(few, params, key, batch, **now)

    return loss


def hiding(config: Config, cut):
    """`(key, batch) -> batch` with patches hidden; these alone count, unless `--rebuild all`."""
    import jax

    from aelab import corruptions
    from aelab.distributions import existing

    def hide(key, batch):
        bits, own = jax.random.split(key)
        batch = corruptions.binarisation(bits, batch) if config.binarize else batch
        spoilt = corruptions.patches(own, batch, config.masked, cut)
        hidden: Any = spoilt.hidden
        return spoilt._replace(counted=existing(hidden, batch.entries)) if config.rebuild == "hidden" else spoilt

    return hide


def off(few, hide):
    """The mean squared error of each event over the entries of its hidden patches."""
    import jax.numpy as jnp

    from aelab.distributions import existing, sum_event

    def of_each(model, params, key, batch):
        spoilt = hide(key, batch)
        z = few.encode(params, spoilt.inputs, **spoilt.beside_inputs).mode
        squared = jnp.square(spoilt.targets - few.decode(params, z, **spoilt.beside_code).mean)
        hidden = existing(spoilt.hidden, batch.entries)
        return sum_event(squared, hidden) / jnp.maximum(sum_event(jnp.ones_like(squared), hidden), 1)

    return of_each


if __name__ == "__main__":
    raise SystemExit(launch.main(Config, build))
