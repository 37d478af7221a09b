"""Conditional VAE: what is hidden of an event, given what is seen (Sohn et al. 2015, NIPS, sections 4 and 5.1).

python -m experiments.cvae --data fashion_small --baseline RUN --noise 0.75 --seed 0

The recognition net sees the whole event. The condition, which the prior net sees, is the visible part with the guess of
a finished autoencoder in the hole (`--baseline`, a run trained on the same holes; its parameters stay as they are). The
decoder sees the code alone. Only hidden entries count.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from aelab.config import Corrupted as Shared
from aelab.config import ElboOptions, Natural, NonNegative
from aelab.data.source import Spec
from aelab.errors import ConfigError
from aelab.runner import launch


@dataclass(frozen=True)
class Config(ElboOptions, Shared):
    """A VAE whose prior is a net of its own."""

    baseline: str = ""  # run folder of the autoencoder that guesses; without one, the hole stays as it is
    corruption: Literal["masking", "occlusion", "halves", "quadrants", "fixed_quadrants"] = (
        "fixed_quadrants"  # the hole
    )
    noise: NonNegative = 0.75  # strength of the corruption: the share that is taken away
    rebuild: Literal["hidden"] = "hidden"  # entries whose distortion is minimised
    importance_samples: Natural = 100  # k of the bound L_k scored on the test set; 0 leaves it out


def build(config: Config, spec: Spec):
    from aelab import corruptions, latents, likelihoods, nets, objectives, priors  # here, so that --help needs no jax
    from aelab.experiment import Experiment, optimizer
    from aelab.model import Autoencoder

    if spec.condition:
        raise ConfigError(
            "--condition: the condition of cvae is what is seen of an event; leave it out, or train a vae"
        )
    likelihood = likelihoods.chosen(config, spec)
    outputs = likelihoods.event_outputs(likelihood, spec.shape)
    recognition, decoder = nets.menu[config.net](config, spec.shape, outputs)
    prior, _ = nets.menu[config.net](config, spec.shape, outputs)
    return Experiment(
        model=Autoencoder(
            encoder=nets.Unconditional(recognition),
            posterior=latents.Gaussian(config.latent_dim),
            prior=priors.Conditional(prior, latents.Gaussian(config.latent_dim)),
            decoder=nets.Unconditional(decoder),
            likelihood=likelihood,
            precision=config.precision,
            remat=config.remat,
        ),
        objective=objectives.elbo,
        optimizer=optimizer(config),
        corruption=conditioned(corruptions.choose(config, spec.values, spec.shape), guess(config.baseline, spec)),
    )


def guess(path: str, spec: Spec):
    """Events with holes to events, by the run in a folder at its best on validation."""
    from functools import partial

    from aelab.runs.folder import Run
    from aelab.runs.load import load, read_spec

    if not path:
        return lambda seen: seen
    model, params, _ = load(path, "best")
    if read_spec(Run(Path(path))).shape != spec.shape:
        raise ConfigError(f"--baseline: {path} was trained on events of another shape than {spec.shape}")
    return partial(model.reconstruct, params)


def conditioned(hide, guess):
    """`(key, batch, hyper) -> batch` whose inputs are whole, and whose holes are in its condition."""
    import jax.numpy as jnp

    def corrupt(key, batch, hyper):
        seen = hide(key, batch, hyper)
        condition = jnp.where(seen.hidden, guess(seen.inputs), seen.inputs)
        return seen._replace(inputs=batch.inputs, condition=condition)

    return corrupt


if __name__ == "__main__":
    raise SystemExit(launch.main(Config, build))
