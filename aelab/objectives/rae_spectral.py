"""A regularised autoencoder whose decoder cannot be steep: spectral norm (Ghosh et al. 2020, arXiv:1903.12436)."""

from jaxtyping import Array, Key

from aelab.batch import Batch, Hyper
from aelab.model import Autoencoder, PyTree
from aelab.nets import spectral
from aelab.objectives.loss import Loss
from aelab.objectives.one_draw import one_draw
from aelab.objectives.rae import code_length


def rae_spectral(
    model: Autoencoder, params: PyTree, key: Key[Array, ""], batch: Batch, *, step, hyper: Hyper, extra=()
) -> Loss:
    """Distortion and the length of the code; nats per example.

        distortion + β ½‖z‖²   (section 3)

    The decoder pays for nothing: it is an `aelab.nets.Spectral`, whose matrices have a largest singular value of 1
    (RAE-SN, section 3.1). β is `hyper.code_penalty`.
    """
    _, z, _, distortion = one_draw(model, params, key, batch)
    length = code_length(z)
    return Loss(distortion + hyper.code_penalty * length, {"distortion": distortion, "code_length": length})


def with_turned_decoder(params: PyTree, extra: PyTree) -> PyTree:
    """The parameters with the decoder's power iterations one step further: `Objective.project`."""
    model = params["model"]
    return {**params, "model": {**model, "decoder": spectral.turned(model["decoder"])}}
