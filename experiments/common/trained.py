"""What the task scripts read from a finished run: its summary, its codes, and what it makes of spoilt events."""

from pathlib import Path
from typing import Any, Literal

from aelab.runs.folder import Run


def facts(run: Run, *more: str) -> dict[str, Any]:
    """What a row of a table says of its run: the name, the last step, and `more` entries of the summary."""
    summary = run.read("summary.json")
    return {name: summary[name] for name in ("run", "step", *more)}


def codes(run: Run, **sources: Any) -> tuple[Any, Any, dict[str, Any]]:
    """The model of a run, its parameters, and the codes of each source by name, `[example, number]`."""
    from aelab.evaluation.scores import flat_codes
    from aelab.runs.load import load

    model, params, _ = load(run.path)
    return model, params, {name: flat_codes(model, params, source) for name, source in sources.items()}


def restore(
    path: Path, spoilt: Any, which: Literal["last", "best"] = "last", part: str = "mean", hidden: Any = None
) -> Any:
    """What the run in a folder makes of spoilt events: the `part` of p(x|z) at the mode of the code, float32.

    `hidden` is where they were spoilt, for encoders that look at it.
    """
    from aelab.evaluation.batches import by_block
    from aelab.evaluation.programs import rebuilt
    from aelab.runs.load import load

    model, params, _ = load(path, which)

    def restored(block):
        shown, taken = block
        return rebuilt(model, params, shown, hidden=taken, part=part)

    return by_block(restored, (spoilt, hidden))
