"""`aelab export`: a run as files that run elsewhere."""

from dataclasses import dataclass
from typing import Literal

from aelab.cli.fields import OptionalPath, RunPath, Switch, Trusting

Format = Literal["safetensors", "stablehlo", "onnx"]


@dataclass(frozen=True)
class Export(Trusting):
    """Write the model of a run as files for elsewhere: safetensors, programs by jax.export, settings, a model card.

    aelab.load reads the folder as it reads a run.
    """

    path: RunPath  # a run folder
    output: OptionalPath = None  # a new folder; else exports/RUN
    formats: tuple[Format, ...] = ("safetensors", "stablehlo")  # safetensors in any case; onnx needs aelab[onnx]
    html: Switch = False  # beside them page.html, the page of `aelab explore` as one file; it holds test events too
    which: Literal["last", "best"] = "last"  # checkpoint: the last or the best
    push: str = ""  # to this repository of the Hugging Face hub, as NAME/MODEL; needs aelab[hub]

    def run(self) -> None:
        from aelab import explore
        from aelab.export.export import Extra, export
        from aelab.export.push import library, push

        hub = library() if self.push else None
        extra = {}
        if self.html:
            page = explore.page(explore.contents(self.path, self.which, trust=self.trusted))
            extra["page.html"] = Extra(page.encode(), "a page to play with the model in a browser, with test events")
        folder = export(self.path, self.output, formats=self.formats, which=self.which, trust=self.trusted, extra=extra)
        print(folder)
        if hub:
            print(push(hub, folder, self.push))
