"""Settings: what a number may be, the fields of an experiment, which of them name a run, and the command line.

No JAX is imported here, so that `--help` answers at once.
"""

from aelab.config.bounds import (
    MOST,
    Bounds,
    Count,
    Layers,
    Natural,
    NonNegative,
    Positive,
    Seed,
    Share,
    Size,
    SizeOrNone,
    check,
)
from aelab.config.codes import RandomCodeOptions
from aelab.config.dictionaries import DictionaryOptions
from aelab.config.fields import AnyConfig, Config, Corrupted, DataOptions, tiny
from aelab.config.identity import HOW, JOINING, LAUNCH, data_label, how, identity, run_name, stored
from aelab.config.json_form import from_json
from aelab.config.likelihoods import LikelihoodOptions
from aelab.config.markers import Traced, before, marked, since
from aelab.config.nets import RECORDS, Activation, NetName, unread
from aelab.config.objectives import BoundOptions, ElboOptions, PenaltyOptions
from aelab.config.quantised import QuantisedOptions
from aelab.config.spelling import flag

__all__ = [
    "HOW",
    "JOINING",
    "LAUNCH",
    "MOST",
    "RECORDS",
    "Activation",
    "AnyConfig",
    "BoundOptions",
    "Bounds",
    "Config",
    "Corrupted",
    "Count",
    "DataOptions",
    "DictionaryOptions",
    "ElboOptions",
    "Layers",
    "LikelihoodOptions",
    "Natural",
    "NetName",
    "NonNegative",
    "PenaltyOptions",
    "Positive",
    "QuantisedOptions",
    "RandomCodeOptions",
    "Seed",
    "Share",
    "Size",
    "SizeOrNone",
    "Traced",
    "before",
    "check",
    "data_label",
    "flag",
    "from_json",
    "how",
    "identity",
    "marked",
    "run_name",
    "since",
    "stored",
    "tiny",
    "unread",
]
