"""What is raced: the same shapes, batches, optimiser and arithmetic for every contender of a row."""

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

from experiments.bench.contenders import Contender

PEERS = Path(__file__).parent / "peers"
NOTHING: Mapping[str, Any] = MappingProxyType({})


class Row(NamedTuple):
    """A task, how large a turn of it is, and who takes part beside aelab."""

    title: str
    work: dict[str, Any]
    peers: tuple[str, ...]
    ours: Mapping[str, Any] = NOTHING  # settings of aelab alone, as flags of the script would give them
    note: str = ""  # for the page: what a profile says where aelab is not far ahead


class Way(NamedTuple):
    """How a contender is started: in the environment of the peers, or in ours."""

    script: str  # a file of peers/, or a module of this folder
    words: tuple[str, ...] = ()
    env: Mapping[str, str] = NOTHING
    here: bool = False  # in our environment
    work: Mapping[str, Any] = NOTHING  # what it does otherwise than the row says, such as fewer images in a turn


PYTORCH = ("PyTorch", "PyTorch, fused Adam")
CALLS, APART = "aelab, a step a call", "aelab, one after the other"
WAYS = {
    CALLS: Way("ours", ("calls",), here=True),
    APART: Way("ours", ("apart",), here=True),
    "PyTorch": Way("pytorch.py", ("eager",)),
    "PyTorch, fused Adam": Way("pytorch.py", ("fused",)),
    "PyTorch, compiled": Way("pytorch.py", ("compiled",)),
    "PyTorch, batched": Way("pytorch.py", ("bound",)),
    "Pythae": Way("pythae_vae.py"),
    "Pythae get_nll": Way("pythae_vae.py", ("nll",), work={"images": 20}),
    "Pythae get_nll, all draws a batch": Way("pythae_vae.py", ("nll",), work={"images": 20, "block": 5000}),
    "Keras on JAX": Way("keras_vae.py", (), {"KERAS_BACKEND": "jax"}),
    "Keras on PyTorch": Way("keras_vae.py", (), {"KERAS_BACKEND": "torch"}),
    "Flax's example": Way("flax_loop.py", here=True),
}
VAE = {"latent": 20, "variational": True, "noise": 0.0}
AE = {**VAE, "variational": False}
SIXTEEN = {"members": 16, "batch": 64, **VAE, "latent": 8}

ROWS = {
    "fc": Row(
        "FC VAE 784-400-20",
        {"net": "mlp", "batch": 128, "steps": 469, **VAE},
        (*PYTORCH, "PyTorch, compiled", "Pythae", "Keras on JAX", "Keras on PyTorch", "Flax's example", CALLS),
        note="Keras on JAX has its products from the same compiler, which the profile below shows to be most of a step",
    ),
    "fc-32": Row("FC VAE 784-400-20", {"net": "mlp", "batch": 32, "steps": 400, **VAE}, (*PYTORCH, "Pythae")),
    "fc-512": Row("FC VAE 784-400-20", {"net": "mlp", "batch": 512, "steps": 100, **VAE}, (*PYTORCH, "Pythae")),
    "conv": Row(
        "conv VAE 32-64",
        {"net": "conv", "batch": 128, "steps": 50, **VAE},
        (*PYTORCH, "PyTorch, compiled", "Pythae", "Flax's example", CALLS),
    ),
    "conv-32": Row("conv VAE 32-64", {"net": "conv", "batch": 32, "steps": 100, **VAE}, (*PYTORCH, "Pythae")),
    "conv-512": Row("conv VAE 32-64", {"net": "conv", "batch": 512, "steps": 10, **VAE}, (*PYTORCH, "Pythae")),
    "denoise": Row("denoising conv AE", {"net": "conv", "batch": 128, "steps": 50, **AE, "noise": 0.3}, PYTORCH),
    "lstm": Row(
        "LSTM AE, width 128",
        {"net": "lstm", "batch": 128, "steps": 50, **AE},
        PYTORCH,
        note="a step waits for the one before it: small products near the ceiling, and small kernels between them",
    ),
    "transformer": Row(
        "Transformer AE, 2 + 2 blocks", {"net": "transformer", "batch": 128, "steps": 10, **AE}, PYTORCH
    ),
    "iwae": Row(
        "IWAE 784-400-20, k = 50",
        {"net": "mlp", "batch": 128, "steps": 10, "objective": "iwae", "samples": 50, **VAE},
        (*PYTORCH, "Pythae"),
    ),
    "bound": Row(
        "L_5000 of the FC VAE",
        {"net": "mlp", "images": 250, "samples": 5000, "block": 100, **VAE},
        ("Pythae get_nll", "Pythae get_nll, all draws a batch", "PyTorch, batched"),
        note="the share of the ceiling says what is left to be had",
    ),
    "sweep-mlp": Row(
        "16 × MLP VAE 784-64-8",
        {"net": "mlp", "sizes": {"hidden": 64}, "steps": 300, **SIXTEEN},
        (*PYTORCH, APART),
        {"devices": 2},
    ),
    "sweep-conv": Row(
        "16 × conv VAE 8-16",
        {"net": "conv", "sizes": {"channels": [8, 16]}, "steps": 20, **SIXTEEN},
        (*PYTORCH, APART),
        {"devices": 2},
    ),
}


def small(row: Row) -> Row:
    """The row with turns of a few steps, or images and draws."""
    few = {"steps": 2, "images": 4} | ({"samples": 8} if "images" in row.work else {"samples": 2})
    return row._replace(work={name: few.get(name, value) for name, value in row.work.items()})


def own(module: str, work: Mapping[str, Any], *words: str) -> list[str]:
    """The command line of a module of this folder."""
    return [sys.executable, "-m", f"experiments.bench.{module}", json.dumps(dict(work)), *words]


def start(name: str, row: Row, data: str, python: Path, *, label: str = "") -> Contender:
    """The contender of that name, or called `label`, warmed up; `data` is the file of images, `python` of the peers."""
    work = {"data": data, **row.work}
    if name == "aelab":
        return Contender(label or name, own("bound" if "images" in work else "ours", work | dict(row.ours)), {})
    if name == "ceiling":
        return Contender(name, own("ceiling", {}), {})
    way = WAYS[name]
    work |= dict(row.ours if name == CALLS else way.work)
    if not way.script.endswith(".py"):
        return Contender(name, own(way.script, work, *way.words), way.env)
    program = sys.executable if way.here else str(python)
    return Contender(name, [program, str(PEERS / way.script), json.dumps(work), *way.words], way.env)
