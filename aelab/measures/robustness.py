"""How much worse events come back where the encoder sees them with noise, or with holes."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Key

from aelab import corruptions
from aelab.batch import Batch
from aelab.distributions import existing, sum_event
from aelab.evaluation.batches import per_example
from aelab.evaluation.estimate import ratio
from aelab.experiment.scores import find
from aelab.measures.measure import Found, Measured
from aelab.measures.subject import Subject
from aelab.model import Autoencoder, PyTree
from aelab.seeds import key_named

NOISE = (0.1, 0.25, 0.5)  # standard deviations
HOLES = (0.25, 0.5, 0.75)  # shares


def measure(subject: Subject) -> Found:
    """The mean squared error from the code's mode at each level of noise, and of holes."""
    spec = subject.splits.spec
    hole = "occlusion" if len(spec.shape) > 1 else "masking"
    about = {"occlusion": "a box of this share of each axis, or of the time of a series, is 0"}
    about["masking"] = "each entry is 0 with this probability"
    noise = [level(subject, "noise_mse", "gaussian", share) for share in NOISE]
    return [*noise, *(level(subject, "holes_mse", hole, share, about[hole]) for share in HOLES)]


def level(subject: Subject, name: str, kind: str, strength: float, about: str = "") -> Measured:
    """One kind of corruption at one strength; the error is over all entries, as they were before."""
    spec, key = subject.splits.spec, key_named(subject.key, kind)
    corrupt = corruptions.named(kind, spec.values, spec.shape)

    def of_batch(batch: Batch) -> dict[str, Array]:
        return errors(subject.model, corrupt, subject.params, key, subject.shown(batch), jnp.float32(strength))

    each = {name: each.astype(np.float64) for name, each in per_example(of_batch, subject.source).items()}
    meaning = "; ".join(filter(None, [find(name).meaning, about]))
    return subject.measured(f"{name}:{strength:g}", ratio(each["squared"], each["entries"]), meaning=meaning)


@partial(jax.jit, static_argnums=(0, 1))
def errors(
    model: Autoencoder, corrupt, params: PyTree, key: Key[Array, ""], batch: Batch, strength: Float[Array, ""]
) -> dict[str, Float[Array, "batch"]]:
    """Of each example the summed squared error and how many entries it is summed over."""
    seen = corrupt(key, batch, strength)
    seen = seen._replace(inputs=existing(seen.inputs, batch.entries))
    z = model.encode(params, seen.inputs, **seen.beside_inputs).mode
    back = model.decode(params, z, **seen.beside_code).mean
    squared = sum_event(jnp.square(batch.targets - back), batch.entries)
    return {"squared": squared, "entries": sum_event(jnp.ones_like(batch.targets), batch.entries)}
