"""The typed settings every experiment has; no jax here, so that `--help` answers at once."""

import dataclasses
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal, TypeVar

from aelab.config.bounds import Bounds, Count, Layers, Natural, NonNegative, Positive, Share, Size, SizeOrNone


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
    condition: str = "none"  # shown to the model beside each event: label, factors, or an array of a .npz by its key
    label_column: str = "auto"  # csv, ts: of the class, a name, a number from 0, none; auto: label or class
    columns: tuple[str, ...] = ()  # csv: the columns to read, by name or number from 0; none is all of them
    drop_columns: tuple[str, ...] = ()  # csv: columns to leave out, as dates and numbers of rows
    decimal: Literal["auto", "point", "comma"] = "auto"  # csv: what stands before the decimals of a number
    kind: Literal["auto", "image", "series", "vector"] = "auto"  # npz, npy, csv, idx: what an event is
    scale: Positive | Literal["auto", "standardise"] = "auto"  # files: what is stored for 1, or mean 0 and deviation 1
    missing: Literal["refuse", "mask"] = "refuse"  # files: mask trains on and scores what was observed
    window: Natural = 0  # npz, npy, csv, ts: steps of the events that one long series is cut into; 0 cuts nothing
    stride: Natural = 0  # steps from one window to the next; 0 is as many as a window has


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
    resident_mib: Natural = (
        2048  # MiB of data kept in memory: a larger training set, as stored, streams from where it is; 0 streams all
    )
    eval_every: Positive = 1.0  # epochs between evaluations on the validation set
    save_every: Positive = 1.0  # epochs between checkpoints
    keep: Count = 3  # checkpoints kept
    until: Natural = 0  # stop behind so many epochs, as if more were to come, without scores; 0 goes to the end
    smoke: bool = False  # two steps of a tiny model on digits: does it run?
    json: bool = False  # print the summary as one line of JSON
    dry_run: bool = False  # print the resolved config, the layers and the memory, and stop

    @property
    def code_label(self) -> str:
        """What the name of a run says of its code: how many numbers, or channels at each place, it has."""
        return f"z{self.latent_dim}"


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


def tiny(config: AnyConfig) -> AnyConfig:
    """The same recipe at a size that only shows that it runs."""
    small = {"widths": (16,), "channels": (4,), "width": 8, "latent_dim": 2, "batch_size": 32, "epochs": 1}
    fields = dataclasses.fields(DataOptions)
    unread = {field.name: field.default for field in fields if field.name not in ("validation", "binarize")}
    unread["condition"] = "none" if config.condition == "none" else "label"  # all that digits have
    return dataclasses.replace(config, **{**unread, **small, "data": "digits"})
