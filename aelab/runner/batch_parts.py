"""Whether a batch can be cut as a config asks: over devices, into virtual shards, and into parts for less memory."""

from typing import NamedTuple

import jax

from aelab.config import Config, automatic
from aelab.config.shards import MOST, may_cut
from aelab.data.source import Splits
from aelab.devices import programs, startup
from aelab.errors import ConfigError
from aelab.experiment import Experiment
from aelab.training.recipe import shards_on


class Spread(NamedTuple):
    """Over what a batch is spread."""

    mode: programs.Mode
    devices: list[jax.Device]
    shards: int  # virtual shards, 0 where it is not cut

    def said(self, config: Config) -> list[str]:
        """A line of what was chosen for a run that does not say it."""
        if config.virtual_shards != automatic.AUTO or not self.shards:
            return []
        count = len(self.devices)
        many = f"{count} devices, one for a core" if count > 1 else "one device"
        return [
            f"--virtual-shards auto: {self.shards} parts of a batch, on {many}; on more or fewer the bits are the same"
        ]


def devices_to_show(config: Config, processes: int = 1) -> int:
    """As how many devices a process shows a CPU to JAX: those it is asked for, or one a core where batches are cut."""
    if config.devices or processes > 1 or config.parallel != "auto" or not may_cut(config):
        return -(-config.devices // processes)
    return 1 if config.deterministic else min(startup.cores(), MOST)


def spread(config: Config, splits: Splits, experiment: Experiment) -> Spread:
    """The way to run and its devices, which can share the batches of the training set.

    Raises:
        ConfigError: more devices than there are, or parts that do not fit; names the flag and what would fit.
    """
    given = config, experiment, splits
    mode, devices = programs.choose_devices(config.parallel, config.devices, shards_on(1, *given))
    shards = shards_on(len(devices), *given)
    check(config, len(splits.train), len(devices) // config.model_parallel, shards, across=experiment.across)
    return Spread(mode, devices, shards)


def check(config: Config, examples: int, devices: int, shards: int, *, across: bool) -> None:
    """Refuse parts that do not fit a training set of so many examples, the devices, or an objective `across` a batch.

    `shards` are the virtual shards that a batch is cut into, 0 where it is not.

    Raises:
        ConfigError: they do not; names the flag and what would fit.
    """
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
