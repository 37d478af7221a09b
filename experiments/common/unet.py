"""A supervised U-Net beside ours, trained in the peers' environment on the same images, spoilt in the same ways.

It has no code, so it is no rival of an autoencoder. The distance to it says what a code costs.
"""

import hashlib
import statistics
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from aelab.config import Count, Seed
from aelab.errors import ConfigError
from aelab.report import tables

from . import peers
from .holes import scores

SCRIPT = peers.SCRIPTS / "unet.py"
METHOD = "U-Net"
NEAR = 0.3  # dB that ours may be below it
Row = dict[str, Any]


@dataclass(frozen=True)
class Options:
    """Which U-Nets stand in a table, and where PyTorch is found."""

    unet: tuple[Seed, ...] = ()  # seeds of a supervised U-Net beside ours, in PyTorch; it stands in no lead
    unet_epochs: Count = 3  # passes over the training set for the U-Net
    peers: Path = Path(".peers/bin/python")  # the interpreter of the environment that has PyTorch (`make peers`)


class Made(NamedTuple):
    """What a U-Net makes of images by name, and what a row says of the net."""

    images: dict[str, np.ndarray]
    facts: Row


def require(config: Any, spec: Any) -> None:
    """
    Raises:
        ConfigError: a U-Net is asked for, but not of such events, or without the environment that has it.
    """
    if config.unet:
        peers.require(config.peers)
        if not peers.grey(spec):
            raise ConfigError("--unet: it takes grey images alone, whose sides are multiples of 4; leave it out")


def restored(config: Any, train: Any, seed: int, inputs: Mapping[str, np.ndarray], **work: Any) -> Made:
    """What a U-Net makes of `inputs`, trained now or kept from before; `work` says how its images are spoilt.

    Raises:
        ConfigError: it ended in an error, of which the last line is told.
    """
    digests = {name: hashlib.sha256(x.tobytes()).hexdigest() for name, x in inputs.items()}
    work = {"noise_range": False, "see_hidden": False, "scale": train.spec.scale, "batch": 16, "lr": 2e-3, **work}
    work |= {"epochs": config.unet_epochs, "seed": seed}
    folder = config.runs_dir / "unet"
    kept = folder / f"restored-{peers.name(SCRIPT, work | {'inputs': digests}, train.fingerprint)}.npz"
    if not kept.exists():
        label = f"{METHOD}: {work['corruption']}, seed {seed}"
        print(label, file=sys.stderr)
        images, given, part = peers.images(folder, train=train), folder / "inputs.npz", folder / "restored.part.npz"
        np.savez(given, allow_pickle=False, **inputs)
        files = {"images": str(images), "inputs": str(given), "out": str(part)}
        peers.run(config.peers, SCRIPT, work | files, label)
        part.rename(kept)
        given.unlink()
    with np.load(kept) as found:
        facts = {"method": METHOD, "seed": seed, "epochs": config.unet_epochs, "parameters": int(found["parameters"])}
        return Made({name: found[name] for name in inputs}, facts)


def noise_rows(config: Any, train: Any, judge: Any, seen: Mapping[float, Any]) -> list[Row]:
    """Of U-Nets for all levels of a kind of noise; `seen` are the test events by level, and `judge` is everyone's."""
    rows = []
    inputs = {f"{level:g}": pair.noisy for level, pair in seen.items()}
    for seed in config.unet:
        made = restored(config, train, seed, inputs, corruption=judge.kind, noise=max(seen), noise_range=True)
        facts = {"corruption": judge.kind, **made.facts, "trained_on": "range"}
        rows += [facts | {"level": at} | judge.scores(pair, made.images[f"{at:g}"]) for at, pair in seen.items()]
    return rows


def hole_rows(config: Any, train: Any, cut: Mapping[str, Any], strength: float) -> list[Row]:
    """Of U-Nets that fill holes, one for single pixels and one for all larger ones, as of ours; `cut` by kind."""
    rows = []
    for corruption in ("regions", "masking"):
        kinds = [kind for kind in cut if (kind == "masking") == (corruption == "masking")]
        inputs = {kind: np.concatenate([cut[kind].seen, cut[kind].hidden], -1) for kind in kinds}
        for seed in config.unet if kinds else ():
            made = restored(config, train, seed, inputs, corruption=corruption, noise=strength, see_hidden=True)
            for kind, guess in made.images.items():
                rows.append({"holes": kind, **made.facts, **scores(train.spec, cut[kind], guess)})
    return rows


def distances(leads: Sequence[Row], rows: Sequence[Row], baselines: Sequence[Row], place: Callable) -> list[Row]:
    """By how many dB the mean PSNR of what is claimed in `leads` is above that of the U-Net, at each `place`."""
    found = []
    for lead in leads:
        here = [row for row in (*rows, *baselines) if place(row) == place(lead)]
        theirs = [row["psnr"] for row in here if row["method"] == METHOD]
        own = [row["psnr"] for row in here if (row["method"], row.get("trained_on")) == _claimed(lead)]
        if theirs:
            found.append(lead | {"method": _claimed(lead)[0], "db": statistics.mean(own) - statistics.mean(theirs)})
    return found


def _claimed(lead: Row) -> tuple[str, str | None]:
    ensemble = ", ensemble" if lead.get("ensemble") else ""
    return f"{lead['method']}{ensemble}", lead.get("trained_on")


def said(found: Sequence[Row], place: Callable) -> str:
    """A line for each place below a table: how far ours are from the U-Net, and whether a single net is near enough."""
    lines = []
    for here, (ours, *more) in tables.grouped(found, place).items():
        name = here if isinstance(here, str) else f"{here[0]} {here[1]:g}"
        met = "met" if ours["db"] >= -NEAR else "missed"
        line = f"- {name}, against the U-Net: {ours['method']} {ours['db']:+.2f} dB, aim of at least −{NEAR:g} dB {met}"
        lines.append(line + "".join(f"; {row['method']} {row['db']:+.2f} dB" for row in more))
    return "".join(f"\n{line}" for line in lines).replace(" -", " −") if lines else ""
