"""VAE-GAN (Larsen et al. 2016, arXiv:1512.09300): a VAE whose distortion is what a critic sees, not the pixels.

python -m experiments.vae_gan --data fashion_small --net conv --latent-dim 16 --seed 0

Three play. The critic learns to tell events of the set from decoded ones. The model moves the encoder, and compares
events by the features of the critic. The generator moves the decoder, which is to rebuild these features and to fool
the critic. With `--feature-share 0 --adversary-weight 0` this is `experiments.vae`.
"""

from dataclasses import dataclass
from typing import Annotated

from aelab.config import Bounds, ElboOptions, NonNegative, Positive, Traced
from aelab.config import Corrupted as Shared
from aelab.data.source import Spec
from aelab.runner import launch


@dataclass(frozen=True)
class Config(ElboOptions, Shared):
    """A VAE, and a critic of events."""

    feature_share: Annotated[float, Bounds(low=0, high=1), Traced(switch=False)] = (
        1.0  # of the critic's features in the distortion; the rest is that of the entries
    )
    adversary_weight: Annotated[NonNegative, Traced(switch=False)] = 1.0  # what the critic says to the decoder; 1/γ
    critic_lr: Annotated[Positive, Traced()] = 1e-4  # learning rate of the critic, which is an encoder of the same kind


def build(config: Config, spec: Spec):
    from aelab import corruptions, latents, likelihoods, nets, priors  # here, so that --help needs no jax
    from aelab.experiment import Experiment
    from aelab.model import Autoencoder

    likelihood = likelihoods.chosen(config, spec)
    outputs = likelihoods.event_outputs(likelihood, spec.shape)
    encoder, decoder = nets.menu[config.net](config, spec.shape, outputs)
    posterior = latents.Gaussian(config.latent_dim)
    shape = latents.code_shape(encoder, posterior, spec.shape)
    judge, _ = nets.menu[config.net](config, spec.shape, outputs)
    if spec.condition:
        encoder, decoder = nets.conditioned(encoder, decoder, spec.shape)
        judge, _ = nets.conditioned(judge, decoder, spec.shape)
    return Experiment(
        model=Autoencoder(
            encoder=encoder,
            posterior=posterior,
            prior=priors.standard_normal(shape),
            decoder=decoder,
            likelihood=likelihood,
            precision=config.precision,
            remat=config.remat,
        ),
        corruption=corruptions.choose(config, spec.values, spec.shape),
        **game(config, spec, judge),
    )


def game(config: Config, spec: Spec, judge) -> dict:
    """The three players, the critic's net, and the scores that say how the game stands."""
    from aelab import nets, objectives
    from aelab.evaluation.game import balance
    from aelab.experiment import Player, game_optimizer

    critic, fresh = nets.critics.of_events(judge, spec.shape, spec.side if spec.condition else ())
    judging, fooling = objectives.vae_gan_critic(critic), objectives.vae_gan_generator(critic)
    players = {
        "model": Player(objectives.vae_gan(critic), game_optimizer(config), ("encoder", "posterior")),
        "critic": Player(judging, game_optimizer(config), ("critic",)),
        "generator": Player(fooling, game_optimizer(config), ("decoder", "likelihood")),
    }
    return {"players": players, "networks": {"critic": fresh}, "scores": balance(judging, fooling, config)}


if __name__ == "__main__":
    raise SystemExit(launch.main(Config, build))
