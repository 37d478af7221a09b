"""The typed settings every experiment has; no jax here, so that `--help` answers at once."""

import dataclasses
import hashlib
import json
import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar, get_args, get_origin, get_type_hints

from aelab import forms
from aelab.errors import ConfigError


@dataclass(frozen=True)
class Bounds:
    """What a number may be; NaN never is. Stands in a field's type: `Annotated[float, Bounds(...)]`."""

    low: float = -math.inf
    high: float = math.inf
    above: bool = False  # `low` itself is excluded
    below: bool = False  # `high` itself is excluded

    def __contains__(self, x: float) -> bool:
        over = self.low < x if self.above else self.low <= x
        under = x < self.high if self.below else x <= self.high
        return over and under and math.isfinite(x)

    def __str__(self) -> str:
        if self.high < math.inf:
            return f"a number from {self.low:g} to {self.high:.10g}" + (" (exclusive)" if self.below else "")
        return f"a finite number {'above' if self.above else 'of at least'} {self.low:g}"


Count = Annotated[int, Bounds(low=1)]
Natural = Annotated[int, Bounds(low=0)]
Layers = Annotated[int, Bounds(low=1, high=1000)]
Size = Annotated[int, Bounds(low=1, high=65536)]  # a number, not an array: what is absurd must cost nothing to refuse
SizeOrNone = Annotated[int, Bounds(low=0, high=65536)]
Positive = Annotated[float, Bounds(low=0, above=True)]
NonNegative = Annotated[float, Bounds(low=0)]
Share = Annotated[float, Bounds(low=0, high=1, below=True)]

MOST = 1000  # values of a list

# How a run is carried out, not what it computes: stands in the manifest, and in no name and no comparison of configs.
HOW = frozenset(
    {"runs_dir", "parallel", "devices", "deterministic", "chunk", "resident_mib", "accumulate", "remat"}
    | {"workers", "save_every", "eval_every", "keep", "rounds"}
)
# What to do with a config: not part of a run at all.
LAUNCH = frozenset({"json", "dry_run", "until"})
# Fields that came after runs had names: stated and hashed only where they are set, so that older runs keep theirs.
LATER = {
    **{"classes": [], "corruption": "none", "noise": 0.0, "noise_range": False, "fill": 0.0, "rebuild": "all"},
    **{"mirror": True, "code_activation": "identity", "precision": "f32"},
}


@dataclass(frozen=True)
class DataOptions:
    """Which set, and how it is read: all that `aelab.data.load` goes by."""

    data: str = "fashion_small"  # a set by name, or your own: images:FOLDER, npz:FILE, npy: csv: ts: idx: tfds:
    validation: Share = 0.1  # share of the training set held out, where the set has no validation split of its own
    split: str = ""  # tfds: what to train on, as TFDS writes it: train[:90%]
    image_size: Natural = 0  # images, tfds: the middle square, scaled to so many pixels; 0 leaves sizes alone
    colour: Literal["auto", "grey", "rgb"] = "auto"  # images: auto is rgb where any has colours
    classes: tuple[Natural, ...] = ()  # labels to train and validate on, the test set keeps all; none is all of them
    binarize: bool = False  # events in [0, 1] become bits, drawn anew at every training step, once for scores
    label_column: str = "auto"  # csv, ts: of the class, a name, a number from 0, none; auto: label or class


