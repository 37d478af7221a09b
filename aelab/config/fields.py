"""The typed settings every experiment has; no jax here, so that `--help` answers at once."""

import dataclasses
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal, Self, TypeVar

from aelab.config.bounds import Bounds, Count, Natural, NonNegative, Positive, Seed, Share, Size
from aelab.config.likelihoods import LikelihoodOptions
from aelab.config.markers import Traced, since
from aelab.config.nets import RECORDS, NetOptions

Corruption = Literal[
    "none",
    "gaussian",
    "salt_and_pepper",
    "masking",
    "occlusion",
    "halves",
    "quadrants",
    "fixed_quadrants",
    "regions",
    "affine",
]


@dataclass(frozen=True)
class DataOptions:
    """Which set, and how it is read: all that `aelab.data.load` goes by."""

    data: str = "fashion_small"  # a set by name, or your own: images:FOLDER, npz:FILE, npy: csv: ts: idx: tfds:
    validation: Share = 0.1  # share of the training set held out, where the set has no validation split of its own
    split: str = ""  # tfds: what to train on, as TFDS writes it: train[:90%]
    image_size: Natural = 0  # images, tfds: the middle square, scaled to so many pixels; 0 leaves sizes alone
    colour: Literal["auto", "grey", "rgb"] = "auto"  # images: auto is rgb where any has colours
    classes: tuple[Natural, ...] = since("0.1.0", ())  # labels to train on, the test set keeps all; none is all
    binarize: bool = False  # events in [0, 1] become bits, drawn anew at every training step, once for scores
    condition: str = since("0.1.0", "none")  # shown beside each event: label, factors, or an array of a .npz by its key
    labelled: Natural = since("0.1.0", 0)  # training events whose label is shown, as many of each class; 0 is all
    label_column: str = "auto"  # csv, ts: of the class, a name, a number from 0, none; auto: label or class
    columns: tuple[str, ...] = since("0.1.0", ())  # csv: to read, by name or number from 0; none is all
    drop_columns: tuple[str, ...] = since("0.1.0", ())  # csv: columns to leave out, as dates and numbers of rows
    categorical: tuple[str, ...] = since("0.1.0", ())  # csv: columns of categories by name or number; auto: of words
    decimal: Literal["auto", "point", "comma"] = since("0.1.0", "auto")  # csv: what stands before decimals
    kind: Literal["auto", "image", "series", "vector"] = since("0.1.0", "auto")  # npz, npy, csv, idx: what an event is
    scale: Positive | Literal["auto", "standardise"] = since("0.1.0", "auto")  # files: what is stored for 1, or mean 0
    missing: Literal["refuse", "mask"] = since("0.1.0", "refuse")  # files: mask trains on and scores what was observed
    window: Natural = since("0.1.0", 0)  # npz, npy, csv, ts: steps that a long series is cut into; 0 does not
    stride: Natural = since("0.1.0", 0)  # steps from one window to the next; 0 is as many as a window has


@dataclass(frozen=True)
class CodeOptions:
    """The code."""

    latent_dim: Size = 16  # numbers in a code


@dataclass(frozen=True)
class TrainingOptions:
    """How parameters are found."""

    epochs: Count | Literal["auto"] = (
        20  # passes over the training set; auto, for files of your own: until it no longer improves
    )
    batch_size: Count | Literal["auto"] = (
        128  # examples per step; auto, for files of your own: an eighth of a small set
    )
    virtual_shards: Natural | Literal["auto"] = since(
        "0.1.0", "auto"
    )  # 2, 4, 8 … parts of a batch, for equal bits on as many devices or fewer; 0: off; auto: where it is faster
    lr: Annotated[Positive, Traced()] = 1e-3  # peak learning rate
    optimizer: Literal["adam", "adamw", "lion", "momentum", "muon", "rmsprop", "schedule_free", "sgd"] = (
        "adam"  # adamw: adam with --weight-decay
    )
    schedule: Literal["constant", "linear", "cosine"] = "constant"  # of the learning rate, down to 0 at the end
    weight_decay: Annotated[NonNegative, Traced()] = 0.0  # decoupled
    clip: Annotated[NonNegative, Traced()] = 0.0  # largest global norm of the gradient; 0 is off
    warmup: Annotated[NonNegative, Traced(epochs=True)] = 0.0  # epochs over which the learning rate rises from 0
    ema: Annotated[Share, Traced()] = since(
        "0.1.0", 0.0
    )  # decay of an average of the parameters, scored for them; 0: off
    patience: Natural = 0  # stop after so many evaluations without a better validation loss; 0 is off
    on_nonfinite: Literal["stop", "skip", "rollback"] = "stop"  # NaN: end, leave the step out, or go back once
    init_from: str = ""  # run folder whose parameters to start from; layers of other shapes start fresh
    seed: Seed = 0  # every draw follows from it


