"""What `auto` stands for: how long a run trains, and how large its batches are.

Both follow from the config and the number of training events alone. So two runs of one config on one set choose alike,
and a run that goes on after a stop chooses again what it chose before.
"""

from typing import Any, NamedTuple

from aelab.config.spelling import flag
from aelab.errors import ConfigError

AUTO = "auto"
LARGEST, SMALLEST, PARTS = 128, 8, 8  # events of a batch; and a batch is no more than one of so many parts of the set
LEAST, MOST = 1_000, 20_000  # steps of a run
OFTEN, SELDOM = 50, 1_000  # steps between evaluations, at least and at most
SAVING = 500  # steps between checkpoints, at least
WAIT = 10  # evaluations
GAIN = 0.002  # of all that was gained since the first evaluation: what the last ones must have brought together
# Settings by which a run depends on how many steps there will be, their values that do so, and in what way.
PLANNED = {
    "schedule": (("linear", "cosine"), "the learning rate falls to 0 at its end"),
    "objective": (("cyclical",), "its cycles are spread over its epochs"),
    "quantiser": (("gumbel",), "its temperature falls to the last one at its end"),
}


class Plan(NamedTuple):
    """How long a run with `--epochs auto` trains, in steps."""

    least: int  # it does not stop before
    most: int  # it does not go on after
    evaluate: int  # between evaluations on the validation set
    save: int  # between checkpoints
    wait: int  # evaluations that must have brought something, or it stops
    gain: float = GAIN  # what they must have brought, as a share of all that was gained


def batch_size(config: Any, examples: int) -> int:
    """Events of a batch: as many as the config says; for `auto` 128, or an eighth of a smaller set, but 8 at least."""
    if config.batch_size != AUTO:
        return config.batch_size
    return min(LARGEST, max(SMALLEST, examples // PARTS))


def steps_per_epoch(config: Any, examples: int) -> int:
    """Steps in which every one of so many events is seen once."""
    return -(-examples // min(batch_size(config, examples), examples))


def until(config: Any, examples: int) -> int:
    """The step at which `--until` ends a run, 0 without it; with `--epochs auto` that of the next checkpoint."""
    steps = steps_per_epoch(config, examples)
    found, end = plan(config, steps), config.until * steps
    return -(-end // found.save) * found.save if found else end


def plan(config: Any, steps_per_epoch: int) -> Plan | None:
    """The plan of `--epochs auto`; None where the epochs are counted.

    Evaluations come by `--eval-every`, but never after fewer than 50 steps, in whole epochs, nor after more than
    1,000. The least number of steps counts from the end of a warm-up.
    """
    if config.epochs != AUTO:
        return None

    def between(epochs: float, least: int) -> int:
        every = max(1, round(epochs * steps_per_epoch))
        return every if every >= least else -(-least // every) * every

    evaluate = min(between(config.eval_every, OFTEN), SELDOM)
    save = -(-between(config.save_every, SAVING) // evaluate) * evaluate
    risen = round(max(config.warmup, getattr(config, "beta_warmup", 0.0)) * steps_per_epoch)
    least, wait = LEAST + risen, config.patience or WAIT
    return Plan(least, max(MOST, least + (wait + 1) * evaluate), evaluate, save, wait)


def said(found: Plan, steps_per_epoch: int) -> str:
    """The plan in one line."""
    return (
        f"--epochs auto: {found.least:,} to {found.most:,} steps ({steps_per_epoch:,} an epoch); validated every "
        f"{found.evaluate:,}, ends when {found.wait} evaluations have brought less than {found.gain:.1%} of all that "
        "was gained, and keeps the best parameters"
    )


def chosen(config: Any, examples: int) -> dict[str, Any]:
    """What `--epochs auto` and `--batch-size auto` are for a training set of so many events, for the manifest."""
    found = plan(config, steps_per_epoch(config, examples))
    made: dict[str, Any] = {"epochs": found._asdict()} if found else {}
    return made | ({"batch_size": batch_size(config, examples)} if config.batch_size == AUTO else {})


def planned(config: Any) -> str:
    """By which setting of a config a run depends on how many steps there will be, and how; "" where by none."""
    for field, (values, why) in PLANNED.items():
        if getattr(config, field, None) in values:
            return f"by {flag(field)} {getattr(config, field)} {why}"
    return ""


def check(config: Any, *, validated: bool) -> None:
    """Refuse `--epochs auto` where nothing says when to stop, or something must know it from the beginning.

    Raises:
        ConfigError: it is so; names what to give.
    """
    if config.epochs != AUTO:
        return
    if not validated:
        raise ConfigError(
            "--epochs auto: it stops by the validation loss, and there is no validation set; give --validation 0.1, "
            "or a number of epochs"
        )
    if config.shard_parameters:
        raise ConfigError("--epochs auto: does not go with --shard-parameters; give a number of epochs")
    if why := planned(config):
        raise ConfigError(f"--epochs auto: {why}, so the run must know how long it is; give a number of epochs")
