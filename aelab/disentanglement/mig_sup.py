"""MIG-sup: the gap seen from the code (Li et al. 2020, arXiv:2002.10549, section 4.1)."""

from aelab.disentanglement.information import entropies, gap, mutual_information
from aelab.disentanglement.prepared import Codes, Factors, prepared


def mig_sup(codes: Codes, factors: Factors) -> float:
    """How far one factor is ahead of all others in a number of the code; the mean over the numbers.

        MIG-sup = (1/J) Σ_j (I(z_j; v_k(j)) / H(v_k(j)) − max_{k ≠ k(j)} I(z_j; v_k) / H(v_k)),   k(j) the largest

    It is 1 where each number holds one factor, whole, and nothing of the others. Numbers that hold nothing count as 0:
    a code of twice as many numbers as there are factors has at most about ½. 0 is its value by chance.
    """
    codes, factors = prepared(codes, factors)
    return float(gap(mutual_information(codes, factors) / entropies(factors)).mean())
