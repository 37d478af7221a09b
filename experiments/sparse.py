"""Sparse dictionary: an embedding or an activation as a sum of few directions out of many (Bricken et al. 2023).

python -m experiments.sparse --data npy:vectors.npy --dictionary topk --k 32 --latent-dim 4096 --seed 0

Encoder and decoder are one linear layer each. `--dictionary` says what keeps the code sparse. The report names the rows
that turn the clearest units on most; with `vectors.txt` beside `vectors.npy`, by its lines.
"""

from dataclasses import dataclass
from functools import partial
from typing import Literal

from aelab.config import Config as Shared
from aelab.config import Count, DictionaryOptions, Positive, Size
from aelab.config.dictionaries import CHOOSING
from aelab.data.source import Spec
from aelab.errors import ConfigError
from aelab.runner import launch


@dataclass(frozen=True)
class Config(DictionaryOptions, Shared):
    """A dictionary of `--latent-dim` directions."""

    TINY = {"latent_dim": 64, "k": 4, "levels": (16,), "revived": 16}  # noqa: RUF012 - of the smallest run, no field

    net: Literal["dictionary"] = "dictionary"  # one linear layer each way
    likelihood: Literal["normal"] = "normal"  # the squared error, in nats
    sigma: Positive = 1.0  # its standard deviation
    latent_dim: Size = 4096  # directions, each with a number of the code
    batch_size: Count = 512  # examples per step, over all devices


def build(config: Config, spec: Spec):
    from aelab import latents, likelihoods, nets, objectives  # here, so that --help needs no jax
    from aelab.data.row_names import named
    from aelab.evaluation import dictionaries, features
    from aelab.experiment import Experiment, optimizer
    from aelab.model import Autoencoder

    require(config, spec)
    return Experiment(
        model=Autoencoder(
            encoder=nets.dictionary.Encoder(),
            posterior=latents.dictionaries.menu[config.dictionary](config),
            decoder=nets.dictionary.Decoder(spec.shape),
            likelihood=likelihoods.chosen(config, spec),
            precision=config.precision,
            remat=config.remat,
        ),
        objective=objectives.dictionaries.menu[config.dictionary](config),
        optimizer=optimizer(config),
        figures={"features": partial(features.clearest, names=partial(named, config.data))},
        fresh=mirrored,
        scores=dictionaries.SCORES,
    )


def mirrored(params):
    """Fresh parameters whose encoder is the decoder the other way round."""
    from aelab import nets

    return {**params, "model": nets.dictionary.mirrored(params["model"])}


def require(config: Config, spec: Spec) -> None:
    """Refuse what no dictionary can be.

    Raises:
        ConfigError: it names the flag.
    """
    if spec.lengths or spec.condition:
        what = "series of several lengths" if spec.lengths else "a condition beside the events"
        raise ConfigError(f"--data: a dictionary reads whole events alone, and these have {what}")
    sizes = {"--k": config.k} if config.dictionary in CHOOSING else {}
    inner = config.levels if config.dictionary == "matryoshka" else ()
    for flag, value in (*sizes.items(), *(("--levels", level) for level in inner)):
        if value > config.latent_dim:
            raise ConfigError(f"{flag}: must be at most --latent-dim {config.latent_dim}, got {value}")


if __name__ == "__main__":
    raise SystemExit(launch.main(Config, build))
