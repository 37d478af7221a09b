"""How likely the model finds the events: lower bounds of log p(x), and their terms."""

import math

from aelab.data.source import Spec
from aelab.evaluation.bounds import held_out_bound
from aelab.evaluation.estimate import mean, ratio
from aelab.experiment.scores import find, no_density
from aelab.likelihoods import Bernoulli, Counts, DiscretisedLogistic, GreyLevels
from aelab.measures.measure import Found, Measured, Undefined
from aelab.measures.progress import Watched
from aelab.measures.subject import Subject

NO_PRIOR = "the code of a plain autoencoder is a point without a density, so nothing bounds log p(x)"


def measure(subject: Subject) -> Found:
    """ELBO, L_k, distortion, rate, and bits per dimension."""
    each, samples = subject.examples, subject.asked.samples
    distortion = subject.measured("distortion", mean(each["distortion"]), k=1 if "rate" in each else None)
    if "rate" not in each:
        own = [f"l_{samples}"] if samples else []
        return [distortion, *(Undefined(name, NO_PRIOR) for name in ("elbo", *own, "rate", "bits_per_dim"))]
    elbo = -(each["distortion"] + each["rate"])
    bits = ratio(-elbo / math.log(2), each["entries"])
    return [
        subject.measured("elbo", mean(elbo), k=1, meaning=_said(subject, "elbo")),
        *([importance(subject, samples)] if samples else []),
        distortion,
        subject.measured("rate", mean(each["rate"]), k=1),
        subject.measured("bits_per_dim", bits, k=1, meaning=_said(subject, "bits_per_dim")),
    ]


def importance(subject: Subject, samples: int) -> Measured:
    """L_k with k = `samples` draws of each example."""
    name = f"l_{samples}"
    source = Watched(subject.source, f"L_{samples}")
    each = held_out_bound(subject.model, subject.params, subject.key, source, samples, subject.shown)
    return subject.measured(name, mean(each), k=samples, meaning=_said(subject, name))


def _said(subject: Subject, name: str) -> str:
    """What a bound means, with what it is a bound of."""
    spec = subject.splits.spec
    note = no_density(subject.config.likelihood, spec._asdict())
    said = "no density over grey values" if note else ""
    if name == "bits_per_dim" and not note:
        said = dequantisation(subject.model.parts.likelihood, spec)
    return "; ".join(filter(None, [find(name).meaning, said]))


def dequantisation(likelihood: object, spec: Spec) -> str:
    """Whether bits are those of stored levels, or of a density over values that were scaled; no noise is ever added."""
    if isinstance(likelihood, (Bernoulli, Counts, DiscretisedLogistic, GreyLevels)):
        return "of the stored levels themselves, so nothing is dequantised"
    if isinstance(spec.scale, float | int) and spec.scale != 1:
        more = f"add log2({spec.scale:g}) = {math.log2(spec.scale):.2f} for those of the stored unit"
        return f"of a density over values divided by {spec.scale:g}, without dequantisation; {more}"
    return "of a density over values as the model sees them, without dequantisation"
