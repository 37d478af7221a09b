"""Along how many directions codes vary: the participation ratio of the eigenvalues of their covariance.

    (Σ_i λ_i)² / Σ_i λ_i² = (tr Σ)² / tr Σ²

It is d where d directions vary alike, and near 1 where one outweighs all others (Gao et al. 2017, doi:10.1101/214262).
"""

import numpy as np
from jaxtyping import Float

from aelab.evaluation.estimate import Estimate, jackknife


def effective_dimension(codes: Float[np.ndarray, "example latent"], *, seed: int = 0) -> Estimate:
    """The participation ratio of codes, with its standard error by the jackknife; 0 where no number varies.

    It depends on the scale of each number. Of n examples it is never above n − 1, and too small where n is no more than
    a few times the number of directions.
    """
    return jackknife(lambda z: {"ratio": participation(z)}, [codes], least=2, seed=seed)["ratio"]


def participation(codes: Float[np.ndarray, "example latent"]) -> float:
    """The ratio itself."""
    covariance = np.atleast_2d(np.cov(codes.astype(np.float64), rowvar=False))
    squares = np.square(covariance).sum()
    return float(np.trace(covariance) ** 2 / squares) if squares > 0 else 0.0
