"""A page on which one plays with a trained run. The model runs in the browser, and the page needs no network.

`contents` gathers what the page holds of a run, `write` puts the page into one file, and `show` serves it on this
machine alone. `trace` and its neighbours turn a function of JAX into a program that `assets/interpreter.js` runs.
"""

from aelab.explore.contents import contents
from aelab.explore.page import page
from aelab.explore.server import PageServer
from aelab.explore.show import show, write

__all__ = ["PageServer", "contents", "page", "show", "write"]
