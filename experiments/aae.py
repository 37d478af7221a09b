"""Adversarial autoencoder (Makhzani et al. 2015, arXiv:1511.05644): a critic holds the codes to the prior.

python -m experiments.aae --data fashion_small --latent-dim 8 --seed 0

Three play. The model moves encoder and decoder and rebuilds events. The critic learns to tell codes from draws of the
prior, N(0, I). The generator moves the encoder once more, so that the critic takes its codes for draws of the prior.
With `--generator-lr 0` the encoder never hears of the critic, and this is a plain autoencoder.
"""

import dataclasses
from dataclasses import dataclass
from typing import Annotated, Literal

from aelab.config import Corrupted as Shared
from aelab.config import NonNegative, Positive, Size, Traced
from aelab.data.source import Spec
from aelab.errors import ConfigError
from aelab.runner import launch


@dataclass(frozen=True)
class Config(Shared):
    """An autoencoder, and a critic of its codes."""

    posterior: Literal["point", "normal"] = "point"  # kind of q(z|x); the paper has both
    generator_lr: Annotated[NonNegative, Traced(switch=False)] = 5e-4  # learning rate at which codes follow the critic
    critic_lr: Annotated[Positive, Traced()] = 5e-4  # learning rate of the critic
    critic_widths: tuple[Size, ...] = (256, 256)  # units of the critic's hidden layers


def build(config: Config, spec: Spec):
    from aelab import corruptions, latents, likelihoods, nets, priors  # here, so that --help needs no jax
    from aelab.experiment import Experiment
    from aelab.model import Autoencoder

    check(config, spec)
    likelihood = likelihoods.chosen(config, spec)
    outputs = likelihoods.event_outputs(likelihood, spec.shape)
    encoder, decoder = nets.menu[config.net](config, spec.shape, outputs)
    head = {"point": latents.Point, "normal": latents.Gaussian}[config.posterior](config.latent_dim)
    shape = latents.code_shape(encoder, head, spec.shape)
    if spec.condition:
        encoder, decoder = nets.conditioned(encoder, decoder, spec.shape)
    return Experiment(
        model=Autoencoder(
            encoder=encoder,
            posterior=head,
            prior=priors.standard_normal(shape),
            decoder=decoder,
            likelihood=likelihood,
            precision=config.precision,
            remat=config.remat,
        ),
        corruption=corruptions.choose(config, spec.values, spec.shape),
        **game(config, spec, shape),
    )


def game(config: Config, spec: Spec, code_shape) -> dict:
    """The three players, the critic's net, and the scores that say how the game stands."""
    import math

    from aelab import nets, objectives
    from aelab.evaluation.game import balance
    from aelab.experiment import Player, game_optimizer, optimizer

    side = spec.side if spec.condition else ()
    critic, fresh = nets.critics.of_codes(config.critic_widths, math.prod(code_shape), side)
    judging, fooling = objectives.aae_critic(critic), objectives.aae_generator(critic)
    undecayed = dataclasses.replace(config, weight_decay=0.0)  # the model lets the encoder decay already
    players = {
        "model": Player(objectives.reconstruction, optimizer(config)),
        "critic": Player(judging, game_optimizer(config), ("critic",)),
        "generator": Player(fooling, game_optimizer(undecayed), ("encoder", "posterior")),
    }
    return {"players": players, "networks": {"critic": fresh}, "scores": balance(judging, fooling, config)}


def check(config: Config, spec: Spec) -> None:
    """What cannot be played.

    Raises:
        ConfigError: one line that names the flag.
    """
    if config.optimizer == "schedule_free":
        raise ConfigError(
            "--optimizer schedule_free: two players move the encoder of aae, and it steps for one; use adam"
        )
    if config.latent_grid and spec.lengths:
        raise ConfigError("--latent-grid: these series differ in length, and empty places would tell their codes apart")


if __name__ == "__main__":
    raise SystemExit(launch.main(Config, build))
