"""What the JSON files of a run hold, as types, and values from JSON held against types."""

from typing import (
    Any,
    Literal,
    NotRequired,
    TypedDict,
)


class Status(TypedDict, total=False):
    """status.json."""

    state: str
    step: int
    reason: str


class Summary(TypedDict, total=False):
    """summary.json; scores in nats per example or as their names say."""

    status: str
    step: int
    epochs: float
    scores: dict[str, float | None]
    standard_errors: dict[str, float]
    params_sha256: str
    parameters: int
    parameters_by_player: dict[str, int]
    trouble: list[str]
    advice: list[str]
    notes: list[str]


class SpecForm(TypedDict):
    """`aelab.data.source.Spec`."""

    shape: list[int]
    dtype: str
    values: Literal["unit", "real"]
    scale: NotRequired[float | list[float]]
    shift: NotRequired[float | list[float]]
    levels: NotRequired[int]
    classes: NotRequired[list[str]]
    lengths: NotRequired[list[int]]
    names: NotRequired[list[str]]
    missing: NotRequired[bool]
    columns: NotRequired[list[list[Any]]]
    condition: NotRequired[str]
    side: NotRequired[list[int]]
    side_shift: NotRequired[list[float]]
    side_scale: NotRequired[list[float]]


class Data(TypedDict, total=False):
    """Which set a run saw."""

    name: str
    spec: dict[str, Any]
    splits: dict[str, dict[str, Any]]


class Script(TypedDict, total=False):
    """A user's own script: its name behind `python -m`, its file, and where that is as seen from the run folder."""

    module: str | None
    file: str
    beside: str


class Recipe(TypedDict):
    """What names a run's script and its settings, in config.json and in manifest.json."""

    experiment: str
    config: dict[str, Any]
    script: NotRequired[Script]


class Session(TypedDict, total=False):
    """How and where steps were made."""

    step: int
    command: str
    how: dict[str, Any]
    fingerprint: dict[str, Any]
    processes: int  # that trained together, where there were several
    script: dict[str, str]  # sha256 of a user's own script and of its modules


class Continued(TypedDict):
    """The finished run that a run goes on from: where it is from the run folder, its last step and its digests."""

    run: str
    step: int
    config_sha256: NotRequired[str]
    params_sha256: NotRequired[str]


class Digests(TypedDict):
    """A row of digests.jsonl."""

    step: int
    state: str
    leaves: NotRequired[str | dict[str, str]]


class OwnScore(TypedDict):
    """A score that an experiment adds, as `aelab.experiment.scores.as_json` writes it."""

    name: str
    unit: NotRequired[str]
    direction: NotRequired[Literal["lower", "higher", "neither"]]
    meaning: NotRequired[str]
    label: NotRequired[str]
    relative: NotRequired[bool]


class Manifest(TypedDict, total=False):
    """manifest.json."""

    experiment: str
    script: Script
    config: dict[str, Any]
    config_sha256: str
    data: Data
    layers: list[dict[str, Any]]
    own_scores: list[OwnScore]
    sessions: list[Session]
    continues: Continued
    digests: list[Digests]
    scores: dict[str, float | None]


class Row(TypedDict):
    """A row of any `.jsonl` file."""

    step: int


class Number(TypedDict):
    """A number of eval/metrics.json, as `aelab.measures.measure.Measured` has it."""

    name: str
    value: float
    error: float | None
    n: int
    split: str
    k: int | None
    seed: int
    checkpoint: str
    unit: str
    direction: str
    meaning: str


class NoNumber(TypedDict):
    """A number that a run does not have."""

    name: str
    why: str


class Group(TypedDict):
    """Numbers that were measured together."""

    group: str
    split: str
    k: int | None
    seed: int
    found: list[Number | NoNumber]
    about: dict[str, Any]


class Evaluation(TypedDict):
    """eval/metrics.json and eval/cost.json."""

    schema: int
    checkpoint: str
    groups: list[Group]


FILES: dict[str, Any] = {
    "status.json": Status,
    "summary.json": Summary,
    "manifest.json": Manifest,
    "digests.jsonl": Digests,
}
FILES |= {"eval/metrics.json": Evaluation, "eval/cost.json": Evaluation}
