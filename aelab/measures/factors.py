"""Whether numbers of the code stand for the known factors of the examples, one each."""

from aelab.disentanglement.every import of_model
from aelab.evaluation.estimate import Undefined as NotDefined
from aelab.measures.measure import Found, Undefined
from aelab.measures.subject import Subject

NAMES = ("mig", "mig_sup", "sap", "modularity", "dci_disentanglement", "dci_completeness", "dci_informativeness")
NAMES += ("factor_vae", "beta_vae")


def measure(subject: Subject) -> Found:
    """Every score of `aelab.disentanglement`, or why there is none."""
    found = of_model(subject.model, subject.params, subject.source, subject.key, seen=subject.shown)
    if isinstance(found, NotDefined):
        return [Undefined(name, found.reason) for name in NAMES]
    return [subject.measured(name, found[name]) for name in NAMES]
