"""The autoencoder: encoder, posterior, prior, decoder and likelihood behind three doors, pure functions of params."""

from collections.abc import Callable
from copy import copy
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import flax.linen as nn
import jax
import numpy as np
from jaxtyping import Array, Float, Int, Key

from aelab.distributions import Distribution, map_rows
from aelab.precision import Precision, in_precision, recomputed
from aelab.takes import check, handed, offers, takes

PyTree = Any
NETS = ("encoder", "decoder")  # the parts that a precision and recomputing speak of


class Parts(NamedTuple):
    """The five parts; each is usable alone. The prior may be a fixed distribution instead of a module."""

    encoder: nn.Module
    posterior: nn.Module
    prior: nn.Module | Distribution | None
    decoder: nn.Module
    likelihood: nn.Module


class Autoencoder:
    """Five parts and what they do together. `params` are dicts by player: `{"model": {part: its parameters}}`.

    Objectives call `encode`, `prior` and `decode` and nothing else, so any net meets any code, likelihood and loss.
    A plain autoencoder has no prior and cannot `generate`. `mask`, `hidden` and `condition` reach the parts that
    declare that they take them (`aelab.takes`).

    With `precision` "bf16", encoder and decoder compute in bfloat16; parameters, codes, likelihoods and rates stay
    float32. With `remat` they are computed again in the backward pass instead of kept: block by block where a net
    offers to, else each as a whole.

    Raises:
        ConfigError: a part takes or offers something unknown.
    """

    def __init__(
        self, *, encoder, posterior, decoder, likelihood, prior=None, precision: Precision = "f32", remat: bool = False
    ):
        if remat:
            encoder, decoder = (net.recomputing() if _has_blocks(net) else net for net in (encoder, decoder))
        self.parts = Parts(encoder, posterior, prior, decoder, likelihood)
        for name, part in self.parts._asdict().items():
            check(name, part)
        self.precision, self.remat, self._made = precision, remat, None

    @cached_property
    def _identity(self) -> tuple[int, Any]:
        """A hash of all that its programs depend on, and that itself.

        A part that cannot be hashed makes a model equal to itself alone.
        """
        parts = [_content(part) if part is self.parts.prior else part for part in self.parts]
        whole = (*parts, self.precision, self.remat, self._made)
        try:
            return hash(whole), whole
        except TypeError:
            return id(self), id(self)

    def __eq__(self, other: object) -> bool:
        """Models of equal parts are equal, and so share their compiled programs."""
        return self is other or (isinstance(other, Autoencoder) and self._identity == other._identity)

    def __hash__(self) -> int:
        return self._identity[0]

    def with_outputs(self, made: Callable[[PyTree], PyTree]) -> "Autoencoder":
        """This model with what a part gives passed through `made`, as where its parameters are split over devices."""
        other = copy(self)
        other.__dict__.pop("_identity", None)
        other._made = made
        return other

    @property
    def conditional(self) -> bool:
        """Whether any part takes a condition."""
        return any("condition" in takes(part) for part in self.parts)

    @property
    def prior_by_example(self) -> bool:
        """Whether the prior is p(z|condition), one per example."""
        return "condition" in takes(self.parts.prior)

    def init(self, key: Key[Array, ""], inputs: Float[Array, "batch *event"], **context) -> PyTree:
        """Fresh parameters for events shaped like `inputs`."""
        keys = Parts(*jax.random.split(key, len(Parts._fields)))
        params: dict[str, PyTree] = {}

        def initialise(name: str, *args, **context):
            part = getattr(self.parts, name)
            out, variables = part.init_with_output(getattr(keys, name), *args, **handed(name, part, context))
            if variables.get("params"):
                params[name] = variables["params"]
            return out

        q = initialise("posterior", initialise("encoder", inputs, **context))
        if isinstance(self.parts.prior, nn.Module):
            view = View(self, {"model": params})
            initialise("prior", view=view, condition=context.get("condition"))
        outputs = initialise("decoder", q.mode, **context)
        initialise("likelihood", outputs, condition=context.get("condition"))
        return {"model": params}

    def apply(self, part: str, params: PyTree, *args, **context):
        """One part alone, by its name in `Parts`; of `context`, what it takes."""
        variables, module = {"params": params["model"].get(part, {})}, getattr(self.parts, part)
        apply = module.apply
        if part in NETS:
            apply = in_precision(apply, self.precision)
            apply = recomputed(apply) if self.remat and not _has_blocks(module) else apply
        out = apply(variables, *args, **handed(part, module, context))
        return self._made(out) if self._made else out

    def encode(
        self, params, inputs: Float[Array, "batch *event"], *, mask=None, hidden=None, condition=None
    ) -> Distribution:
        """q(z|inputs), one per example."""
        encoder = self.parts.encoder
        features = self.apply("encoder", params, inputs, mask=mask, hidden=hidden, condition=condition)
        places = encoder.code_mask(mask) if "code_mask" in offers(encoder) else None  # only a code on a grid has any
        return self.apply("posterior", params, features, mask=places, condition=condition)

    def prior(self, params, *, condition=None) -> Distribution:
        """p(z), over one code; p(z|condition), one per example, where `prior_by_example`.

        A prior that takes a view is handed one of this model with these parameters.

        Raises:
            TypeError: a plain autoencoder has none.
        """
        if self.parts.prior is None:
            raise TypeError("a plain autoencoder has no prior over codes: its random codes decode to junk")
        if isinstance(self.parts.prior, nn.Module):
            return self.apply("prior", params, view=View(self, params), condition=condition)
        return self.parts.prior

    def decode(self, params, z: PyTree, *, mask=None, condition=None) -> Distribution:
        """p(x|z), one per code; `z` is `[batch, *grid, channel]`, or a tuple of such layers."""
        outputs = self.apply("decoder", params, z, mask=mask, condition=condition)
        return self.apply("likelihood", params, outputs, condition=condition)

    def reconstruct(self, params, inputs: Float[Array, "batch *event"], *, mask=None, condition=None):
        """The mean of p(x|z) at the mode of q(z|inputs): no draw. Shaped like the inputs."""
        z = self.encode(params, inputs, mask=mask, condition=condition).mode
        return self.decode(params, z, mask=mask, condition=condition).mean

    def draw_codes(self, params, key: Key[Array, ""], index: Int[Array, "batch"], *, condition=None) -> PyTree:
        """Codes z from the prior, one per `index`; what a row draws depends on (key, index) alone."""
        prior = self.prior(params, condition=condition)
        if self.prior_by_example:
            return prior.sample(key, index)
        one = map_rows(lambda leaf: leaf[None], prior)
        return jax.vmap(lambda i: jax.tree.map(lambda layer: layer[0], one.sample(key, i[None])))(index)

    def generate(self, params, key: Key[Array, ""], index: Int[Array, "batch"], *, mask=None, condition=None):
        """The mean of p(x|z) at z drawn from the prior, one per `index`; a row's draw depends on (key, index) alone.

        `mask` says how long each series is to be.
        """
        z = self.draw_codes(params, key, index, condition=condition)
        return self.decode(params, z, mask=mask, condition=condition).mean


@dataclass(frozen=True)
class View:
    """A model with the parameters of a step, to be asked and not changed: what a prior that takes a view is handed.

    So a prior may be made of codes of the model's own encoder (VampPrior: Tomczak and Welling 2018, arXiv:1705.07120).
    """

    model: Autoencoder
    params: PyTree

    def encode(self, inputs: Float[Array, "batch *event"], **context) -> Distribution:
        """q(z|inputs), one per example."""
        return self.model.encode(self.params, inputs, **context)

    def decode(self, z: PyTree, **context) -> Distribution:
        """p(x|z), one per code."""
        return self.model.decode(self.params, z, **context)


def _content(prior: Any) -> Any:
    """A prior as something to compare: a fixed distribution by its kind and the values of its arrays."""
    if prior is None or isinstance(prior, nn.Module):
        return prior
    leaves, structure = jax.tree.flatten(prior)
    arrays = (np.asarray(leaf) for leaf in leaves)
    return structure, *((array.shape, str(array.dtype), array.tobytes()) for array in arrays)


def _has_blocks(net: nn.Module) -> bool:
    return "recomputing" in offers(net)
