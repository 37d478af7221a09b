"""Whether a batch can be cut as a config asks: over devices, into virtual shards, and into parts for less memory."""

from aelab.config import Config, automatic
from aelab.errors import ConfigError


def check(config: Config, examples: int, devices: int, *, across: bool) -> None:
    """Refuse parts that do not fit a training set of so many examples, the devices, or an objective `across` a batch.

    Raises:
        ConfigError: they do not; names the flag and what would fit.
    """
    shards = config.virtual_shards
    if shards & (shards - 1):
        raise ConfigError(f"--virtual-shards: {shards} is no power of two; {_powers(2 * shards)} are")
    if shards and (shards % devices or devices & (devices - 1)):
        raise ConfigError(f"--devices: {devices} do not divide {shards} virtual shards; these do: {_powers(shards)}")
    if across and config.accumulate > 1:
        raise ConfigError("--accumulate: this objective looks at the whole batch at once; leave it at 1")
    rows = -(-min(automatic.batch_size(config, examples), examples) // (shards or devices))
    if rows % config.accumulate:
        fits = " ".join(str(n) for n in range(1, rows + 1) if rows % n == 0)
        where = f" on each of {devices} devices" if devices > 1 else ""
        where = f" of each of {shards} virtual shards" if shards else where
        raise ConfigError(f"--accumulate: {config.accumulate} does not divide the {rows} rows{where}; these do: {fits}")


def _powers(most: int) -> str:
    """The powers of two up to a number."""
    return " ".join(str(1 << k) for k in range(most.bit_length()) if 1 << k <= most)
