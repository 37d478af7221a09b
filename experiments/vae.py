"""Variational autoencoder (Kingma and Welling 2014, arXiv:1312.6114).

python -m experiments.vae --data fashion_small --latent-dim 16 --seed 0
"""

from dataclasses import dataclass

from aelab.config import BoundOptions, RandomCodeOptions
from aelab.config import Corrupted as Shared
from aelab.data.source import Spec
from aelab.runner import launch


@dataclass(frozen=True)
class Config(RandomCodeOptions, BoundOptions, Shared):
    """A VAE: encoder, head of the code, a draw z, decoder; as it comes, z = mean + stddev * noise."""


def build(config: Config, spec: Spec, *, net=None, objective=None):
    """The experiment of a config; `net`, made as those of the menu, and `objective` are of one's own."""
    from aelab import corruptions, latents, likelihoods, nets, priors  # here, so that --help needs no jax
    from aelab.evaluation import clusters
    from aelab.experiment import Experiment
    from aelab.model import Autoencoder

    likelihood = likelihoods.chosen(config, spec)
    outputs = likelihoods.event_outputs(likelihood, spec.shape)
    encoder, decoder = (net or nets.menu[config.net])(config, spec.shape, outputs)
    if isinstance(likelihood, likelihoods.Counts):
        encoder = nets.Logged(encoder, likelihood.levels - 1)
    posterior = latents.chosen(config)
    shape = latents.code_shape(encoder, posterior, spec.shape)
    if spec.condition:
        encoder, decoder = nets.conditioned(encoder, decoder, spec.shape)
    return Experiment(
        model=Autoencoder(
            encoder=encoder,
            posterior=posterior,
            prior=priors.chosen(config, spec, shape),
            decoder=latents.decoding(config, decoder),
            likelihood=likelihood,
            precision=config.precision,
            remat=config.remat,
        ),
        corruption=corruptions.choose(config, spec.values, spec.shape),
        scores=clusters.SCORES if config.prior == "mixture" and spec.classes and not spec.condition else (),
        start=starting(config),
        **minimised(config, spec, shape, objective),
    )


def starting(config: Config):
    """What becomes of parameters that are another run's: with `--prior-from-codes`, a prior on its clusters."""
    from aelab.errors import ConfigError
    from aelab.evaluation import mixture_start

    if not config.prior_from_codes:
        return None
    if config.prior != "mixture" or not config.init_from:
        raise ConfigError("--prior-from-codes: is for --prior mixture and --init-from RUN; give both, or leave it out")
    return mixture_start.on_codes


def minimised(config: Config, spec: Spec, code_shape, own=None) -> dict:
    """The objective and its optimizer; for `--objective factor` two players, and the critic's net."""
    import math

    from aelab import nets, objectives
    from aelab.errors import ConfigError
    from aelab.experiment import Player, game_optimizer, optimizer

    if config.optimal_sigma and (config.likelihood, config.sigma) != ("normal", "learned"):
        raise ConfigError("--optimal-sigma: is for --likelihood normal --sigma learned; give both, or leave it out")
    if own or config.objective != "factor":
        objective = own or objectives.menu[config.objective](config, spec)
        if config.optimal_sigma:
            objective = objectives.optimal_sigma(objectives.as_objective(objective))
        return {"objective": objective, "optimizer": optimizer(config)}
    critic, fresh = nets.critics.of_codes(config.critic_widths, math.prod(code_shape))
    players = {
        "model": Player(objectives.factor(critic), optimizer(config)),
        "critic": Player(objectives.factor_critic(critic), game_optimizer(config), ("critic",)),
    }
    return {"players": players, "networks": {"critic": fresh}}


if __name__ == "__main__":
    raise SystemExit(launch.main(Config, build))
