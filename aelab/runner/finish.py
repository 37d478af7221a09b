"""The end of a run: scores, figures, summary, report."""

import math
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from aelab import figures, report
from aelab.config import Config
from aelab.data.source import Spec, Splits
from aelab.devices import programs
from aelab.errors import NonFiniteError
from aelab.evaluation.layers import parameter_count, parameters_by_player
from aelab.evaluation.own_scores import try_shapes
from aelab.evaluation.pictures import pictures
from aelab.evaluation.score_errors import score_errors
from aelab.evaluation.scores import in_full, of_batches, score
from aelab.evaluation.trouble import advice, trouble
from aelab.experiment import Experiment, hyper
from aelab.experiment.scores import checked, no_density
from aelab.model import PyTree
from aelab.runs.folder import Run
from aelab.seeds import Purpose, key_for
from aelab.training.early_stopping import best
from aelab.training.state import State
from aelab.training.trainer import Trainer


class Found(NamedTuple):
    """What the parameters are worth."""

    scores: Mapping[str, float]  # as `<split>/<name>`
    errors: Mapping[str, float]  # standard errors of some of them
    params_sha256: str


def scores(experiment: Experiment, params: PyTree, config: Config, splits: Splits) -> dict[str, float]:
    """All scores of the held-out splits, as `<split>/<name>`.

    Raises:
        NonFiniteError: one of them is NaN or infinite.
    """
    return scores_and_errors(experiment, params, config, splits)[0]


def scores_and_errors(
    experiment: Experiment, params: PyTree, config: Config, splits: Splits
) -> tuple[dict[str, float], dict[str, float]]:
    """The scores, and the standard errors of those of the test split, where they are means over its examples.

    Raises:
        NonFiniteError: a score is NaN or infinite.
    """
    params, key = programs.on_one_device(params), key_for(config.seed, Purpose.EVALUATE)
    samples, shown = getattr(config, "importance_samples", 0), experiment.shown(key, hyper(config, 1, 1))
    of_split = partial(score, experiment.model, params, key, shown=shown, own=checked(experiment.scores))
    parts = of_batches(experiment.model, params, key, splits.test, shown)  # once, for scores and errors
    found = {f"test/{k}": v for k, v in of_split(splits.test, samples=samples, parts=parts).items()}
    if splits.validation is not None:
        found |= {f"validation/{k}": v for k, v in of_split(splits.validation).items()}
    for name, value in found.items():
        if not math.isfinite(value):
            raise NonFiniteError(f"{name} is not finite: look for numbers that are not finite in {splits.name}")
    return found, {f"test/{name}": error for name, error in score_errors(in_full(parts)).items()}


def try_scores(experiment: Experiment, params: PyTree, config: Config, splits: Splits) -> None:
    """Trace the scores that an experiment adds, before it trains for them.

    Raises:
        ConfigError: one of them cannot be declared or computed.
    """
    own, key = checked(experiment.scores), key_for(config.seed, Purpose.EVALUATE)
    try_shapes(experiment.model, params, key, splits.test, own, experiment.shown(key, hyper(config, 1, 1)))


def drawn(experiment: Experiment, params: PyTree, config: Config, splits: Splits) -> dict[str, Mapping]:
    """The arrays behind the figures of a run, by name; none where `config.figures` asks for none."""
    if config.figures == "none":
        return {}
    params, key = programs.on_one_device(params), key_for(config.seed, Purpose.GENERATE)
    shown = experiment.shown(key, hyper(config, 1, 1))
    own = experiment.figures.items()
    found = pictures(experiment.model, params, key, splits.test, shown)
    return found | {name: arrays(experiment.model, params, splits.test) for name, arrays in own}


def draw(run: Run, experiment: Experiment, config: Config, arrays: Mapping[str, Mapping], rows: Sequence) -> None:
    """Keep the arrays that were `drawn`, and the learning curves, and draw them where `config.figures` says so."""
    if arrays:
        for name, own in {**arrays, "curves": figures.gather(rows, experiment.scores)}.items():
            figures.save(run.path / "figures", name, own, drawn=config.figures == "draw")


def pictures_of(run: Run, config: Config) -> dict[str, Path]:
    """The pictures that were drawn of a run, by name."""
    return {path.stem: path for path in sorted((run.path / "figures").glob("*.png")) if config.figures == "draw"}


def summarise(
    run: Run, trainer: Trainer, state: State, found: Found, rows: Sequence, say: Callable[[str], object]
) -> None:
    """Write `summary.json` and the report of what a trainer has trained."""
    scores: Mapping[str, float] = found.scores
    config, step, players = trainer.config, int(state.step), trainer.experiment.all_players()
    summary: dict[str, Any] = {
        "run": run.path.name,
        "status": "done",
        "step": step,
        "epochs": step / trainer.cadence.epoch,
        "scores": dict(scores),
        "standard_errors": dict(found.errors),
        "params_sha256": found.params_sha256,
        "parameters": parameter_count(state.params),
        "trouble": [*trouble(scores, rows, config), *_skipped(state)],
        "advice": advice(rows, config),
        "notes": notes(scores, config, trainer.splits.spec),
    }
    if len(players) > 1:
        summary["parameters_by_player"] = parameters_by_player(players, state.params)
    if any(row["split"] == "validation" for row in rows):
        summary["best"] = {"step": best(rows)["step"], "validation/loss": best(rows)["loss"]}
    for line in words(summary):
        say(line)
    run.write("summary.json", summary)
    report.write(run.path)


def notes(scores: Mapping[str, float], config: Config, spec: Spec) -> list[str]:
    """What the scores are not."""
    bound = no_density(config.likelihood, spec._asdict()) if "test/elbo" in scores else ""
    return [bound] if bound else []


def words(summary: Mapping[str, Any]) -> list[str]:
    """The lines of a summary that a person reads: trouble, advice and notes; older summaries have the first alone."""
    kinds = (("trouble", "trouble"), ("advice", "advice"), ("notes", "note"))
    return [f"{said}: {line}" for kind, said in kinds for line in summary.get(kind, [])]


def _skipped(state: State) -> list[str]:
    count = int(state.extra.get("skipped", 0))
    return [f"{count} steps were not finite and were left out: nonfinite.jsonl names their examples"] if count else []
