"""Whether parameters can be split over devices as a config asks."""

from aelab.config import Config
from aelab.config.automatic import AUTO
from aelab.errors import ConfigError


def check(config: Config, players: int, devices: int = 1) -> None:
    """Refuse what does not go with `--shard-parameters`, and parts of layers that do not fit the devices of a process.

    Raises:
        ConfigError: something does not; names the flag to leave out.
    """
    if config.model_parallel > 1 and not config.shard_parameters:
        raise ConfigError("--model-parallel: layers are divided where parameters are split; add --shard-parameters")
    if devices % config.model_parallel:
        fits = " ".join(str(n) for n in range(1, devices + 1) if devices % n == 0)
        said = f"{config.model_parallel} does not divide the {devices} device{'s' * (devices > 1)} of a process"
        raise ConfigError(f"--model-parallel: {said}; these do: {fits}")
    if not config.shard_parameters:
        return
    if config.virtual_shards not in (0, AUTO):
        raise ConfigError("--shard-parameters: does not go with --virtual-shards; leave one of the two out")
    if config.parallel in ("pmap", "shard_map"):
        raise ConfigError(f"--shard-parameters: does not go with --parallel {config.parallel}; jit or auto does")
    if players > 1:
        raise ConfigError(f"--shard-parameters: works for one player, and this objective has {players}; leave it out")
