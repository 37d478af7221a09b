"""The loss of quantised codes: its straight-through gradient against a derivative by hand."""

import jax
import numpy as np

from aelab.batch import Batch
from aelab.data.source import Spec
from aelab.experiment import hyper
from experiments import vq

RNG = np.random.default_rng(0)
EVENT, ROWS = (5,), 7
CONFIG = vq.Config(widths=(), latent_dim=2, tokens=2, codes=6, codebook="gradient", likelihood="normal", sigma=0.8)
MODEL = vq.build(CONFIG, Spec(EVENT, "float32", "real")).model
X, KEY = RNG.normal(size=(ROWS, *EVENT)).astype("f4"), jax.random.key(0)


def by_hand(head, entries, decoder):
    """Of a linear encoder and a linear decoder: the terms of each event, and the gradient of the sum of the losses.

    z = x A + a, e the nearest entries, x̂ = e D + d. Straight through, ∂x̂/∂z is ∂x̂/∂e:
    ∂/∂z = (x̂ − x) Dᵀ / σ² + β (z − e), and ∂/∂e_k = Σ (e_k − z) over those that chose it.
    """
    z = (X @ head["kernel"] + head["bias"]).reshape(ROWS, 2, 2)
    index = np.square(z[:, :, None] - entries).sum(-1).argmin(-1)
    e = entries[index]
    error = e.reshape(ROWS, 4) @ decoder["kernel"] + decoder["bias"] - X
    off = 0.5 * np.square(z - e).sum((1, 2))
    distortion = 0.5 * np.square(error / 0.8).sum(1) + 5 * (np.log(0.8) + 0.5 * np.log(2 * np.pi))
    by_output = error / 0.8**2
    by_z = (by_output @ decoder["kernel"].T) + CONFIG.commitment * (z - e).reshape(ROWS, 4)
    of_entries = np.zeros_like(entries)
    np.add.at(of_entries, index.ravel(), (e - z).reshape(-1, 2))
    grads = {
        "head": {"kernel": X.T @ by_z, "bias": by_z.sum(0)},
        "entries": of_entries,
        "decoder": {"kernel": e.reshape(ROWS, 4).T @ by_output, "bias": by_output.sum(0)},
    }
    return {"distortion": distortion, "commitment": off, "codebook": off}, grads


def test_the_gradient_goes_straight_through():
    shapes = jax.eval_shape(MODEL.init, KEY, X)
    params = jax.tree.map(lambda leaf: RNG.normal(size=leaf.shape).astype("f4"), shapes)
    numbers, batch = hyper(CONFIG, 1, 1), Batch(X, X)

    def summed(params):
        from aelab.objectives import quantised

        loss = quantised(MODEL, params, KEY, batch, step=0, hyper=numbers)
        return loss.value.sum(), loss.terms

    (_, terms), grad = jax.jit(jax.value_and_grad(summed, has_aux=True))(params)
    own, found = params["model"], grad["model"]
    head, entries = own["posterior"]["code"], own["posterior"]["book"]["entries"][0]
    (name,) = own["decoder"]
    expected_terms, expected = by_hand(head, entries, own["decoder"][name])
    for term, value in expected_terms.items():
        np.testing.assert_allclose(terms[term], value, rtol=1e-4)
    close = {"rtol": 1e-3, "atol": 1e-4}
    np.testing.assert_allclose(found["posterior"]["book"]["entries"][0], expected["entries"], **close)
    for part, layer in ((found["posterior"]["code"], "head"), (found["decoder"][name], "decoder")):
        for leaf in ("kernel", "bias"):
            np.testing.assert_allclose(part[leaf], expected[layer][leaf], **close)