@dataclass(frozen=True)
class RunningOptions:
    """Where and how a run is carried out; cadences count epochs, and fractions of one are fine."""

    config: str = (
        ""  # file of settings, YAML or JSON, as --dry-run --json prints them or a run's config.json; flags win
    )
    continue_from: str = ""  # finished run folder to go on from with its own settings, to more --epochs
    runs_dir: Path = Path("runs")  # where run folders go
    parallel: Literal["auto", "single", "jit", "pmap", "shard_map"] = "auto"  # how a step meets several devices
    devices: Natural = 0  # how many to use, 0 for all; on a CPU, more than one are made when asked for
    deterministic: bool = False  # compute on one core, whose sums have one order on any machine
    chunk: Natural = 0  # steps compiled into one program call; 0 chooses
    shard_parameters: bool = False  # parameters and optimizer: each device keeps a part of them
    model_parallel: Count = 1  # with shard_parameters, devices that divide the layers of the same rows among them
    precision: Literal["f32", "bf16"] = since("0.1.0", "f32")  # of encoder and decoder; all else is float32
    accumulate: Count = 1  # parts of a batch, one after the other: as many times less memory for the same update
    remat: bool = False  # compute blocks again in the backward pass, for less memory on an accelerator
    resident_mib: Natural = (
        2048  # MiB of data kept in memory: a larger training set, as stored, streams from where it is; 0 streams all
    )
    eval_every: Positive = 1.0  # epochs between evaluations on the validation set
    save_every: Positive = 1.0  # epochs between checkpoints
    keep: Count = 3  # checkpoints kept
    until: Natural = 0  # stop behind so many epochs, as if more were to come, without scores; 0 goes to the end
    figures: Literal["draw", "later", "none"] = "draw"  # at the end; later keeps the arrays, which aelab report draws
    track: Literal["none", "tensorboard", "trackio", "wandb", "mlflow"] = (
        "none"  # show the run there while it trains, by an extra as aelab[trackio]; each adds the gradient's norm
    )
    coordinator: str = (
        ""  # HOST:PORT of process 0, for a run in several processes; srun and mpirun tell it by themselves
    )
    process_id: Annotated[int, Bounds(low=-1)] = -1  # of this process, counted from 0; -1 is what srun or mpirun tells
    num_processes: Natural = 0  # of the run; 0 is what srun or mpirun tells
    join_timeout: Positive = 300.0  # seconds to wait for the other processes of the run
    smoke: bool = False  # two steps of a tiny model on digits: does it run?
    json: bool = False  # print the summary as one line of JSON; with --dry-run, the config
    dry_run: bool = False  # print the resolved config, the layers and the memory, and stop


@dataclass(frozen=True)
class Config(RunningOptions, TrainingOptions, LikelihoodOptions, CodeOptions, NetOptions, DataOptions):
    """Settings shared by all experiments; a dataclass has the fields of its last base first."""

    @property
    def code_label(self) -> str:
        """What the name of a run says of its code: how many numbers, or channels at each place, it has."""
        return f"z{self.latent_dim}"

    def resolved(self) -> Self:
        """The settings that a run is trained by; those of a script may take some of them from another run's.

        Raises:
            ConfigError: they cannot be had.
        """
        return self


@dataclass(frozen=True)
class Corrupted(Config):
    """The settings of an experiment whose inputs may be spoilt while its targets stay whole."""

    corruption: Corruption = since("0.1.0", "none")  # of the inputs
    noise: Annotated[NonNegative, Traced()] = since("0.1.0", 0.0)  # standard deviation, or share that is taken away
    noise_range: bool = since("0.1.0", False)  # each example draws its own strength, uniformly over (0, noise]
    fill: float = since("0.1.0", 0.0)  # what stands in entries that were taken away, salt and pepper aside
    rebuild: Literal["all", "hidden"] = since("0.1.0", "all")  # whose distortion counts; hidden: what was taken away


AnyConfig = TypeVar("AnyConfig", bound=Config)


def tiny(config: AnyConfig) -> AnyConfig:
    """The same recipe at a size that only shows that it runs."""
    small = {"latent_dim": 2, "batch_size": 32, "epochs": 1}
    for record in RECORDS.values():
        small |= record.tiny
    small |= getattr(config, "TINY", {})  # of the fields of a script
    fields = dataclasses.fields(DataOptions)
    unread = {field.name: field.default for field in fields if field.name not in ("validation", "binarize")}
    unread["condition"] = "none" if config.condition == "none" else "label"  # all that digits have
    unread["labelled"] = 20 if config.labelled else 0
    return dataclasses.replace(config, **{**unread, **small, "data": "digits"})
