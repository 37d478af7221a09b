"""M2: a conditional VAE that sums over the label where nobody tells it (Kingma et al. 2014, arXiv:1406.5298).

`classifier` is a network `(params, inputs) -> logits [row, class]` for q(y|x). Its parameters are
`params["classifier"]`, and the player that moves the model moves them too.
"""

from collections.abc import Callable
from functools import partial

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Key

from aelab.batch import Batch, Hyper
from aelab.data.source import Spec
from aelab.data.to_batch import seen_condition
from aelab.model import Autoencoder, PyTree
from aelab.objectives.elbo import elbo
from aelab.objectives.loss import Loss

Classifier = Callable[[PyTree, Float[Array, "row *event"]], Float[Array, "row class"]]


def m2(classifier: Classifier, spec: Spec) -> Callable[..., Loss]:
    """The loss of a model whose condition is the label y, a row of zeros where it is not known; nats per example.

        known y:    J(y) - α log q(y|x)                    (eq. 6 and 9)
        unknown y:  Σ_y q(y|x) J(y) + Σ_y q(y|x) log q(y|x)   (eq. 7)

    J(y) = -log p(x|y, z) + beta KL(q(z|x, y) || p(z)) - log p(y) is the negative bound of log p(x, y), with all classes
    equally likely. α is `hyper.class_weight`. In the first `hyper.labels_first` steps, events of unknown y leave the
    classifier alone, so that its classes are those of the labels before it learns from what the model can tell apart.
    """
    return partial(_m2, classifier, spec)


def _m2(
    classifier: Classifier,
    spec: Spec,
    model: Autoencoder,
    params: PyTree,
    key: Key[Array, ""],
    batch: Batch,
    *,
    step,
    hyper: Hyper,
    extra=(),
) -> Loss:
    log_share = jax.nn.log_softmax(classifier(params["classifier"], batch.inputs))
    label = jnp.asarray(batch.condition) > 0
    known = label.any(1)
    believed = jnp.where(step < hyper.labels_first, jax.lax.stop_gradient(log_share), log_share)
    share = jnp.where(known[:, None], label, jnp.exp(believed))  # q(y|x), or all on the label that is known
    terms = jax.vmap(lambda shown: told(model, params, key, batch, shown, step=step, hyper=hyper).terms)(every(spec))
    mean = {name: jnp.einsum("rc,cr->r", share, each) for name, each in terms.items()}
    certainty = (share * believed).sum(1)  # finite, where log(share) of a share of 0 is not
    negative_entropy = jnp.where(known, 0.0, certainty)
    mean["class_rate"] = negative_entropy + jnp.log(share.shape[1])  # KL(q(y|x) ‖ p(y))
    mean["classification"] = jnp.where(known, -(label * log_share).sum(1), 0.0)
    bound = mean["distortion"] + hyper.beta_at(step) * mean["rate"] + mean["class_rate"]
    return Loss(bound + hyper.class_weight * mean["classification"], mean)


def every(spec: Spec) -> Float[Array, "class side"]:
    """Each class as the model is shown it."""
    return seen_condition(jnp.arange(len(spec.classes)), spec)


def told(model: Autoencoder, params: PyTree, key, batch: Batch, shown: Float[Array, "side"], *, step, hyper) -> Loss:
    """The ELBO of log p(x|y) for one class, the same for all rows."""
    return elbo(
        model, params, key, batch._replace(condition=jnp.tile(shown, (len(batch.inputs), 1))), step=step, hyper=hyper
    )
