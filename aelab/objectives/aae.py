"""The adversarial autoencoder: a critic holds the codes to the prior (Makhzani et al. 2015, arXiv:1511.05644).

`critic` is a network `(params, codes [row, number], condition) -> logit [row]` that tells draws of the prior from codes
of events. Its parameters are `params["critic"]`, and the player that moves them is called so too. Two more play: the
model, which rebuilds events (`reconstruction`), and the generator, which is the encoder once more.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

from jaxtyping import Array, Float, Key

from aelab.batch import Batch, Hyper
from aelab.latents import flat
from aelab.model import Autoencoder, PyTree
from aelab.objectives.draws import drawn, prior_draws
from aelab.objectives.game import fooling, telling
from aelab.objectives.loss import Loss
from aelab.seeds import key_named

Critic = Callable[[PyTree, Float[Array, "row number"], Any], Float[Array, "row"]]


def aae_generator(critic: Critic) -> Callable[..., Loss]:
    """The loss of the encoder, whose codes are to pass for draws of the prior; nats per example.

    -log D(z),  z ~ q(z|inputs)   (section 2, regularization phase)
    """
    return partial(_generator, critic)


def aae_critic(critic: Critic) -> Callable[..., Loss]:
    """The loss of the critic; nats per example.

        -1/2 log D(z') - 1/2 log(1 - D(z)),  z' ~ p(z),  z ~ q(z|inputs)   (section 2, regularization phase)

    At its optimum the logit of D is log p(z) − log q(z), with q(z) the distribution of the codes of all events.
    """
    return partial(_critic, critic)


def _generator(
    critic: Critic,
    model: Autoencoder,
    params: PyTree,
    key: Key[Array, ""],
    batch: Batch,
    *,
    step,
    hyper: Hyper,
    extra=(),
) -> Loss:
    return fooling(critic(params["critic"], codes(model, params, key, batch), batch.condition))


def _critic(
    critic: Critic,
    model: Autoencoder,
    params: PyTree,
    key: Key[Array, ""],
    batch: Batch,
    *,
    step,
    hyper: Hyper,
    extra=(),
) -> Loss:
    random = flat(prior_draws(model, params, key_named(key, "prior"), batch))
    own = codes(model, params, key, batch)
    of_random, of_own = (critic(params["critic"], z, batch.condition) for z in (random, own))
    return telling(of_random, of_own)


def codes(model: Autoencoder, params: PyTree, key: Key[Array, ""], batch: Batch) -> Float[Array, "row number"]:
    """A code of each event, drawn from q(z|inputs), its numbers in a row."""
    return flat(drawn(model.encode(params, batch.inputs, **batch.beside_inputs), key, batch.index)[0])
