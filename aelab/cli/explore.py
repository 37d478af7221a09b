"""`aelab explore`: a page on which one plays with a trained run."""

from dataclasses import dataclass
from typing import Annotated, Literal

from aelab.cli.fields import OptionalPath, RunPath, Switch, Trusting
from aelab.config.bounds import Bounds


@dataclass(frozen=True)
class Explore(Trusting):
    """A page to play with a trained run: turn its code, draw, paint holes. The model runs in the browser.

    It is shown on this machine alone, until Ctrl-C. With --html it is written into one file instead, which works
    without a network.
    """

    path: RunPath  # a run folder
    port: Annotated[int, Bounds(low=0, high=65535)] = 0  # of 127.0.0.1; 0 takes a free one
    open: Switch = False  # open the page in a browser
    html: OptionalPath = None  # write the page into this file, and serve nothing
    which: Literal["last", "best"] = "last"  # checkpoint: the last or the best

    def run(self) -> None:
        from aelab import explore

        found = explore.contents(self.path, self.which, trust=self.trusted)
        if self.html:
            print(explore.write(found, self.html))
        else:
            explore.show(found, self.port, in_browser=self.open)
