"""Likelihoods p(x|z), a file each: from a decoder's outputs to a distribution over the event.

Objectives use `log_prob`, in nats summed over the event. Reports use `mse` and `bce`, means over the entries. The two
scales are never mixed: the first has units of information, the second does not change with the size of the picture.

- `Bernoulli`, `ContinuousBernoulli`: entries in [0, 1]. `GreyLevels`, `DiscretisedLogistic`: a few levels of [0, 1].
- `Normal`, `BoundedNormal`, `Laplace`, `StudentT`: real entries. `Categorical`: numbers of choices.
- `Counts`: negative binomial, zero-inflated or not. `Mixed`: rows of a table, each column by its kind.
- `menu` has those that `--likelihood` names. `chosen` makes the one that a config asks for, `choose` one by its name.
- `event_outputs`: how many numbers a decoder must give.
"""

from aelab.likelihoods.bernoulli import Bernoulli
from aelab.likelihoods.bounded_normal import BoundedNormal
from aelab.likelihoods.categorical import Categorical
from aelab.likelihoods.choose import Choice, choose, chosen, menu
from aelab.likelihoods.continuous_bernoulli import ContinuousBernoulli
from aelab.likelihoods.discretised_logistic import DiscretisedLogistic
from aelab.likelihoods.grey_levels import GreyLevels
from aelab.likelihoods.laplace import Laplace
from aelab.likelihoods.mixed import Mixed
from aelab.likelihoods.negative_binomial import Counts
from aelab.likelihoods.normal import Normal
from aelab.likelihoods.outputs import event_outputs
from aelab.likelihoods.reports import bce, mse
from aelab.likelihoods.student_t import StudentT

__all__ = [
    "Bernoulli",
    "BoundedNormal",
    "Categorical",
    "Choice",
    "ContinuousBernoulli",
    "Counts",
    "DiscretisedLogistic",
    "GreyLevels",
    "Laplace",
    "Mixed",
    "Normal",
    "StudentT",
    "bce",
    "choose",
    "chosen",
    "event_outputs",
    "menu",
    "mse",
]
