"""What a table says of drawn images, of which a judge has an opinion, and of how far they are from the test images."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from aelab.report import tables

COLUMNS = ("Fréchet distance", "precision", "recall", "confidence", "classes covered")
SCORES = ("frechet", "precision", "recall", "confidence", "classes")
Order = Sequence[tuple[str, str]]  # pairs of rows; of each, the first is claimed to have the larger distance


class Panel(NamedTuple):
    """A judge of one set, and what it makes of images of the set."""

    judge: Any
    params: Any
    accuracy: float  # share of the test images whose class it tells
    images: Mapping[str, Any]  # its opinion of the first images of each split

    def look(self, made: Any) -> Any:
        """Its opinion of drawn images, as a model sees them."""
        return self.judge.look(self.params, made)

    def scores(self, opinion: Any) -> dict[str, float]:
        """The scores of drawn images, held against those of the test set."""
        return scores(self.images["test"].features, opinion)


def panel(splits: Any, folder: Path, epochs: float, most: int) -> Panel:
    """The judge that `folder` keeps, or that learns now for so many epochs, and what it makes of the first images."""
    from aelab.evaluation.judge import judge_of

    judge, params, accuracy = judge_of(splits, folder / "judge.npz", epochs=epochs, seed=0)
    images = {part: judge.look(params, first(splits, part, most)) for part in ("train", "test")}
    return Panel(judge, params, accuracy, images)


def first(splits: Any, part: str, most: int) -> Any:
    """The first events of a split, at most so many, as a model sees them."""
    import numpy as np

    from aelab.data.normalise import normalised

    source = getattr(splits, part)
    return normalised(source.get_batch(np.arange(min(most, len(source)))), splits.spec)


def scores(real, opinion) -> dict[str, float]:
    """The scores of drawn images, of which the judge has an `opinion`; `real` are its features of test images."""
    from aelab.evaluation import likeness

    precision, recall = likeness.precision_recall(real, opinion.features)
    return {
        "frechet": likeness.frechet(real, opinion.features),
        "precision": precision,
        "recall": recall,
        "confidence": likeness.confidence(opinion.probabilities),
        "classes": likeness.covered_classes(opinion.probabilities),
    }


def cells(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """The cells of `COLUMNS` in the line of these rows: mean ± standard deviation over the seeds."""
    digits = (1, 3, 3, 3, 1)
    return [tables.spread([row[score] for row in rows], n) for score, n in zip(SCORES, digits, strict=True)]


def draw(folder: Path, real: Any, shown: Mapping[str, Any], title: str) -> None:
    """`samples.png`: test images over a row of drawn ones for each name, clipped to [0, 1]."""
    import numpy as np

    from aelab.figures import paper
    from aelab.figures.tiles import tiles
    from aelab.runs.atomic import write_atomically

    grid = np.stack([real, *(made[: len(real)] for made in shown.values())])
    with paper.style():
        picture = paper.png(tiles(np.clip(grid, 0, 1), title=title, rows=["test images", *shown]))
    write_atomically(folder / "samples.png", picture)


def ordering(drawn: Mapping[str, Any], order: Order) -> list[dict[str, Any]]:
    """Each claim with the 95 % interval of its difference; confirmed where that lies above 0.

    `drawn` has the distances of each row under resampling, paired.
    """
    import numpy as np

    found = []
    for worse, better in order:
        low, high = map(float, np.quantile(drawn[worse] - drawn[better], [0.025, 0.975]))
        found.append({"worse": worse, "better": better, "low": low, "high": high, "confirmed": low > 0})
    return found


def claims(orders: Sequence[Mapping[str, Any]], order: Order) -> str:
    """Each claim, confirmed or not, with the outermost ends of its intervals over the seeds."""
    lines = []
    for worse, better in order:
        own = [found for found in orders if (found["worse"], found["better"]) == (worse, better)]
        word = "confirmed" if all(found["confirmed"] for found in own) else "NOT confirmed"
        low, high = min(found["low"] for found in own), max(found["high"] for found in own)
        lines.append(f"- {worse} is farther than {better}: {word}; by {low:.1f} to {high:.1f}")
    return "\n".join(lines)
