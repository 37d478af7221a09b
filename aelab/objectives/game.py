"""A game of two: a critic tells real things from made ones, and a generator wants its own to be taken for real.

Both are given logits of D, the share that the critic gives to a thing being real (Goodfellow et al. 2014,
arXiv:1406.2661).
"""

import jax
from jaxtyping import Array, Float

from aelab.objectives.loss import Loss

Logits = Float[Array, "batch"]


def telling(of_real: Logits, of_made: Logits, *of_others: Logits) -> Loss:
    """The critic's loss; nats per example.

        -1/2 log D(real) - 1/2 log(1 - D(made))   (eq. 1)

    At its optimum the logit is log p(real) − log p(made), and where both are alike the loss is log 2. What is made in
    several ways shares the second half. The term `told` is the share of both halves that is told rightly.
    """
    made = (of_made, *of_others)
    loss = 0.5 * jax.nn.softplus(-of_real) + 0.5 * mean_of([jax.nn.softplus(logit) for logit in made])
    return Loss(loss, {"told": 0.5 * (of_real > 0) + 0.5 * mean_of([(logit <= 0) * 1.0 for logit in made])})


def fooling(*of_made: Logits) -> Loss:
    """The generator's loss; nats per example.

        -log D(made)   (section 3: it has a slope where the critic is sure, unlike log(1 - D(made)))

    The term `fooled` is the share of what was made that the critic takes for real.
    """
    loss = mean_of([jax.nn.softplus(-logit) for logit in of_made])
    return Loss(loss, {"fooled": mean_of([(logit > 0) * 1.0 for logit in of_made])})


def mean_of(values: list[Float[Array, "batch"]]) -> Float[Array, "batch"]:
    return sum(values[1:], values[0]) / len(values)
