"""Whether parameters can be split over devices as a config asks."""

from aelab.config import Config
from aelab.errors import ConfigError


def check(config: Config, players: int) -> None:
    """Refuse what does not go with `--shard-parameters`.

    Raises:
        ConfigError: something does not; names the flag to leave out.
    """
    if not config.shard_parameters:
        return
    if config.virtual_shards:
        raise ConfigError("--shard-parameters: does not go with --virtual-shards; leave one of the two out")
    if config.parallel in ("pmap", "shard_map"):
        raise ConfigError(f"--shard-parameters: does not go with --parallel {config.parallel}; jit or auto does")
    if players > 1:
        raise ConfigError(f"--shard-parameters: works for one player, and this objective has {players}; leave it out")
