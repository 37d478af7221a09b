"""The scores: how each is called, its unit, which way is better, what it means, and for which models there is one.

Whatever computes, shows, ranks or warns by a score reads `SCORES`, which every run ends with, and `MEASURES`, which
`aelab eval` adds. An experiment adds its own in `Experiment.scores`; they are recorded with the run, so that a reader
of run folders knows them too. No JAX is imported here.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

from aelab.errors import ConfigError
from aelab.experiment.measures import MEASURES
from aelab.experiment.score import NATS, Score

LOSS = Score("loss", NATS, "lower", "what training minimises, weights included", relative=True)  # of training alone
SCORES = (  # the most telling first; a number of draws stands for the k of l_k
    Score("elbo", NATS, "higher", "lower bound of log p(x): −(distortion + rate)", label="ELBO", codes="random",
          relative=True),
    Score("l_k", NATS, "higher", "bound of log p(x) from k draws, at least as tight as the ELBO", label="L_k",
          codes="random", relative=True),
    Score("distortion", NATS, "lower", "−log p(x|z), z drawn once from q(z|x): what reconstruction costs",
          relative=True),
    Score("rate", NATS, "neither", "KL(q(z|x) ‖ p(z)): what the code may carry", codes="random"),
    Score("active_units", "numbers of the code", "higher",
          "whose posterior mean varies by more than 0.01 over the examples (Burda et al. 2016, section 5.2)",
          codes="normal"),
    Score("mse", "per entry", "lower", "mean of (x − x̂)² over all entries, x̂ from the code's mode",
          label="mean squared error"),
    Score("bce", "nats per entry", "lower", "the textbook's mean over all entries of x and x̂",
          label="binary cross-entropy", likelihoods="bernoulli"),
    Score("squared_error", "per example", "lower", "Σ (x − x̂)² over the entries of an example"),
    Score("bits_per_dim", "bits per entry", "lower", "−ELBO / (ln 2 · entries)", label="bits per dimension",
          codes="random", relative=True),
)  # fmt: skip
USUAL = ("test/elbo", "test/distortion")  # what runs are compared by, unless another score is asked for
NUMBERED = re.compile(r"l_\d+")  # names of l_k


def find(name: str, own: Iterable[Score] = ()) -> Score:
    """The score of a name, with its split or without; one that nobody has declared is called by its name."""
    bare = name.rpartition("/")[2]
    known = {score.name: score for score in (*MEASURES, LOSS, *SCORES, *own)}
    if NUMBERED.fullmatch(bare):
        return known["l_k"]._replace(name=bare, label=bare.upper())
    kind, _, member = bare.partition(":")  # one of several of a kind, such as the rate of one number of a code
    if member and kind in known:
        return known[kind]._replace(name=bare, label=f"{known[kind].called} {member}")
    return known.get(bare, Score(bare))


def usual(name: str) -> bool:
    """Whether a name, with its split or without, is one of `SCORES`, and none of an experiment's own."""
    bare = name.rpartition("/")[2]
    return bool(NUMBERED.fullmatch(bare)) or any(score.name == bare for score in (LOSS, *SCORES))


def place(name: str, own: Sequence[Score] = ()) -> int:
    """Where a score stands on a page: the most telling first, one's own next, unknown ones last."""
    names = [score.name for score in (*SCORES, *own)]
    bare = "l_k" if NUMBERED.fullmatch(name) else name
    return [*names, bare].index(bare)


def suited(codes: Literal["point", "random", "normal"], bernoulli: bool) -> list[str]:
    """The names of the scores that a model has, from its kind of code and whether its likelihood is Bernoulli's."""
    kinds = {"point": {"any"}, "random": {"any", "random"}, "normal": {"any", "random", "normal"}}[codes]
    fitting = (score for score in SCORES if score.likelihoods == "any" or bernoulli)
    return [score.name for score in fitting if score.codes in kinds]


def checked(scores: Sequence[Score]) -> tuple[Score, ...]:
    """The scores that an experiment adds.

    Raises:
        ConfigError: one without a name, without `compute`, or of a name that is taken.
    """
    taken: set[str] = set()
    for score in scores:
        if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_.-]*", score.name):
            raise ConfigError(f"scores: {score.name!r} is no name of a score; use letters, digits and _")
        if score.name in taken or usual(score.name):
            raise ConfigError(f"scores: {score.name} is taken; give the score another name")
        if score.compute is None:
            raise ConfigError(f"scores: {score.name} has no compute; give it a function of model, params, key, batch")
        taken.add(score.name)
    return tuple(scores)


def as_json(scores: Iterable[Score]) -> list[dict[str, Any]]:
    """What a manifest says of scores: all but how they are computed."""
    return [{name: value for name, value in s._asdict().items() if name not in ("compute", "over")} for s in scores]


def from_json(stored: Iterable[Mapping[str, Any]]) -> tuple[Score, ...]:
    """Scores as a manifest states them; what another version adds is passed over."""
    return tuple(Score(**{name: each[name] for name in Score._fields if name in each}) for each in stored)


def full_name(asked: str, names: Iterable[str], own: Iterable[Score] = ()) -> str:
    """The name among `names` that is meant by a score's full name, its short one, or its words on a page.

    A name without a split is that of the test set. Where nothing is meant, `asked` itself.
    """
    for name in sorted(names, key=lambda name: not name.startswith("test/")):
        score = find(name, own)
        if asked.lower() in (name.lower(), score.name.lower(), score.called.lower(), score.name.replace("_", " ")):
            return name
    return asked


def no_density(likelihood: str, spec: Mapping[str, Any]) -> str:
    """Why bounds of this likelihood are none of a density on data of this spec; "" where they are.

    Grey values under a Bernoulli likelihood are scored by a function of x that does not integrate to 1
    (Loaiza-Ganem and Cunningham 2019, arXiv:1907.06845).
    """
    grey = spec.get("values") == "unit" and spec.get("levels") != 2
    if not grey or likelihood not in ("auto", "bernoulli"):
        return ""
    return (
        "the data are grey and the likelihood is Bernoulli's, which is no density over grey values: ELBO, L_k and bits "
        "per dimension bound no log p(x); compare them with Bernoulli runs alone (--binarize, --likelihood normal)"
    )
