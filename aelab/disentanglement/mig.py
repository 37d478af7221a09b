"""The mutual information gap (Chen et al. 2018, arXiv:1802.04942, eq. 6)."""

from aelab.disentanglement.information import entropies, gap, mutual_information
from aelab.disentanglement.prepared import Codes, Factors, prepared


def mig(codes: Codes, factors: Factors) -> float:
    """How far one number of the code is ahead of all others in what it says of a factor; the mean over the factors.

        MIG = (1/K) Σ_k (I(z_j(k); v_k) − max_{j ≠ j(k)} I(z_j; v_k)) / H(v_k),   j(k) = argmax_j I(z_j; v_k)

    It is 1 where each factor is in one number and in no other, and 0 where two numbers say as much of it. A number may
    hold several factors at no loss: `mig_sup` sees that. By chance it is 0. Codes are means of q(z|x), as in
    disentanglement_lib, and not draws from it, as in the paper. They are put into 20 bins (see `information`), so a
    factor of V > 20 values reaches no more than log 20 / log V: 0.81 for the 40 orientations of `sprites`.
    """
    codes, factors = prepared(codes, factors)
    return float((gap(mutual_information(codes, factors).T) / entropies(factors)).mean())
