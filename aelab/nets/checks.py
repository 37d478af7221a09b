"""What the nets that read an event step by step ask of it; every error is one line that says what would fit."""

from collections.abc import Sequence

from aelab.errors import ConfigError


def check_event(net: str, event: Sequence[int]) -> None:
    """An event for a net over steps: a series (time, channel) or an image (height, width, channel), with entries.

    Raises:
        ConfigError: another rank, or no entries along an axis.
    """
    if len(event) not in (2, 3):
        raise ConfigError(
            f"--net: {net} reads series (time, channel) and images (height, width, channel), "
            f"not events of shape {(*event,)}; mlp reads any, and --kind series makes a series of each row of a table"
        )
    if 0 in event:
        kind = "series" if len(event) == 2 else "image"
        raise ConfigError(f"--data: {kind} of shape {(*event,)} has no entries; every axis needs at least 1")


def check_mask(mask, shape: Sequence[int]) -> None:
    """A mask for a batch whose leading axes are `shape`.

    Raises:
        ConfigError: a mask of another shape.
    """
    if mask is not None and mask.shape != (*shape,):
        raise ConfigError(f"mask: shape {mask.shape} does not fit these events; (batch, time) is {(*shape,)}")
