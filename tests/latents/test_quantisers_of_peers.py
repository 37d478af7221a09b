"""On equal books vector-quantize-pytorch finds the same codes; it lives in the peers' environment (`make peers`)."""

import subprocess
from pathlib import Path

import numpy as np
import pytest

from aelab import latents

ROOT = Path(__file__).parents[2]
PEERS = ROOT / ".peers" / "bin" / "python"
PROGRAM = ROOT / "experiments" / "bench" / "peers" / "quantisers.py"


@pytest.mark.long
def test_the_codes_are_those_of_another_package(tmp_path):
    if not PEERS.exists() or subprocess.run([PEERS, "-c", "import vector_quantize_pytorch"], check=False).returncode:
        pytest.skip("vector-quantize-pytorch is not there: make peers")
    rng = np.random.default_rng(0)
    vectors, books, levels = (
        rng.normal(size=(3000, 6)).astype("f4"),
        rng.normal(size=(3, 200, 6)).astype("f4"),
        (8, 5, 5),
    )
    np.savez(tmp_path / "in.npz", vectors=vectors, books=books, levels=levels)
    subprocess.run([PEERS, PROGRAM, tmp_path / "in.npz", tmp_path / "out.npz"], check=True)
    theirs = np.load(tmp_path / "out.npz")

    def ours(book):
        depth = book.depth if isinstance(book, latents.Codebook) else 0
        return book.apply({"params": {"entries": books[:depth]}} if depth else {}, vectors[:, : book.width])

    for name, book in {
        "vq": latents.Codebook(200, 6),
        "cosine": latents.Codebook(200, 6, cosine=True),
        "residual": latents.Codebook(200, 6, 3),
        "fsq": latents.FiniteScalar(levels),
    }.items():
        np.testing.assert_array_equal(
            ours(book).indices.reshape(len(vectors), -1), theirs[name].reshape(len(vectors), -1), name
        )
    for name in ("lfq", "bsq"):
        entry = ours(latents.Binary(6, name == "bsq")).entry[:, 0]
        np.testing.assert_allclose(entry, theirs[name], rtol=1e-5, err_msg=name)
