"""The plain autoencoder's loss: rebuild the targets from the code."""

from jaxtyping import Array, Key

from aelab.batch import Batch, Hyper
from aelab.model import Autoencoder, PyTree
from aelab.objectives.loss import Loss
from aelab.objectives.one_draw import one_draw


def reconstruction(
    model: Autoencoder, params: PyTree, key: Key[Array, ""], batch: Batch, *, step, hyper: Hyper, extra=()
) -> Loss:
    """Negative log likelihood of the targets given the code of the inputs; nats per example.

        -log p(targets|z),  z ~ q(z|inputs)

    With a Bernoulli likelihood this is the binary cross-entropy, with a normal one half the squared error over σ² and a
    constant, both summed over the entries of an example. Noisy inputs make it the denoising autoencoder
    (Vincent et al. 2008, doi:10.1145/1390156.1390294, eq. 5). Targets outside `batch.entries` count for nothing: where
    those are what was hidden, this is the baseline of Sohn et al. 2015 (NIPS, section 5.1).
    """
    distortion = one_draw(model, params, key, batch).distortion
    return Loss(distortion, {"distortion": distortion})
