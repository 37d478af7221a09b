"""What a model does, as pure functions of arrays alone: the parameters are inside, the batch is of any size."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import export

from aelab.data.source import Spec
from aelab.errors import ConfigError
from aelab.model import Autoencoder, PyTree

KEY = "threefry2x32"  # the kind of key that `sample` takes; its data are two numbers


class Input(NamedTuple):
    """An array that a function takes."""

    shape: tuple[int, ...]  # behind the batch
    dtype: Any
    said: str  # what it is, in words
    batched: bool = True  # whether there is one for each example


class Function(NamedTuple):
    """`call` takes arrays in the order of `inputs`, and gives an array, or a tuple of them for a code of layers."""

    name: str
    call: Callable[..., PyTree]
    inputs: dict[str, Input]
    said: str  # what it gives

    @property
    def forms(self) -> list[jax.ShapeDtypeStruct]:
        """The shapes of its inputs, for a batch of any size."""
        (batch,) = export.symbolic_shape("batch")
        rows = {True: (batch,), False: ()}
        return [jax.ShapeDtypeStruct((*rows[each.batched], *each.shape), each.dtype) for each in self.inputs.values()]

    def refused(self, kind: str, error: Exception) -> ConfigError:
        """What to raise where a format has no form of it; `error` is whatever the maker of the format says."""
        why = str(error).splitlines()[0][:150]
        return ConfigError(f"--formats {kind}: {self.name} of this model has no such form ({why}); leave it out")


def functions(model: Autoencoder, params: PyTree, spec: Spec, side: Sequence[int] | None) -> Iterator[Function]:
    """encode, decode and, where there is a prior, sample. `side` is the shape of a condition, None where there is none.

    Events are as the model sees them. Series of unequal length take a mask, a conditional model takes a condition.
    """
    params = jax.tree.map(jnp.asarray, params)  # numpy's arrays cannot be indexed by what is traced
    context = dict(_context(model, spec, side))
    event = Input(tuple(spec.shape), np.float32, "events as the model sees them")

    def encode(x, *beside):
        return model.encode(params, x, **dict(zip(context, beside, strict=True))).mode

    yield Function("encode", encode, {"x": event, **context}, "the mode of q(z|x), of a normal distribution its mean")

    forms = [jax.ShapeDtypeStruct((1, *each.shape), each.dtype) for each in (event, *context.values())]
    layers, structure = jax.tree.flatten(jax.eval_shape(encode, *forms))

    def decode(*arrays):
        z = jax.tree.unflatten(structure, arrays[: len(layers)])
        return model.decode(params, z, **dict(zip(context, arrays[len(layers) :], strict=True))).mean

    names = ["z"] if len(layers) == 1 else [f"z{number}" for number, _ in enumerate(layers, 1)]
    codes = {n: Input(z.shape[1:], z.dtype, "codes") for n, z in zip(names, layers, strict=True)}
    yield Function("decode", decode, codes | context, "the mean of p(x|z)")

    def sample(key, index, *beside):
        given = dict(zip(context, beside, strict=True))
        return model.generate(params, jax.random.wrap_key_data(key, impl=KEY), index, **given)

    drawn = {
        "key": Input((2,), np.uint32, "jax.random.key_data of a key", batched=False),
        "index": Input((), np.int32, "numbers of the rows; a row's draw depends on the key and its number alone"),
    }
    if model.parts.prior is not None:
        yield Function("sample", sample, drawn | context, "the mean of p(x|z) at z drawn from the prior")


def _context(model: Autoencoder, spec: Spec, side: Sequence[int] | None) -> Iterator[tuple[str, Input]]:
    """What stands beside every event."""
    if spec.lengths:
        yield "mask", Input((spec.shape[0],), np.bool_, "true at the steps of a series that exist")
    if model.conditional and side is not None:
        yield "condition", Input(tuple(side), np.float32, "the condition as the model sees it")
