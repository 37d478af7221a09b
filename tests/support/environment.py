"""What a process that a test starts is told of this one's environment."""

import os


def one_device() -> dict[str, str]:
    """This environment without its virtual devices: a user has one. Programs are compiled as here."""
    flags = [word for word in os.environ.get("XLA_FLAGS", "").split() if "host_platform_device_count" not in word]
    return {**os.environ, "XLA_FLAGS": " ".join(flags)}