@dataclass(frozen=True)
class Config(DataOptions):
    """Settings shared by all experiments; cadences count epochs, and fractions of one are fine."""

    net: Literal["mlp", "conv", "lstm", "transformer"] = "mlp"  # architecture of the encoder and the decoder
    activation: Literal["elu", "gelu", "identity", "leaky_relu", "relu", "sigmoid", "silu", "tanh"] = "gelu"
    widths: tuple[Size, ...] = (512, 256)  # mlp: hidden layers of the encoder; the decoder mirrors them
    mirror: bool = True  # mlp: or not, and the decoder is one linear layer
    channels: tuple[Size, ...] = (32, 64)  # conv: of each stage, which halves every axis; the decoder mirrors them
    kernel: Size = 3  # conv: entries along each axis of a window
    residual: Annotated[int, Bounds(low=0, high=1000)] = 0  # conv: residual blocks in each stage
    norm: Literal["none", "group", "layer"] = "none"  # conv: between a convolution and its activation
    dense: SizeOrNone = 0  # conv: width of a dense layer between the last grid and the code; 0 is none
    latent_grid: bool = False  # conv: a code of latent_dim channels at each place of the last grid
    width: Size = 128  # lstm, transformer: of the state or the tokens
    depth: Layers = 1  # lstm, transformer: layers or blocks of the encoder, and as many of the decoder
    bidirectional: bool = False  # lstm: the encoder reads both ways
    feedback: bool = False  # lstm: the decoder is fed its own last output
    heads: Size = 4  # transformer: of attention
    patch: SizeOrNone = (
        0  # transformer: entries along each axis of a token; 0 takes the smallest that leaves 256 tokens
    )
    positions: Literal["learned", "sinusoidal"] = "learned"  # transformer: how a token knows its place
    max_length: SizeOrNone = 0  # transformer: longest series it will ever read, in steps; 0 is the longest of the set
    latent_dim: Size = 16  # numbers in a code
    likelihood: Literal["auto", "bernoulli", "normal", "categorical"] = "auto"  # auto: bernoulli on [0, 1], else normal
    sigma: Positive | Literal["learned"] = 1.0  # standard deviation of the normal likelihood
    epochs: Count = 20  # passes over the training set
    batch_size: Count = 128  # examples per step, over all devices
    lr: Positive = 1e-3  # peak learning rate
    optimizer: Literal["adam", "adamw", "lion", "momentum", "rmsprop", "sgd"] = (
        "adam"  # adamw: adam with --weight-decay
    )
    schedule: Literal["constant", "linear", "cosine"] = "constant"  # of the learning rate, down to 0 at the end
    weight_decay: NonNegative = 0.0  # decoupled
    clip: NonNegative = 0.0  # largest global norm of the gradient; 0 is off
    warmup: NonNegative = 0.0  # epochs over which the learning rate rises from 0
    patience: Natural = 0  # stop after so many evaluations without a better validation loss; 0 is off
    on_nonfinite: Literal["stop", "skip", "rollback"] = "stop"  # NaN: end, leave the step out, or go back once
    init_from: str = ""  # run folder whose parameters to start from
    seed: Natural = 0  # every draw follows from it
    runs_dir: Path = Path("runs")  # where run folders go
    parallel: Literal["auto", "single", "jit", "pmap", "shard_map"] = "auto"  # how a step meets several devices
    devices: Natural = 0  # how many to use, 0 for all; on a CPU, more than one are made when asked for
    deterministic: bool = False  # compute on one core, whose sums have one order on any machine
    chunk: Natural = 0  # steps compiled into one program call; 0 chooses
    precision: Literal["f32", "bf16"] = "f32"  # encoder and decoder compute in; parameters and losses are float32
    accumulate: Count = 1  # parts of a batch, one after the other: as many times less memory for the same update
    remat: bool = False  # compute blocks again in the backward pass, for less memory on an accelerator
    resident_mib: Natural = 2048  # MiB: a training set of more, as stored, streams from where it is; 0 streams all
    eval_every: Positive = 1.0  # epochs between evaluations on the validation set
    save_every: Positive = 1.0  # epochs between checkpoints
    keep: Count = 3  # checkpoints kept
    until: Natural = 0  # stop behind so many epochs, as if more were to come, without scores; 0 goes to the end
    smoke: bool = False  # two steps of a tiny model on digits: does it run?
    json: bool = False  # print the summary as one line of JSON
    dry_run: bool = False  # print the resolved config, the layers and the memory, and stop


@dataclass(frozen=True)
class Corrupted(Config):
    """The settings of an experiment whose inputs may be spoilt while its targets stay whole."""

    corruption: Literal[
        "none", "gaussian", "salt_and_pepper", "masking", "occlusion", "halves", "quadrants", "fixed_quadrants"
    ] = "none"  # of the inputs
    noise: NonNegative = 0.0  # strength of the corruption: standard deviation, or the share that is taken away
    noise_range: bool = False  # each example draws its own strength, uniformly over (0, noise]
    fill: float = 0.0  # what stands in entries that were taken away, salt and pepper aside
    rebuild: Literal["all", "hidden"] = "all"  # entries whose distortion is minimised; hidden: what was taken away


