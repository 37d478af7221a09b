"""What is raced: the same shapes, batches, optimiser and arithmetic for every contender of a row."""

import sys
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

PEERS = Path(__file__).parent / "peers"


class Row(NamedTuple):
    """A task, how large a turn of it is, and who takes part beside aelab."""

    title: str
    work: dict[str, Any]
    peers: tuple[str, ...]
    ours: Mapping[str, Any] = MappingProxyType({})  # settings of aelab alone, as flags of the script would give them


class Way(NamedTuple):
    """How a peer is started: in the environment of the peers, or in ours."""

    script: str
    words: tuple[str, ...] = ()
    env: Mapping[str, str] = MappingProxyType({})


PYTORCH = ("PyTorch", "PyTorch, fused Adam")
WAYS = {
    "PyTorch": Way("pytorch.py", ("eager",)),
    "PyTorch, fused Adam": Way("pytorch.py", ("fused",)),
    "PyTorch, compiled": Way("pytorch.py", ("compiled",)),
    "Pythae": Way("pythae_vae.py"),
    "Pythae get_nll": Way("pythae_vae.py", ("nll",)),
    "Keras on JAX": Way("keras_vae.py", (), {"KERAS_BACKEND": "jax"}),
    "Keras on PyTorch": Way("keras_vae.py", (), {"KERAS_BACKEND": "torch"}),
    "Flax's example": Way("flax_loop.py"),
}
VAE = {"latent": 20, "variational": True, "noise": 0.0}
AE = {**VAE, "variational": False}
TWO = {"devices": 2, "parallel": "shard_map"}

ROWS = {
    "fc": Row(
        "FC VAE 784-400-20",
        {"net": "mlp", "batch": 128, "steps": 469, **VAE},
        (*PYTORCH, "PyTorch, compiled", "Pythae", "Keras on JAX", "Keras on PyTorch", "Flax's example"),
    ),
    "fc-32": Row("FC VAE 784-400-20", {"net": "mlp", "batch": 32, "steps": 400, **VAE}, (*PYTORCH, "Pythae")),
    "fc-512": Row("FC VAE 784-400-20", {"net": "mlp", "batch": 512, "steps": 100, **VAE}, (*PYTORCH, "Pythae")),
    "conv": Row(
        "conv VAE 32-64",
        {"net": "conv", "batch": 128, "steps": 50, **VAE},
        (*PYTORCH, "PyTorch, compiled", "Pythae"),
        TWO,
    ),
    "conv-32": Row("conv VAE 32-64", {"net": "conv", "batch": 32, "steps": 100, **VAE}, (*PYTORCH, "Pythae")),
    "conv-512": Row("conv VAE 32-64", {"net": "conv", "batch": 512, "steps": 10, **VAE}, (*PYTORCH, "Pythae")),
    "denoise": Row("denoising conv AE", {"net": "conv", "batch": 128, "steps": 50, **AE, "noise": 0.3}, PYTORCH, TWO),
    "lstm": Row("LSTM AE, width 128", {"net": "lstm", "batch": 128, "steps": 50, **AE}, PYTORCH, TWO),
    "transformer": Row(
        "Transformer AE, 2 + 2 blocks", {"net": "transformer", "batch": 128, "steps": 10, **AE}, PYTORCH, TWO
    ),
}


def command(peer: str, work: str, python: Path) -> list[str]:
    """The command line of a peer; `work` is the workload as JSON."""
    way = WAYS[peer]
    return [str(python), str(PEERS / way.script), work, *way.words]


def own_command(module: str, work: str) -> list[str]:
    return [sys.executable, "-m", f"experiments.bench.{module}", work]
