"""VAE-GAN: events are compared by what a critic sees in them (Larsen et al. 2016, arXiv:1512.09300).

`critic` is a network `(params, events, mask, condition) -> (logit [row], features [row, number])` that tells events of
the set from events that were decoded. Its parameters are `params["critic"]`. Three play: the model moves encoder and
prior, the generator moves the decoder, and the critic itself (algorithm 1).
"""

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import jax.numpy as jnp
from jaxtyping import Array, Float, Key

from aelab.batch import Batch, Hyper
from aelab.distributions import existing, sum_event
from aelab.model import Autoencoder, PyTree
from aelab.objectives.draws import prior_draws
from aelab.objectives.game import fooling, telling
from aelab.objectives.loss import Loss
from aelab.objectives.one_draw import OneDraw, one_draw, rate_of
from aelab.seeds import key_named

Critic = Callable[..., tuple[Float[Array, "row"], Float[Array, "row number"]]]


class Seen(NamedTuple):
    """What the critic says of some events, and what it sees in them."""

    logit: Float[Array, "row"]
    features: Float[Array, "row number"]


class Played(NamedTuple):
    """A draw of the code of each event, and what the critic sees: the event, that draw decoded, one of the prior."""

    draw: OneDraw
    real: Seen
    rebuilt: Seen
    random: Seen


def vae_gan(critic: Critic) -> Callable[..., Loss]:
    """The loss of encoder and prior; nats per example.

        D + beta * KL(q(z|inputs) || p(z)),   D = (1 - s) (-log p(targets|z)) + s ½‖f(targets) - f(x̃)‖²

    f are the features of the critic and x̃ is the mean of p(x|z). The second distortion is −log N(f(targets); f(x̃), I)
    (eq. 7 and 8), its constant left out: the critic may have any number of features. s is `hyper.feature_share`, 1 in
    the paper; at s 0 this is the ELBO.
    """
    return partial(_model, critic)


def vae_gan_generator(critic: Critic) -> Callable[..., Loss]:
    """The loss of the decoder; nats per example.

        D + w (-1/2 log C(x̃) - 1/2 log C(x')),  x' decoded from a draw of the prior   (algorithm 1)

    C is the share that the critic gives to an event being real, and D the distortion of `vae_gan`. w is
    `hyper.adversary_weight`. The paper weighs the other side, as γ D; γ is 1 / w.
    """
    return partial(_generator, critic)


def vae_gan_critic(critic: Critic) -> Callable[..., Loss]:
    """The loss of the critic; nats per example.

        -1/2 log C(targets) - 1/4 log(1 - C(x̃)) - 1/4 log(1 - C(x'))   (eq. 9)

    The paper gives all three the same weight. Here real and made events weigh the same, so that a critic that sees no
    difference tells half of them rightly.
    """
    return partial(_critic, critic)


def _model(
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
    found = played(critic, model, params, key, batch)
    terms = distortions(found)
    rate = rate_of(model, params, batch, found.draw)
    return Loss(blended(terms, hyper) + hyper.beta_at(step) * rate, {**terms, "rate": rate})


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
    found = played(critic, model, params, key, batch)
    distortion, game = blended(distortions(found), hyper), fooling(found.rebuilt.logit, found.random.logit)
    value = distortion + hyper.adversary_weight * game.value
    return Loss(value, {"distortion": distortion, "adversary": game.value, **game.terms})


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
    found = played(critic, model, params, key, batch)
    return telling(found.real.logit, found.rebuilt.logit, found.random.logit)


def played(critic: Critic, model: Autoencoder, params: PyTree, key: Key[Array, ""], batch: Batch) -> Played:
    """The critic sees only entries that count, as 0 where they do not, of made events too: holes tell nothing."""
    draw = one_draw(model, params, key, batch)
    random = prior_draws(model, params, key_named(key, "prior"), batch)

    def seen(events: Float[Array, "batch *event"]) -> Seen:
        return Seen(*critic(params["critic"], existing(events, batch.entries), batch.mask, batch.condition))

    made = (seen(model.decode(params, z, **batch.beside_code).mean) for z in (draw.z, random))
    return Played(draw, seen(batch.targets), *made)


def distortions(found: Played) -> dict[str, Float[Array, "batch"]]:
    """Of the entries of an event, and of its features, in nats."""
    apart = found.real.features - found.rebuilt.features
    return {"distortion": found.draw.distortion, "feature_distortion": 0.5 * sum_event(jnp.square(apart))}


def blended(terms: dict[str, Float[Array, "batch"]], hyper: Hyper) -> Float[Array, "batch"]:
    """Both distortions by their shares."""
    share = hyper.feature_share
    return (1 - share) * terms["distortion"] + share * terms["feature_distortion"]
