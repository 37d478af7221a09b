"""From a command line to a finished run folder."""

import sys
from collections.abc import Callable, Sequence
from types import ModuleType
from typing import Any, NamedTuple

from aelab.config import Config, automatic, flags, run_name, stored, tiny
from aelab.devices import places
from aelab.errors import AelabError
from aelab.runner import going_on, parent_process, together
from aelab.runs import scripts
from aelab.runs.folder import Run


def main(kind: type[Config], build: Callable, argv: Sequence[str] | None = None, *, prog: str = "") -> int:
    """Run an experiment script: one config, one run folder. Gives the exit code. `prog` is as in `command`."""
    script = scripts.own_script(build, kind)  # one of the two may be another script's
    return command(
        kind,
        lambda name, config: launch(name, tiny(config) if config.smoke else config, build),
        argv,
        script,
        alone=False,
        prog=prog,
    )


def command(
    kind: type,
    do: Callable[[str, Any], None],
    argv: Sequence[str] | None = None,
    script: ModuleType | None = None,
    *,
    alone: bool = True,
    prog: str = "",
) -> int:
    """`do(name of the script, config)` for a command line; gives the exit code. The script is that of `kind` for None.

    `prog` is the command as its help shows it; without it, that by which Python starts the script.

    Whatever a user can cause ends in one line on stderr. Nothing is imported that `--help` does not need. Several
    processes that Slurm or Open MPI started of a command that works `alone` are refused.
    """
    script = script or sys.modules[kind.__module__]
    try:
        parent_process.end_with_parent()
        config = flags.parse(
            kind,
            sys.argv[1:] if argv is None else argv,
            prog=prog or " ".join(("python", *scripts.start(script))),
            description=script.__doc__ or "",
            script=scripts.name_of(script),
        )
        if alone:
            places.require_alone(scripts.name_of(script))
        do(scripts.name_of(script), config)
        return 0
    except AelabError as error:
        flags.fail(error)
        return error.code
    except KeyboardInterrupt:
        flags.fail("interrupted")
        return 130


def launch(name: str, config: Config, build: Callable) -> None:
    """Train, score and draw one run, or what is left of it, and say how it went; with `--dry-run`, what it would be.

    Raises:
        AelabError: anything a user can cause.
    """
    config = going_on.settled(name, config).resolved()
    if config.dry_run:
        from aelab.runner.dry_run import as_json, describe

        if (place := places.find(config)) and place.index:
            return  # one description is enough
        ready = prepare(config, build)
        if config.json:
            print(as_json(name, config))
        else:
            describe(name, config, ready.experiment, ready.splits)
    else:
        with together.running(config, run_of(name, config)) as leads:
            if leads:
                report(train(name, config, build), config)
            else:
                follow(name, config, build)


class Prepared(NamedTuple):
    """What a run needs before it trains: each part may be missing, or may not fit the config."""

    experiment: Any
    splits: Any
    mode: Any
    devices: list


def prepare(config: Config, build: Callable) -> Prepared:
    """Load the data, build the experiment and find the devices; nothing is written before all of it fits."""
    from aelab import data
    from aelab.devices import processes, startup
    from aelab.runner import batch_parts, parameter_parts
    from aelab.runner.alike import require_alike
    from aelab.trackers import require_installed

    require_installed(config.track)
    startup.start(batch_parts.devices_to_show(config, processes.team().count), one_core=config.deterministic)
    splits = data.load(config)
    splits = splits._replace(notes=(*splits.notes, *_said(config, len(splits.train))))
    automatic.check(config, validated=splits.validation is not None)
    require_alike(config, build, splits)
    experiment = build(config, splits.spec)
    spread = batch_parts.spread(config, splits, experiment)
    parameter_parts.check(config, len(experiment.all_players()), len(spread.devices) // processes.team().count)
    splits = splits._replace(notes=(*splits.notes, *spread.said(config)))
    return Prepared(experiment, splits, spread.mode, spread.devices)


def _said(config: Config, examples: int) -> list[str]:
    """What follows for a run from the size of its training set, a line each."""
    size, steps = automatic.batch_size(config, examples), automatic.steps_per_epoch(config, examples)
    lines = [f"--batch-size {size}: a batch is the whole training set, {examples} events"] if size > examples else []
    if config.batch_size == automatic.AUTO:
        lines.append(f"--batch-size auto: {size} of {examples:,} events")
    return [*lines, automatic.said(found, steps)] if (found := automatic.plan(config, steps)) else lines


def run_of(name: str, config: Config) -> Run:
    """The folder of a config's run."""
    return Run(config.runs_dir / name.rpartition(".")[2] / run_name(name, config))


def train(name: str, config: Config, build: Callable, *, until: int = 0, at: Run | None = None) -> Run:
    """The finished run of a config: trained now, gone on with, or done before; with `until`, its first steps alone.

    Its folder is that of `run_of`, unless another one is given `at`.

    Raises:
        ConfigError: the data is no longer what the run was made from.
        AelabError: anything else a user can cause.
    """
    from aelab.runs.same_data import require_same_data

    ready = prepare(config, build)
    run = at or run_of(name, config)
    if run.finished:
        require_same_data(run, ready.splits)
    else:
        from aelab.runner.run import TrainingRun
        from aelab.runs.start import start_from
        from aelab.training.recipe import make_recipe

        begins_at = "" if config.continue_from else config.init_from  # one that goes on has begun long since
        start = start_from(ready.experiment, ready.splits, begins_at) if begins_at else None
        with run.locked():
            run.adopt(name, stored(config), scripts.origin(name, run.path, build, type(config)))
            going_on.bring(run, config)
            until = until or automatic.until(config, len(ready.splits.train))
            acts = acts_of(config, make_recipe(config, *ready, until), run)
            TrainingRun(run, acts.trainer, start, acts=acts).finish()
    return run


def acts_of(config: Config, recipe: Any, run: Run) -> Any:
    """What is done with the state of a run in its locked folder, and the trainer of it: of one process or of several.

    Raises:
        ConfigError: the folder is not on a disk that all processes see, and they need it.
    """
    from aelab.devices import processes
    from aelab.runner import led
    from aelab.runner.acts import Acts
    from aelab.training.leading import make_trainer

    here: Any = processes.team()
    if recipe.split and here.count > 1:
        return led.lead(recipe, config, run, here)
    return Acts(make_trainer(config, recipe), run)


def follow(name: str, config: Config, build: Callable) -> None:
    """Train a run in a process that does not lead it: it decides nothing, and writes at most its part of the state.

    Raises:
        AelabError: anything that a user can cause, in this process or in another one.
    """
    from aelab.devices import processes
    from aelab.runner import shares
    from aelab.training import leading
    from aelab.training.recipe import make_recipe
    from aelab.training.trainer import Trainer

    here: Any = processes.team()
    with here.passing_on():
        trainer = Trainer(config, make_recipe(config, *prepare(config, build)))
        if trainer.layout:
            shares.follow(trainer, run_of(name, config), here)
        else:
            leading.follow(trainer, here)


def report(run: Run, config: Config) -> None:
    """The summary on stdout: a few lines, or one of JSON."""
    import json

    from aelab.runner.finish import words

    if not run.finished:
        print(f"{run.path}: stopped after {config.until} epochs; the same command without --until goes on")
        return
    summary: dict[str, Any] = run.read("summary.json")
    if config.json:
        print(json.dumps(summary))
        return
    for score, value in summary["scores"].items():
        if score.startswith("test/"):
            print(f"{score:<24}{value:.4f}")
    for line in words(summary):
        print(line)
    print(f"report: {run.path / 'report.html'}")
