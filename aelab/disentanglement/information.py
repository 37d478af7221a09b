"""What a number of a code and a factor say of each other, from how often their values come together.

    I(z; v) = Σ_b Σ_k p(b, k) log (p(b, k) / (p(b) p(k))),   H(v) = −Σ_k p(k) log p(k)

The numbers of a code are discretised: b is one of 20 bins of equal width between the smallest and the largest, as in
disentanglement_lib (Locatello et al. 2019, arXiv:1811.12359, appendix B). Shares of the examples stand for
probabilities. So I(z; v) of n independent pairs is not 0 but about (bins − 1)(values − 1) / 2n (Miller 1955).
"""

import numpy as np
from jaxtyping import Float, Int

from aelab.disentanglement.prepared import Codes, Factors

BINS = 20  # fixed by disentanglement_lib: scores of other numbers of bins do not compare


def binned(codes: Codes, bins: int = BINS) -> Int[np.ndarray, "example latent"]:
    """The bin of each number, 0 to `bins` − 1; that of a number of codes that never varies is 0."""
    low, width = codes.min(0), np.ptp(codes, axis=0)
    share = (codes - low) / np.where(width > 0, width, 1)
    return np.minimum((share * bins).astype(np.int64), bins - 1)


def mutual_information(codes: Codes, factors: Factors, bins: int = BINS) -> Float[np.ndarray, "latent factor"]:
    """I(z_j; v_k) of each number of the codes and each factor, in nats."""
    found = [[between(b, v) for v in factors.T] for b in binned(codes, bins).T]
    return np.array(found)


def between(a: Int[np.ndarray, "example"], b: Int[np.ndarray, "example"]) -> float:
    """The mutual information of two columns of counted values, in nats; never below 0."""
    values = b.max() + 1
    joint = np.bincount(a * values + b, minlength=(a.max() + 1) * values).reshape(-1, values) / len(a)
    return max(_entropy(joint.sum(1)) + _entropy(joint.sum(0)) - _entropy(joint), 0.0)


def entropies(factors: Factors) -> Float[np.ndarray, "factor"]:
    """H(v_k) of each factor, in nats."""
    return np.array([_entropy(np.bincount(values) / len(values)) for values in factors.T])


def _entropy(shares: np.ndarray) -> float:
    shares = shares[shares > 0]
    return float(-(shares * np.log(shares)).sum())


def gap(values: Float[np.ndarray, "*row choice"]) -> Float[np.ndarray, "*row"]:
    """The largest less the second largest of each row; of one choice alone, that choice."""
    if values.shape[-1] == 1:
        return values[..., 0]
    second, first = np.moveaxis(np.partition(values, -2, axis=-1)[..., -2:], -1, 0)
    return first - second
