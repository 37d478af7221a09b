"""`aelab completion`: a script by which a shell completes verbs, scripts, flags and their values."""

from dataclasses import dataclass
from typing import Annotated, Literal

import tyro

from aelab.cli.menu import Menu


@dataclass(frozen=True)
class Completion:
    """Print a script by which a shell completes what follows aelab: source <(aelab completion bash).

    For fish: aelab completion fish | source. Put the line into the file that your shell reads when it starts.
    """

    shell: Annotated[Literal["bash", "zsh", "fish"], tyro.conf.Positional, tyro.conf.arg(metavar="SHELL")]  # which

    def script(self, of: Menu) -> str:
        """The script, of what stands in a menu and in its verbs."""
        from aelab.cli import shell_scripts, shell_words

        places = list(shell_words.places(of))
        return shell_scripts.fish(places) if self.shell == "fish" else shell_scripts.posix(places, self.shell)

    def run(self) -> None:
        """Not come to: `main`, which has the menu, prints the script."""
