"""What `--dry-run` prints: the resolved config, the layers, and what memory they need."""

import dataclasses
import json
import math

from rich.console import Console
from rich.table import Table

from aelab.config import Config, flag, how, run_name, stored, unread
from aelab.data.source import Splits
from aelab.evaluation.layers import Layer, layers, parameter_count, parameters_by_player, size_in_bytes
from aelab.experiment import Experiment
from aelab.runs.folder import SCHEMA
from aelab.training.initial import state_shapes


def describe(name: str, config: Config, experiment: Experiment, splits: Splits) -> None:
    """Print everything about a run that can be known before it trains."""
    console = Console()
    spec = splits.spec
    state = state_shapes(experiment, spec, config)  # enough to count and to weigh: nothing is computed
    rows = layers(experiment.model, state.params, spec)
    console.print(settings_table(config))
    console.print(layer_table(rows, spec.shape))
    for line in widths(rows, spec.shape):
        console.print(line, highlight=False)
    stored = len(splits.train) * spec.event_bytes / 2**20
    how = "streamed" if stored > config.resident_mib else "in memory"
    megabytes = [size_in_bytes(state.params) / 2**20, size_in_bytes(state) / 2**20, stored]
    console.print(
        f"{parameter_count(state.params):,} parameters; memory: parameters {megabytes[0]:.1f} MiB, with the optimizer "
        f"{megabytes[1]:.1f} MiB, training set {megabytes[2]:.1f} MiB {how} ({len(splits.train):,} examples)",
        highlight=False,
    )
    players = experiment.all_players()
    if len(players) > 1:
        moved = parameters_by_player(players, state.params)
        console.print("; ".join(f"{player} moves {count:,} parameters" for player, count in moved.items()))
    console.print(f"run folder: {config.runs_dir / name.rpartition('.')[2] / run_name(name, config)}", soft_wrap=True)


def as_json(name: str, config: Config) -> str:
    """The script and every setting of a run, how it is to be carried out too, in the form of its `config.json`."""
    return json.dumps({"schema": SCHEMA, "experiment": name, "config": stored(config) | how(config)}, indent=2)


def settings_table(config: Config) -> Table:
    """Every setting that the net of this config reads, and its value."""
    table = Table("setting", "value", title="config", title_justify="left")
    for field in dataclasses.fields(config):
        if field.name in unread(config.net):
            continue
        value = getattr(config, field.name)
        table.add_row(flag(field.name), " ".join(map(str, value)) if isinstance(value, tuple) else str(value))
    return table


def layer_table(rows: list[Layer], event: tuple[int, ...]) -> Table:
    """Layer by layer from the event through the code and back."""
    table = Table("part", "layer", "output", "parameters", title="layers", title_justify="left")
    table.add_row("event", "", " × ".join(map(str, event)), "")
    for row in rows:
        table.add_row(
            row.part, row.layer, " × ".join(map(str, row.output)), f"{row.parameters:,}" if row.parameters else ""
        )
    return table


def widths(rows: list[Layer], event: tuple[int, ...]) -> list[str]:
    """The narrowing input > hidden > code, and a warning where the code is not smaller than the event."""
    sizes = [math.prod(event), *(math.prod(row.output) for row in rows if row.part == "encoder")]
    code = next(math.prod(row.output) for row in rows if row.part == "code")
    said = [" > ".join(map(str, [*sizes, code])).replace(f"> {code}", f"> {code} (code)")]
    if code >= sizes[0]:
        said.append(
            f"warning: the code ({code} numbers) is not smaller than the event ({sizes[0]}): it need not compress"
        )
    return said
