"""`aelab apply`: a trained run on events of your own."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from aelab.cli.fields import OptionalPath, OptionalText, RunPath, Trusting
from aelab.config import Count, Seed

Task = Literal["encode", "reconstruct", "denoise", "inpaint", "score", "sample", "interpolate", "traverse"]


@dataclass(frozen=True)
class Apply(Trusting):
    """Encode, reconstruct, denoise, inpaint, score, sample, interpolate or traverse events of your own.

    They leave in the units in which they came. Holes to inpaint are NaN, or what is not 0 in the file --hidden.
    """

    path: RunPath  # a run folder
    task: Task  # what to do with the events
    output: Path  # .npz, .npy, .csv or a new folder for pictures
    input: OptionalText = None  # a file, a folder of pictures, or train, validation, test: a split of the run's own set
    hidden: OptionalPath = None  # inpaint: like --input, 0 where all is seen; or NaN marks the holes
    which: Literal["last", "best"] = "last"  # checkpoint: the last or the best
    spherical: bool = False  # interpolate: along an arc around the origin of the codes, not a straight line
    condition: str = ""  # a run with a condition: class or numbers for all events, or a file with one for each
    density: Literal["prior", "normal", "mixture", "flow"] = "prior"  # sample: of codes; else fitted to training codes
    count: Count = 64  # sample: how many
    seed: Seed = 0  # sample: of the draws

    def run(self) -> None:
        from aelab.apply import apply

        options: dict[str, Any] = {"which": self.which, "count": self.count, "seed": self.seed, "hidden": self.hidden}
        options |= {"spherical": self.spherical, "condition": self.condition, "density": self.density}
        apply.apply(self.path, self.task, self.input, self.output, trust=self.trusted, **options)
