"""How the functions of a distribution are compiled.

Called by itself, such a function is one compiled program. Called while a larger program is traced, it becomes part of
that one, so a training step is the same as if it were written there.
"""

from functools import partial

import jax

jit = partial(jax.jit, inline=True)
