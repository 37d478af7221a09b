"""How like the real ones made-up events are, in features `[example, feature]` of both; and how varied."""

import numpy as np
from jaxtyping import Float

from aelab.evaluation.distances import reach, squared_distances

Features = Float[np.ndarray, "example feature"]


def frechet(a: Features, b: Features) -> float:
    """|μ_a - μ_b|² + tr(Σ_a + Σ_b - 2 (Σ_a Σ_b)^½), between the two as if both were normal (Heusel et al. 2017).

    In units of the features squared: numbers of two judges do not compare.
    """
    (mean_a, cov_a), (mean_b, cov_b) = _moments(a), _moments(b)
    root = _root(cov_a)
    shared = np.sqrt(np.clip(np.linalg.eigvalsh(root @ cov_b @ root), 0, None)).sum()
    return float(np.square(mean_a - mean_b).sum() + np.trace(cov_a) + np.trace(cov_b) - 2 * shared)


def _moments(x: Features) -> tuple[np.ndarray, np.ndarray]:
    x = x.astype(np.float64)
    return x.mean(0), np.atleast_2d(np.cov(x, rowvar=False))


def _root(cov: np.ndarray) -> np.ndarray:
    values, vectors = np.linalg.eigh(cov)
    return (vectors * np.sqrt(np.clip(values, 0, None))) @ vectors.T


def precision_recall(real: Features, made: Features, k: int = 3) -> tuple[float, float]:
    """Shares of made-up events inside the real manifold, and of real ones inside the made-up one.

    A manifold is the union of balls around its events, each up to its k-th nearest neighbour
    (Kynkäänniemi et al. 2019, arXiv:1904.06991, eq. 1 and 2).
    """
    real, made = real.astype(np.float32), made.astype(np.float32)
    return _inside(made, real, reach(real, k)), _inside(real, made, reach(made, k))


def _inside(x: Features, centres: Features, reaches: np.ndarray) -> float:
    return float(np.concatenate([(d <= reaches).any(1) for d in squared_distances(x, centres)]).mean())


def covered_classes(probabilities: Float[np.ndarray, "example class"]) -> float:
    """exp(entropy) of the shares in which a classifier finds the classes: all of them at equal shares, or 1 alone."""
    shares = np.bincount(probabilities.argmax(1), minlength=probabilities.shape[1]) / len(probabilities)
    shares = shares[shares > 0]
    return float(np.exp(-(shares * np.log(shares)).sum()))


def confidence(probabilities: Float[np.ndarray, "example class"]) -> float:
    """Mean probability of the likeliest class. A classifier may be sure of junk: read it beside the distance."""
    return float(probabilities.max(1).mean(dtype=np.float64))


def bootstrap(real: Features, made: dict[str, Features], draws: int, seed: int = 0) -> dict[str, np.ndarray]:
    """Fréchet distances `[draw]` of every set of made-up events under resampling of them and of the real ones.

    One draw resamples the real events once for all sets, so differences between two sets are paired.
    """
    rng = np.random.default_rng(seed)
    found: dict[str, list[float]] = {name: [] for name in made}
    for _ in range(draws):
        against = real[rng.integers(len(real), size=len(real))]
        for name, features in made.items():
            found[name].append(frechet(against, features[rng.integers(len(features), size=len(features))]))
    return {name: np.array(values) for name, values in found.items()}