AnyConfig = TypeVar("AnyConfig", bound=Config)


def check(config: Any) -> None:
    """Hold every number against its bounds.

    Raises:
        ConfigError: one line that names the flag.
    """
    for name, hint in get_type_hints(type(config), include_extras=True).items():
        value = getattr(config, name)
        bounds = _bounds(hint)
        if isinstance(value, tuple) and len(value) > MOST:
            raise ConfigError(f"{flag(name)}: at most {MOST} values, got {len(value)}")
        for x in value if isinstance(value, tuple) else (value,):
            if bounds and isinstance(x, (int, float)) and x not in bounds:
                raise ConfigError(f"{flag(name)}: must be {bounds}, got {x}")


def _bounds(hint: Any) -> Bounds | None:
    if get_origin(hint) is Annotated:
        return next((extra for extra in hint.__metadata__ if isinstance(extra, Bounds)), None)
    return next((found for arg in get_args(hint) if (found := _bounds(arg))), None)


def tiny(config: AnyConfig) -> AnyConfig:
    """The same recipe at a size that only shows that it runs."""
    small = {"widths": (16,), "channels": (4,), "width": 8, "latent_dim": 2, "batch_size": 32, "epochs": 1}
    fields = dataclasses.fields(DataOptions)
    unread = {field.name: field.default for field in fields if field.name not in ("validation", "binarize")}
    return dataclasses.replace(config, **{**unread, **small, "data": "digits"})


def from_json(kind: type[AnyConfig], fields: dict[str, Any]) -> AnyConfig:
    """The config that `stored` wrote.

    Raises:
        ConfigError: fields that this version does not know, or values that they cannot have.
    """
    hints = get_type_hints(kind)
    unknown = sorted(set(fields) - set(hints))
    if unknown:
        raise ConfigError(f"{unknown[0]}: no such setting in this version")
    for name, value in fields.items():
        if wrong := forms.misfit(value, hints[name], flag(name)):
            raise ConfigError(f"{wrong}, got {str(value)[:40]}")
    restored: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else Path(value) if hints[name] is Path else value
        for name, value in fields.items()
    }
    return kind(**restored)


def flag(name: str) -> str:
    """The command line's spelling of a field."""
    return "--" + name.replace("_", "-")


def stored(config: Any) -> dict[str, Any]:
    """The fields of `config.json`, as JSON values: all that may change results beyond rounding, and the seed."""
    how = HOW - {"eval_every"} if getattr(config, "patience", 0) else HOW  # patience counts evaluations
    fields = _fields(config, lambda name: name not in how | LAUNCH)
    return {name: value for name, value in fields.items() if name not in LATER or value != LATER[name]}


def how(config: Config) -> dict[str, Any]:
    """The other fields, for the manifest."""
    return _fields(config, lambda name: name in HOW)


def _fields(config: Any, wanted: Callable[[str], bool]) -> dict[str, Any]:
    fields = {f.name: getattr(config, f.name) for f in dataclasses.fields(config) if wanted(f.name)}
    return json.loads(json.dumps(fields, default=str))


def identity(script: str, config: Any) -> str:
    """Eight hex digits of the sha256 of the script's name and `stored`, the seed left out."""
    hashed = {"experiment": script, **stored(config)}
    hashed.pop("seed", None)
    return hashlib.sha256(json.dumps(hashed, sort_keys=True).encode()).hexdigest()[:8]


def run_name(script: str, config: Config) -> str:
    """`<data>-<net>-z<code>-<identity>-s<seed>`, of [a-z0-9_.-] alone."""
    label = f"{data_label(config.data)}-{config.net}-z{config.latent_dim}".lower()
    return f"{re.sub(r'[^a-z0-9_.-]', '_', label)}-{identity(script, config)}-s{config.seed}"


def data_label(data: str) -> str:
    """A set's name in the name of a run: of a path no more than its last part, `npz:~/cells/A.npz` is `npz.A`."""
    kind, colon, rest = data.partition(":")
    if colon and kind != "tfds":
        rest = Path(rest).name
        rest = rest.split(".")[0] or rest
    return f"{kind}.{rest}"[:48] if colon else kind
