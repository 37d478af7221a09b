"""Whether the components of a mixture prior are the classes: clusters that were found without a label.

    c(x) = argmax_c π_c p_c(z)    at the mode z of q(z|x)

VaDE (Jiang et al. 2017, arXiv:1611.05148, eq. 16 and section 4.3). The accuracy is the share of examples whose cluster
is that of their class, when clusters and classes are matched one to one as well as possible. That of k-means on the
same codes, with as many clusters, stands beside it.
"""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Int

from aelab.data.arrays import labels
from aelab.data.source import Source
from aelab.distributions import Mixture
from aelab.evaluation.scores import codes
from aelab.experiment import Score
from aelab.latents import flat
from aelab.model import Autoencoder, PyTree

RESTARTS = 10  # of k-means, of which the best by its own measure counts


def accuracy(found: Int[np.ndarray, "example"], classes: Int[np.ndarray, "example"]) -> float:
    """The share of examples that agree, clusters matched to classes one to one; one too many matches none."""
    from scipy.optimize import linear_sum_assignment  # here: it takes a while to import

    table = np.zeros((found.max() + 1, classes.max() + 1), int)
    np.add.at(table, (found, classes), 1)
    return float(table[linear_sum_assignment(-table)].sum() / len(found))


@jax.jit
def nearest(p: Mixture, z: Any) -> Int[jax.Array, "example"]:
    """The component that most likely made each code."""
    each = jax.vmap(lambda one: one.log_prob(z), 0, -1)(p.components)
    return (jax.nn.log_softmax(p.logits) + each).argmax(-1)


def mixture_accuracy(model: Autoencoder, params: PyTree, key, source: Source) -> float:
    """Of the components of the prior."""
    z, p = codes(model, params, source, len(source)).mode, _prior(model, params)
    return accuracy(np.asarray(nearest(p, jnp.asarray(z))), _classes(source))


def k_means_accuracy(model: Autoencoder, params: PyTree, key, source: Source) -> float:
    """Of as many means, fitted to the codes that are judged."""
    from sklearn.cluster import KMeans  # here: it takes a second to import

    z = flat(codes(model, params, source, len(source)).mode)
    count = min(len(_prior(model, params).logits), len(z))
    return accuracy(KMeans(count, n_init=RESTARTS, random_state=0).fit(z).labels_, _classes(source))


def _prior(model: Autoencoder, params: PyTree) -> Mixture:
    """The prior, which is a mixture."""
    p: Any = model.prior(params)
    return p


def _classes(source: Source) -> Int[np.ndarray, "example"]:
    found = labels(source)
    if found is None:
        raise ValueError("the examples have no labels to judge clusters by")
    return found


SCORES = (
    Score("cluster_accuracy", "share", "higher", "of examples whose component of the prior is that of their class",
          mixture_accuracy, over="source"),
    Score("k_means_accuracy", "share", "higher", "the same of k-means on the same codes", k_means_accuracy,
          over="source", label="k-means accuracy"),
)  # fmt: skip
