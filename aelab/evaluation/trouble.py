"""What went wrong in a run, in words, and the setting worth a try next; never one that the run has already.

A word is said only where the numbers bear it. The code cannot carry more than its rate, whatever the decoder does, so a
rate near 0 is evidence; a rate of some nats is none, even where the posterior means hardly vary.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from aelab.config.automatic import AUTO
from aelab.evaluation.game import won

TRAINED = 300  # steps before which nothing is said of the code: many codes come into use late
CARRIED = 1.0  # nats: with less than that, and no number in use, the code is empty
IN_USE = 0.1  # of the codes that could occur: with fewer, the codebook has collapsed
NOTHING = 0.9  # of the variance: a run that leaves more of it rebuilds hardly more than the mean event
UNKNOWN = 0.1  # nats, where it is not known how many numbers are in use
FALLING = 1e-3  # of the validation loss: what the last epoch must have brought to say that it still falls

Rows = Sequence[Mapping[str, Any]]


def trouble(scores: Mapping[str, float], rows: Rows, config: Any = None) -> list[str]:
    """One line for each thing wrong with a finished run, from its test scores, its rows of metrics and its config."""
    found = (
        _collapse(scores, rows, config),
        _few_codes(scores, rows, config),
        _nothing_rebuilt(scores, rows),
        _overfitting(rows, config),
    )
    return [line for lines in (*found, won(rows, config)) for line in lines]


def advice(rows: Rows, config: Any) -> list[str]:
    """What would make the run better, though nothing is wrong with it: more epochs, where losses still fall."""
    losses = _validation(rows)
    if not _still_falls(losses):
        return []
    gained = losses[-2][1] - losses[-1][1]
    epochs = math.ceil(2 * losses[-1][0]) if config.epochs == AUTO else 2 * config.epochs
    return [
        f"the best validation was the last one: {losses[-1][1]:.2f} at epoch {losses[-1][0]:g}, {gained:.2f} below the "
        f"one before; more epochs would help: --epochs {epochs}{_going_on(config)}"
    ]


def _going_on(config: Any) -> str:
    """That the epochs so far need not be trained again; a schedule that has come to its end forbids it."""
    counted = config.epochs != AUTO and config.schedule == "constant"
    return "; with --continue-from RUN only the rest is trained" if counted else ""


def _validation(rows: Rows) -> list[tuple[float, float]]:
    """Epoch and loss of each validation."""
    return [(row["epoch"], row["loss"]) for row in rows if row["split"] == "validation"]


def _still_falls(losses: Sequence[tuple[float, float]]) -> bool:
    """Whether the last validation was the best, and better than the one before by more than a rounding of the loss."""
    values = [loss for _, loss in losses]
    return len(values) > 2 and values[-1] == min(values) and values[-2] - values[-1] > FALLING * abs(values[-1])


def _collapse(scores: Mapping[str, float], rows: Rows, config: Any) -> list[str]:
    """Posterior collapse: the code is empty, in a run that is trained (Bowman et al. 2016, arXiv:1511.06349)."""
    rate, active = scores.get("test/rate"), scores.get("test/active_units")
    steps = max((row["step"] for row in rows), default=0)
    if rate is None or steps < TRAINED or _still_falls(_validation(rows)):
        return []
    if rate >= (UNKNOWN if active is None else CARRIED) or active:
        return []
    seen = "" if active is None else " and none of its numbers varies from example to example"
    return [f"posterior collapse: the code carries at most {rate:.2f} nats{seen}; {_against_collapse(config)}"]


def _against_collapse(config: Any) -> str:
    """What was tried, and what is left: a smaller weight of the rate; without a weight, what the decoder sees.

    A normal with a fixed σ as wide as the data pays little for an empty code, so there σ is to be learned first.
    """
    beta, tried = getattr(config, "beta", None), _tried(config)
    if getattr(config, "likelihood", "") == "normal" and config.sigma != "learned":
        return f"{tried}try --sigma learned"
    if beta and beta > 0.01:
        return f"{tried}try --beta {beta / 10:g}"
    if getattr(config, "feedback", False):
        return f"{tried}the decoder reads its own last output and needs no code: try --no-feedback"
    return f"{tried}try a larger --lr or a smaller net"


def _tried(config: Any) -> str:
    """What a run did against an empty code that did not prevent it; "" for a run that did nothing."""
    beta = getattr(config, "beta", 1.0)
    steps = (
        ("the warm-up of beta", getattr(config, "beta_warmup", 0)),
        (f"--beta {beta:g}", 0 < beta < 1),
        ("a learned sigma", getattr(config, "likelihood", "") == "normal" and config.sigma == "learned"),
        ("--epochs auto", getattr(config, "epochs", 0) == AUTO),
    )
    found = [said for said, did in steps if did]
    return f"{' and '.join(found)} did not prevent it, " if found else ""


def _few_codes(scores: Mapping[str, float], rows: Rows, config: Any) -> list[str]:
    """Codebook collapse: hardly any code of a quantised model occurs in the whole test set."""
    usage, codes = scores.get("test/usage"), getattr(config, "book_size", 0)
    if usage is None or not codes or usage >= IN_USE or all(row["step"] < TRAINED for row in rows):
        return []
    return [
        f"codebook collapse: {usage:.1%} of the codes that could occur in the test set do, and in effect "
        f"{scores['test/perplexity']:.1f} of {codes} are in use; {_against_few_codes(config)}"
    ]


def _nothing_rebuilt(scores: Mapping[str, float], rows: Rows) -> list[str]:
    """All codes may be in use and say nothing of the events, as where too large a learning rate has wrecked a run."""
    left = scores.get("test/unexplained", 0.0)
    if left < NOTHING or all(row["step"] < TRAINED for row in rows):
        return []
    return [
        f"nothing is rebuilt: {left:.0%} of the variance is left, and the mean event leaves 100%; try a smaller --lr"
    ]


def _against_few_codes(config: Any) -> str:
    """What keeps entries where vectors are; a grid of levels has no entries that could lose them."""
    if config.quantiser in ("lfq", "bsq"):
        return f"try --entropy-weight {max(10 * config.entropy_weight, 0.1):g} or a smaller --lr"
    if config.quantiser == "gumbel":
        return "try --beta-warmup 5 or a higher --last-temperature"
    if config.quantiser == "fsq":
        return "try a smaller --lr, or fewer --scalar-levels"
    if config.codebook == "gradient":
        return "try --codebook ema, whose dead entries start anew"
    if not config.restart_below:
        return "try --restart-below 0.1, so that dead entries start anew"
    return "try a smaller --lr, a smaller --code-decay, or --quantiser fsq, which has no entries to lose"


def _overfitting(rows: Rows, config: Any) -> list[str]:
    valid, train = _validation(rows), [row["loss"] for row in rows if row["split"] == "train"]
    if len(valid) < 3 or not train or getattr(config, "epochs", 0) == AUTO:  # that one returns to its best
        return []
    best_epoch, best = min(valid, key=lambda pair: pair[1])
    last = valid[-1][1]
    gap = last - train[-1]
    if last - best <= 0.02 * abs(best) or gap <= 0.05 * abs(train[-1]):
        return []
    own = (("patience", "--patience 3"), ("weight_decay", "--weight-decay 1e-4"))
    tries = [said for field, said in own if not getattr(config, field, 0)]
    return [
        f"overfitting: the validation loss was best at epoch {best_epoch:g} ({best:.2f} nats) and ended at {last:.2f}, "
        f"{gap:.2f} above training; try {', '.join([*tries, 'a smaller net'])} or more data"
    ]
