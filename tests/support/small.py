"""A model that compiles at once, for what is about something else than its nets."""

from collections.abc import Sequence

from aelab import likelihoods, nets
from aelab.model import Autoencoder


def small_model(event: Sequence[int], posterior, prior) -> Autoencoder:
    """One hidden layer of eight units on either side, and coins."""
    return Autoencoder(
        encoder=nets.mlp.Encoder((8,)),
        posterior=posterior,
        prior=prior,
        decoder=nets.mlp.Decoder(event, (8,)),
        likelihood=likelihoods.Bernoulli(),
    )
