"""What a part of a model is handed beside its inputs, and what it offers beside computing: it declares both itself.

    class Encoder(nn.Module):
        takes = ("mask", "condition")  # arguments of `__call__`, by their names
        offers = ("code_mask",)  # methods

A part that declares nothing is called with its inputs alone. What may be taken:

mask        entries that exist, of series of several lengths
hidden      entries that a corruption took away (encoders)
condition   labels, factors or a side array, one per example
view        the model itself, to be asked and not changed (priors)

A decoder may also say `gains_from_rows = True`: it is faster for each row when it is given more of them than a batch
has. Bounds that draw many codes of an event then decode several at once.
"""

from collections.abc import Callable, Mapping
from typing import Any

from aelab.errors import ConfigError

MAY_TAKE = ("mask", "hidden", "condition", "view")
MAY_OFFER = (
    "code_mask",  # mask of the events -> which places of a code on a grid exist
    "recomputing",  # () -> the same net, its blocks computed again in the backward pass
)


def takes(part: Any) -> tuple[str, ...]:
    """What a part is handed beside its inputs."""
    return tuple(getattr(part, "takes", ()))


def offers(part: Any) -> tuple[str, ...]:
    """The methods that a part has beside `__call__`."""
    return tuple(getattr(part, "offers", ()))


def gains_from_rows(part: Any) -> bool:
    """Whether a decoder is faster for each row when it is given more of them."""
    return getattr(part, "gains_from_rows", False)


def check(name: str, part: Any) -> None:
    """Hold what a part declares against what there is.

    Raises:
        ConfigError: it takes or offers something that nobody hands out or asks for.
    """
    for word, declared, known in (("takes", takes(part), MAY_TAKE), ("offers", offers(part), MAY_OFFER)):
        for unknown in declared:
            if unknown not in known:
                raise ConfigError(f"{name}: {word} {unknown!r}; there are {', '.join(known)}")


def handed(name: str, part: Any, context: Mapping[str, Any]) -> dict[str, Any]:
    """Of `context`, what a part takes; what is None was not given.

    Raises:
        ConfigError: a mask for a part that reads padding as if it were data, or no condition for one that needs it.
    """
    there = {key: value for key, value in context.items() if value is not None}
    wanted = takes(part)
    if "mask" in there and "mask" not in wanted:
        raise ConfigError(f"{name}: these events have a mask, and it takes none; declare takes = ('mask',)")
    if "condition" in wanted and "condition" not in there:
        raise ConfigError(f"{name}: it takes a condition, and none was given; --condition says where one comes from")
    return {key: there[key] for key in wanted if key in there}


class Recomputable:
    """What a module of blocks has that offers "recomputing": its field `remat` says whether they are computed again."""

    clone: Callable[..., Any]  # of a Linen module

    def recomputing(self) -> Any:
        """The same net whose blocks are computed again in the backward pass."""
        return self.clone(remat=True)


class Around:
    """What a module around another one, its `net`, declares: all that the net does, and that it takes `more`.

    class Conditioned(Around, nn.Module):
        net: nn.Module
        more = ("condition",)
    """

    net: Any
    more: tuple[str, ...] = ()
    clone: Callable[..., Any]  # of a Linen module

    @property
    def takes(self) -> tuple[str, ...]:
        """What the net takes, and `more`."""
        return (*takes(self.net), *self.more)

    @property
    def offers(self) -> tuple[str, ...]:
        """What the net offers."""
        return offers(self.net)

    @property
    def gains_from_rows(self) -> bool:
        """Whether the net does."""
        return gains_from_rows(self.net)

    def recomputing(self) -> Any:
        """The same, the blocks of the net computed again in the backward pass."""
        return self.clone(net=self.net.recomputing())

    def code_mask(self, mask: Any) -> Any:
        """Which places of a code on a grid exist, as the net says."""
        return self.net.code_mask(mask)
