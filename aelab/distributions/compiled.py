"""Functions compiled at the public door and dissolved inside a larger program."""

from functools import partial

import jax

jit = partial(jax.jit, inline=True)  # compiled at the public door, dissolved inside a larger program
