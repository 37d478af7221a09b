"""Plain autoencoder: compress an event into a code and rebuild it (Hinton and Salakhutdinov 2006).

python -m experiments.autoencoder --data fashion_small --latent-dim 32 --seed 0
"""

from dataclasses import dataclass

from aelab.config import Activation, Natural, PenaltyOptions, since
from aelab.config import Corrupted as Shared
from aelab.data.source import Spec
from aelab.runner import launch


@dataclass(frozen=True)
class Config(PenaltyOptions, Shared):
    """A plain autoencoder: encoder, a code that is one point, decoder."""

    code_activation: Activation = since("0.1.0", "identity")  # of the code
    k_sparse: Natural = since("0.1.0", 0)  # so many of the largest numbers of a code stay, others are 0; 0 keeps all
    see_hidden: bool = since("0.1.0", False)  # the encoder sees which entries were taken away, as further channels


def build(config: Config, spec: Spec, *, net=None, objective=None):
    """The experiment of a config; `net`, made as those of the menu, and `objective` are of one's own."""
    from aelab import corruptions, latents, likelihoods, nets, objectives  # here, so that --help needs no jax
    from aelab.experiment import Experiment, optimizer
    from aelab.model import Autoencoder

    likelihood = likelihoods.chosen(config, spec)
    outputs = likelihoods.event_outputs(likelihood, spec.shape)
    made = (net or nets.menu[config.net], config, spec.shape, outputs)
    encoder, decoder = nets.seeing(*made) if config.see_hidden else made[0](*made[1:])
    if isinstance(likelihood, likelihoods.Counts):
        encoder = nets.Logged(encoder, likelihood.levels - 1)
    if spec.condition:
        encoder, decoder = nets.conditioned(encoder, decoder, spec.shape)
    decoder = nets.Spectral(decoder) if config.objective == "rae_spectral" else decoder
    activation = code_activation(config)
    return Experiment(
        model=Autoencoder(
            encoder=encoder,
            posterior=latents.Point(config.latent_dim, activation),
            decoder=decoder,
            likelihood=likelihood,
            precision=config.precision,
            remat=config.remat,
        ),
        objective=objective or objectives.menu[config.objective](config, spec),
        optimizer=optimizer(config),
        corruption=corruptions.choose(config, spec.values, spec.shape),
    )


def code_activation(config: Config):
    """What stands behind the layer that gives the code."""
    from aelab import latents, nets
    from aelab.errors import ConfigError

    if config.objective == "kl_sparse" and config.code_activation != "sigmoid":
        raise ConfigError("--objective kl_sparse: needs units between 0 and 1; add --code-activation sigmoid")
    activation = nets.activations[config.code_activation]
    if config.k_sparse > config.latent_dim:
        raise ConfigError(f"--k-sparse: must be at most --latent-dim {config.latent_dim}, got {config.k_sparse}")
    return latents.KLargest(config.k_sparse, activation) if config.k_sparse else activation


if __name__ == "__main__":
    raise SystemExit(launch.main(Config, build))
