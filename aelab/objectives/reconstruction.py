"""The plain autoencoder's loss: rebuild the targets from the code."""

from jaxtyping import Array, Key

from aelab.batch import Batch, Hyper
from aelab.model import Autoencoder, PyTree
from aelab.objectives.loss import Loss


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
    q = model.encode(params, batch.inputs, **batch.beside_inputs)
    z = q.sample(key, batch.index)
    x = model.decode(params, z, **batch.beside_code)
    distortion = -x.log_prob(batch.targets, mask=batch.entries)
    return Loss(distortion, {"distortion": distortion})
