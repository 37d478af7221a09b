"""Holes in the events of a set, drawn once, and what fills them without a net, tuned on validation events."""

from typing import Any, NamedTuple

KEY = 2015  # of the holes that are scored


class Holes(NamedTuple):
    """A split with one kind of hole, drawn once."""

    clean: Any  # [event, *shape]
    seen: Any  # the same with zeros in the holes
    hidden: Any  # bool


class Rival(NamedTuple):
    """A method that learns no code, tuned on validation events."""

    method: str
    setting: dict[str, Any]
    filler: Any
    validation: float  # PSNR, dB


def holes(source, kind: str, strength: float, number: int, first: int | None = None) -> Holes:
    """Events with holes from a fixed key, one `number` a split."""
    import jax
    import numpy as np

    from aelab import corruptions
    from aelab.evaluation.batches import per_example
    from aelab.seeds import base_key

    spoil = corruptions.named(kind, source.spec.values, source.spec.shape)
    key = jax.random.fold_in(base_key(KEY), number)
    spoilt = jax.jit(lambda batch: spoil(key, batch, strength))

    def arrays(batch):
        after = spoilt(batch)
        return Holes(after.targets, after.inputs, after.hidden)

    return Holes(*map(np.asarray, per_example(arrays, source, first=first)))


def rivals(sealed: Any, fitted: Any, kind: str, strength: float, validation: int, slow: int) -> list[Rival]:
    """What fills a kind of hole by hand, fitted to all training events and tuned on so many validation events.

    `fitted` are the moments of the training events. Slow methods see the first `slow` of the validation events.
    """
    from aelab.baselines.holes import fillers

    train = holes(sealed.train, kind, strength, 2)
    tried = holes(sealed.validation, kind, strength, 1, validation)
    found = []
    for method, filler in fillers(*train, fitted).items():
        some = Holes(*(x[:slow] for x in tried)) if filler.slow else tried

        def score(filler=filler, some=some, **setting):
            return psnr(sealed.spec, some, filler.fill(some.seen, some.hidden, **setting)).mean()

        tuned = sealed.tune(score, filler.axes)
        found.append(Rival(method, tuned.setting, filler, tuned.score))
    return found


def psnr(spec: Any, hole: Holes, guess: Any) -> Any:
    """Of each event, inside its hole; guesses at events in [0, 1] are clipped to that."""
    from aelab.evaluation.restoration import hidden_psnr

    return hidden_psnr(hole.clean, clipped(spec, guess), hole.hidden, spec.values == "unit")


def scores(spec: Any, hole: Holes, guess: Any) -> dict[str, float]:
    """The same and MSE, as means over the events."""
    from aelab.evaluation.restoration import hidden_scores

    return hidden_scores(hole.clean, clipped(spec, guess), hole.hidden, spec.values == "unit")


def clipped(spec: Any, guess: Any) -> Any:
    """The same in the range of the events."""
    return guess.clip(0, 1) if spec.values == "unit" else guess
