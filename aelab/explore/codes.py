"""What the page knows of a run's codes: which numbers are most in use, how they are spread, and a map of them."""

from typing import Any

import numpy as np

from aelab.distributions import Normal, normal_kl_terms
from aelab.latents import flat


def described(q: Any, prior: Any, names: list[str]) -> dict[str, Any]:
    """Of the codes of some events: the `order` of their numbers, the most used first, and how each is distributed.

    A number of a normal code is used as much as its KL(q‖p), a mean over the events in nats; of another code it is used
    as much as it varies. `mean` and `spread` are mean and standard deviation of all codes together, each with the
    spread of its own q.
    """
    mode = np.asarray(flat(q.mode), np.float64)
    variance = np.asarray(flat(q.stddev), np.float64) ** 2 if isinstance(q, Normal) else np.zeros(1)
    normal = isinstance(q, Normal) and isinstance(prior, Normal)
    used = np.asarray(normal_kl_terms(q, prior)).reshape(len(mode), -1).mean(0) if normal else mode.var(0)
    return {
        "names": names,
        "order": np.argsort(-used, kind="stable").tolist(),
        "used": rounded(used),
        "measure": "nats" if normal else "variance",
        "standard": isinstance(prior, Normal),  # whether codes are drawn from a known normal prior
        "prior": [rounded(np.ravel(prior.mean)), rounded(np.ravel(prior.stddev))] if normal else None,
        "mean": rounded(mode.mean(0)),
        "spread": rounded(np.sqrt(mode.var(0) + variance.mean(0))),
        "map": code_map(mode),
    }


def code_map(codes: np.ndarray) -> dict[str, Any]:
    """Codes in the plane of their first two principal components: a place (a, b) is the code mean + a u + b v.

    A code of one number lies on a line.
    """
    mean = codes.mean(0)
    directions = np.linalg.svd(codes - mean, full_matrices=False)[2][:2]
    largest = np.take_along_axis(directions, np.abs(directions).argmax(1)[:, None], 1)
    directions = directions * np.where(largest < 0, -1, 1)
    places = (codes - mean) @ directions.T
    return {
        "mean": rounded(mean),
        "directions": [rounded(d) for d in directions],
        "places": [rounded(p) for p in places],
    }


def rounded(numbers: np.ndarray) -> list[float]:
    """Six digits, which is as many as a float32 has."""
    return [float(f"{x:.6g}") for x in numbers]
