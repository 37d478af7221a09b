"""What flows through a training step: a batch of events, and the numbers a population may vary."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int, Shaped


class Batch(NamedTuple):
    """Examples and all that is known about them; None where a field does not apply.

    A corruption replaces `inputs` and fills `hidden`; what the model must rebuild stays in `targets`.
    """

    inputs: Float[Array, "batch *event"]  # what the encoder sees
    targets: Float[Array, "batch *event"]  # what the decoder must rebuild
    mask: Bool[Array, "batch time"] | None = None  # entries that exist (padding in time is False)
    hidden: Bool[Array, "batch *event"] | None = None  # entries that a corruption took away
    weight: Float[Array, "batch"] | None = None  # 0 for rows that only pad the batch, None for all 1
    index: Int[Array, "batch"] | None = None  # row in the global batch: draws are keyed by it
    condition: Shaped[Array, "batch *side"] | None = None  # labels or side input
    counted: Bool[Array, "batch *event"] | None = None  # entries that were observed and are to be rebuilt, None for all

    @property
    def weights(self) -> Float[Array, "batch"]:
        """What each row counts in a sum over the batch: 0 for rows that only pad it."""
        return jnp.ones(len(self.inputs)) if self.weight is None else self.weight

    @property
    def beside_inputs(self) -> dict[str, Array | None]:
        """What `Autoencoder.encode` is given beside the inputs; its parts take of it what they declare."""
        return {"mask": self.mask, "hidden": self.hidden, "condition": self.condition}

    @property
    def beside_code(self) -> dict[str, Array | None]:
        """What `Autoencoder.decode` is given beside the code."""
        return {"mask": self.mask, "condition": self.condition}

    @property
    def entries(self) -> Bool[Array, "batch *axes"] | None:
        """The entries of the targets whose likelihood counts, None for all."""
        return self.mask if self.counted is None else self.counted


class Hyper(NamedTuple):
    """Numbers that reach the step as traced scalars, so that a sweep over them compiles once.

    `own` are those that a script's own config marks as `Traced`; they are read by name too, as `hyper.gamma`.
    """

    lr: float = 1e-3  # peak learning rate
    steps: float = 1.0  # of the whole run, over which a schedule goes down
    beta: float = 1.0  # weight of the rate
    weight_decay: float = 0.0
    clip: float = 0.0  # largest global norm of the gradient
    warmup: float = 0.0  # steps over which the learning rate rises from 0
    beta_warmup: float = 0.0  # steps over which beta rises from 0
    noise: float = 0.0  # strength of the corruption
    own: Mapping[str, Any] = {}

    def __getattr__(self, name: str) -> Any:
        """One of `own`.

        Raises:
            AttributeError: there is no such number.
        """
        try:
            return self.own[name]
        except KeyError:
            raise AttributeError(
                f"no traced number {name!r}; give the config a field {name}: Annotated[float, Traced()], or bind the "
                "number to the function, as functools.partial does"
            ) from None

    def of(self, player: str) -> "Hyper":
        """The numbers of one player: its own, as `critic_lr` for the player "critic", before those that all share."""
        start = f"{player}_"
        mine = {name.removeprefix(start): value for name, value in self.own.items() if name.startswith(start)}
        fields = {name: value for name, value in mine.items() if name in TRACED}
        return self._replace(**fields, own={**self.own, **mine})

    def beta_at(self, step: Int[Array, ""] | int) -> Float[Array, ""]:
        """Weight of the rate at `step`: a linear rise over `beta_warmup` steps, then `beta`."""
        return self.beta * jnp.clip((step + 1) / jnp.maximum(self.beta_warmup, 1.0), 0.0, 1.0)


TRACED = frozenset(Hyper._fields) - {"steps", "own"}  # settings that are traced whatever config they stand in
