"""A prior over the codes of a finished quantised autoencoder (van den Oord et al. 2017, arXiv:1711.00937, section 3.3).

python -m experiments.code_prior --codes-of runs/vq/RUN --prior-net transformer --seed 0

The run that it makes is a child of the other one, in its folder: a model that is that autoencoder, of which the prior
alone is trained. So its rate and its bits per dimension are bounds, and its samples are of events like those of the
set. Data, net and book are those of `--codes-of`, and stay as they are. With `--condition label` there is a prior for
each class, also where the autoencoder knows of none.
"""

import dataclasses
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from aelab.config import Layers, Size, flag, tiny
from aelab.config.fields import Corrupted, RunningOptions, TrainingOptions
from aelab.data.source import Spec
from aelab.errors import ConfigError
from aelab.runner import launch

from . import vq


@dataclass(frozen=True)
class Config(vq.Config):
    """A prior by a causal net, and which autoencoder it is of."""

    codes_of: str = ""  # run folder of experiments.vq, whose codes these are
    codes_sha256: str = ""  # of that run's parameters; found, not given
    shown: Literal["prior", "all"] = "prior"  # the condition: to that run's encoder and decoder too; found, not given
    prior_net: Literal["conv", "transformer"] = "conv"  # gated PixelCNN, or a Transformer that keeps what it has read
    prior_width: Size = 64  # units of a layer
    prior_depth: Layers = 5  # layers or blocks
    prior_heads: Size = 4  # transformer: of attention

    def resolved(self) -> "Config":
        """With the settings of the autoencoder, to be trained inside of its folder; a smoke test makes itself one."""
        if self.smoke and not self.codes_of:
            return dataclasses.replace(self, codes_of=str(example(self))).resolved()
        theirs = settings_of(self.codes_of)
        if not self.smoke:
            require_unsaid(self, theirs)
        own = {"codes_of": str(Path(self.codes_of)), "init_from": str(Path(self.codes_of))}
        return dataclasses.replace(self, **theirs, **own, runs_dir=Path(self.codes_of))


def build(config: Config, spec: Spec):
    from aelab import corruptions, objectives, priors  # here, so that --help needs no jax
    from aelab.experiment import Experiment, Player, Score, optimizer
    from aelab.model import Autoencoder

    finished = vq.build(config, spec if config.shown == "all" else spec._replace(condition="")).model
    parts = finished.parts._asdict()
    shape, book = parts["prior"].shape, parts["posterior"].book
    parts["prior"] = priors.AutoregressiveCodes(shape, causal(config, book.codes, shape), bool(spec.condition))
    said = "−log₂ p of an index given those before it, mean over all; log₂ K where all are alike"
    return Experiment(
        model=Autoencoder(**parts, precision=config.precision, remat=config.remat),
        players={"model": Player(objectives.code_rate, optimizer(config), ("prior",))},
        anew=("prior",),
        corruption=corruptions.choose(config, spec.values, spec.shape),
        scores=(Score("bits_per_code", "bits", "lower", said, bits_per_code),),
    )


def causal(config: Config, codes: int, shape: Sequence[int]):
    """The net over the indices of one code, `shape` places and levels."""
    from aelab import nets

    sizes = (config.prior_width, config.prior_depth)
    if config.prior_net == "conv":
        return nets.CausalConv(codes, (math.prod(shape[:-2]), shape[-2] * shape[-1]), *sizes)
    if config.prior_width % config.prior_heads:
        raise ConfigError(f"--prior-heads: {config.prior_heads} does not divide --prior-width {config.prior_width}")
    return nets.CausalTransformer(codes, math.prod(shape), *sizes, config.prior_heads)


def bits_per_code(model, params, key, batch):
    """Of each example, over the places of its code that exist."""
    from aelab import objectives
    from aelab.batch import Hyper
    from aelab.distributions import sum_event

    q = model.encode(params, batch.inputs, **batch.beside_inputs)
    there = sum_event(q.indices * 0.0 + 1.0, q.exists)
    rate = objectives.code_rate(model, params, key, batch, step=0, hyper=Hyper()).terms["rate"]
    return rate / (math.log(2) * there)


def settings_of(path: str) -> dict[str, Any]:
    """What a run of `experiments.vq` decides: data, net and book, and whom it shows the condition.

    Raises:
        ConfigError: there is no such run, or it is not finished.
    """
    from aelab.runs import scripts
    from aelab.runs.folder import Run
    from aelab.runs.load import read_config

    if not path:
        raise ConfigError("--codes-of: give the folder of a finished run of experiments.vq, as runs/vq/RUN")
    run = Run(Path(path))
    config, _ = read_config(run)
    if scripts.short(run.read("config.json")["experiment"]) != "vq":
        raise ConfigError(f"--codes-of: {path} is no run of experiments.vq, and has no book of codes; give one that is")
    if not run.finished:
        raise ConfigError(f"--codes-of: {path} is not finished; the command that began it goes on")
    free = {field.name for kind in (TrainingOptions, RunningOptions) for field in dataclasses.fields(kind)}
    free |= {*Corrupted.__annotations__, "condition"}
    theirs = {
        field.name: getattr(config, field.name) for field in dataclasses.fields(vq.Config) if field.name not in free
    }
    told = {"shown": "prior"} if config.condition == "none" else {"shown": "all", "condition": config.condition}
    return theirs | told | {"codes_sha256": run.read("summary.json")["params_sha256"]}


def require_unsaid(config: Config, theirs: dict[str, Any]) -> None:
    """Hold what was given against what the autoencoder decides.

    Raises:
        ConfigError: a flag says something else.
    """
    for field in dataclasses.fields(config):
        own = getattr(config, field.name)
        if field.name in theirs and own not in (field.default, theirs[field.name]):
            raise ConfigError(
                f"{flag(field.name)}: is {theirs[field.name]} in the run that --codes-of names; leave it out"
            )


def example(config: Config) -> Path:
    """A tiny quantised autoencoder, for a smoke test that names none."""
    from aelab.runs import scripts

    own = vq.Config(net="conv", latent_grid=True, codes=16, smoke=True, runs_dir=config.runs_dir, seed=config.seed)
    return launch.train(scripts.name_of(vq), tiny(own), vq.build).path


if __name__ == "__main__":
    raise SystemExit(launch.main(Config, build))
