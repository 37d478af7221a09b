"""What a model is made of: its layers, their shapes and parameters, and what they weigh."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import flax.linen as nn
import jax
import jax.numpy as jnp

from aelab.data.source import Spec
from aelab.experiment.player import Player, own_parameters
from aelab.latents import layers as code_layers
from aelab.model import Autoencoder, PyTree, View


class Layer(NamedTuple):
    """One layer of one part."""

    part: str
    layer: str
    output: tuple[int, ...]  # of one example
    parameters: int


def layers(model: Autoencoder, params: PyTree, spec: Spec) -> list[Layer]:
    """Every layer that owns parameters, and every part's output, in the order of the computation; then other networks.

    Nothing is computed, so the shapes of the parameters will do in their place.
    """
    found: list[Layer] = []

    def through(params: PyTree, part: str, *args, **context):
        own = params["model"].get(part, {})

        def note(call, args, kwargs, context):
            out = call(*args, **kwargs)
            if context.method_name == "__call__" and isinstance(out, jax.Array):
                count = _own_parameters(own, context.module.path)
                if count and context.module.path:
                    found.append(Layer(part, "/".join(context.module.path), out.shape[1:], count))
            return out

        with nn.intercept_methods(note):
            return model.apply(part, params, *args, **context)

    def whole(params, x):
        condition = jnp.zeros((1, *spec.side)) if spec.condition else x  # what a corruption makes is like an event
        features = through(params, "encoder", x, condition=condition)
        z = through(params, "posterior", features, condition=condition).mode
        found.extend(Layer("code", name, layer.shape[1:], 0) for name, layer in code_layers(z).items())
        if isinstance(model.parts.prior, nn.Module):
            through(params, "prior", view=View(model, params), condition=condition)
        outputs = through(params, "decoder", z, condition=condition)
        out = through(params, "likelihood", outputs, condition=condition).mean
        count = parameter_count(params["model"].get("likelihood", {}))
        found.append(Layer("likelihood", type(model.parts.likelihood).__name__.lower(), out.shape[1:], count))

    jax.eval_shape(whole, params, jax.ShapeDtypeStruct((1, *spec.shape), "float32"))
    beside = {name: parameter_count(own) for name, own in params.items() if name != "model"}
    return found + [Layer(name, "", (), count) for name, count in beside.items()]


def _own_parameters(params: Mapping[str, Any], path: tuple[str, ...]) -> int:
    for name in path:
        params = params.get(name, {})
    return sum(leaf.size for leaf in params.values() if not isinstance(leaf, Mapping))


def parameter_count(params: PyTree) -> int:
    """How many numbers are learned."""
    return sum(leaf.size for leaf in jax.tree.leaves(params))


def parameters_by_player(players: Mapping[str, Player], params: PyTree) -> dict[str, int]:
    """How many numbers each player moves; those that several share count for each."""
    return {name: parameter_count(own_parameters(params, player.parts)) for name, player in players.items()}


def size_in_bytes(tree: PyTree) -> int:
    """Bytes of all arrays of a tree, or of their shapes."""
    return sum(leaf.size * leaf.dtype.itemsize for leaf in jax.tree.leaves(tree))
