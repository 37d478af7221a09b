"""M2 on a mixture of linear models, whose every sum over classes can be written down."""

import jax
import numpy as np
import pytest
import scipy.special
import scipy.stats

from aelab import latents, likelihoods, nets, priors
from aelab.batch import Batch, Hyper
from aelab.data.source import Spec
from aelab.model import Autoencoder
from aelab.nets import mlp
from aelab.objectives import elbo, m2

CLASSES, SIGMA, DRAWS, KEY = 3, 0.6, 600, jax.random.key(0)
SPEC = Spec((4,), "float32", "real", classes=("a", "b", "c"), condition="label", side=(CLASSES,))
RNG = np.random.default_rng(0)
W = np.linalg.qr(RNG.normal(size=(4, 2)))[0] * [1.5, 0.7]  # x = W z + centre of the class + σ ε
CENTRES = RNG.normal(0, 1.5, size=(CLASSES, 4))
X = CENTRES[[0, 1, 2, 0]] + 0.5 * RNG.normal(size=(4, 4))
LABEL = np.array([0, -1, 2, -1])  # of two events it is hidden


def log_joint():
    """log p(x, y) of each event and class, `[event, class]`."""
    covariance = W @ W.T + SIGMA**2 * np.eye(4)
    return np.array([[scipy.stats.multivariate_normal(c, covariance).logpdf(x) for c in CENTRES] for x in X]) - np.log(
        3
    )


@pytest.fixture(scope="module")
def compiled():
    """`(logits of each draw, β) -> (M2's loss, the ELBO for each class)` with the true posterior as q(z|x, y)."""
    encoder, decoder = nets.conditioned(mlp.Encoder(()), mlp.Decoder((4,), ()), (4,))
    model = Autoencoder(
        encoder=encoder,
        posterior=latents.Gaussian(2),
        prior=priors.standard_normal(2),
        decoder=decoder,
        likelihood=likelihoods.Normal(SIGMA),
    )
    variance = 1 / (1 + np.square(W).sum(0) / SIGMA**2)
    to_mean, shown = W * variance / SIGMA**2, np.sqrt(CLASSES)
    heads = {"kernel": np.c_[to_mean, 0 * to_mean], "bias": np.r_[0, 0, np.log(variance)]}
    affine = {"kernel": np.r_[W.T, CENTRES / shown], "bias": np.zeros(4)}
    pattern = {"pattern": {"kernel": -CENTRES / shown}}
    params = {
        "encoder": pattern,
        "posterior": {"mean_and_log_variance": heads},
        "decoder": {"net": {"Dense_0": affine}},
    }
    params = jax.tree.map(np.float32, params)
    x, label = np.repeat(X, DRAWS, 0).astype("f4"), np.repeat(LABEL, DRAWS)
    one_hot = shown * np.eye(CLASSES, dtype="f4")
    batch = Batch(x, x, condition=np.float32(shown * (label[:, None] == np.arange(CLASSES))))
    hyper = Hyper(own={"class_weight": 5.0})

    @jax.jit
    def every(logits, beta, first=0.0):
        given = {"model": params, "classifier": logits}
        numbers = hyper._replace(beta=beta, own={**hyper.own, "labels_first": first})
        loss = m2(lambda logits, inputs: logits, SPEC)(model, given, KEY, batch, step=0, hyper=numbers)
        of_class = [batch._replace(condition=np.tile(row, (len(x), 1))) for row in one_hot]
        return loss, [elbo(model, given, KEY, told, step=0, hyper=numbers).value for told in of_class]

    return every


@pytest.fixture(scope="module")
def losses(compiled):
    """The same for logits of each event."""

    def run(logits, beta=1.0):
        return jax.tree.map(np.float64, compiled(np.repeat(logits, DRAWS, 0).astype("f4"), beta))

    return run


def test_at_first_the_classifier_learns_from_labels_alone(compiled):
    """The loss itself is the same, and the slope of events with a label too; that of all others is 0."""
    logits = np.repeat(RNG.normal(size=(len(X), CLASSES)).astype("f4"), DRAWS, 0)

    def loss(logits, first):
        return compiled(logits, 1.0, first)[0].value.sum()

    (value, slope), (early, held) = (jax.value_and_grad(loss)(logits, first) for first in (0.0, 1.0))
    assert early == value
    known = np.repeat(LABEL >= 0, DRAWS)
    np.testing.assert_allclose(held[known], slope[known], rtol=1e-5)
    assert (held[~known] == 0).all()
    assert (slope[~known] != 0).any(1).all()


def test_a_classifier_that_is_sure_has_a_finite_slope(compiled):
    """Where q(y|x) of a class is 0 in float32, its logarithm is −∞, and may not be in a gradient."""
    sure = np.repeat(np.float32([[0, -200, -400]]), len(X) * DRAWS, 0)
    slope = jax.grad(lambda logits: compiled(logits, 1.0)[0].value.sum())(sure)
    assert np.isfinite(slope).all()


def by_event(values):
    values = values.reshape(len(X), DRAWS)
    return values.mean(1), values.std(1) / DRAWS**0.5


def test_with_the_true_posteriors_it_is_the_log_likelihood_by_enumeration(losses):
    """−log p(x) where the label is hidden, and −log p(x, y) − 5 log p(y|x) where it is known."""
    joint = log_joint()
    mean, error = by_event(losses(joint)[0].value)
    marginal = scipy.special.logsumexp(joint, 1)
    known = joint[[0, 2], LABEL[[0, 2]]]
    expected = -marginal
    expected[[0, 2]] = -known - 5 * (known - marginal[[0, 2]])
    assert (abs(mean - expected) < 4 * error + 1e-4).all()
    assert (error < 0.1).all()


@pytest.mark.parametrize("beta", [1.0, 3.0])
def test_it_is_the_mean_over_the_classes_less_the_entropy(losses, beta):
    """For any classifier, from the ELBO of each class."""
    logits = np.random.default_rng(1).normal(0, 2, size=(len(X), CLASSES))
    loss, of_class = losses(logits, beta)
    share = np.repeat(scipy.special.softmax(logits, 1), DRAWS, 0)
    cost = np.stack(of_class, 1) + np.log(CLASSES)
    hidden = (share * cost).sum(1) - scipy.stats.entropy(share, axis=1)
    label = np.repeat(LABEL, DRAWS)
    told = cost[np.arange(len(cost)), label] - 5 * np.log(share[np.arange(len(cost)), label])
    np.testing.assert_allclose(loss.value, np.where(label < 0, hidden, told), rtol=1e-4)
    np.testing.assert_array_equal(loss.terms["classification"][label < 0], 0)
