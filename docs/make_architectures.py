"""Draw `architectures.png`: what four nets with as many parameters rebuild from 32 numbers, and what they make up.

    python -m experiments.architectures
    python docs/make_architectures.py runs

The originals are the first test image of each class of Fashion-MNIST, the samples the first ten draws of key 0: none is
picked. Trained by BCE, seed 0.
"""

import json
import sys
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np

import aelab
from aelab import data
from aelab.figures import paper
from aelab.figures.tiles import tiles

SET = "tfds:fashion_mnist"
NETS = ("mlp", "conv", "lstm", "transformer")  # from the top


def rows(runs: Path) -> dict[str, np.ndarray]:
    """Captions and images [column, height, width, channel] in [0, 1]."""
    tables = [json.loads(path.read_text()) for path in sorted(runs.glob("architectures/*/table.json"))]
    found = {(row["code"], row["net"]): row["run"] for table in tables for row in table["rows"] if wanted(row)}
    test = data.load(SET).test
    stored = test.get_batch(np.arange(len(test)))
    first = [int(np.argmax(stored["label"] == label)) for label in range(len(test.spec.classes))]
    x = jnp.asarray(stored["x"][first], jnp.float32) / test.spec.scale
    shown = {"test image": x}
    for (code, net), run in sorted(found.items(), key=lambda item: (item[0][0], NETS.index(item[0][1]))):
        model, params, _ = aelab.load(runs / {"AE": "autoencoder", "VAE": "vae"}[code] / run)
        if code == "AE":
            shown[f"{net}, rebuilt"] = model.reconstruct(params, x)
        else:
            shown[f"{net}, sample"] = model.generate(params, jax.random.key(0), jnp.arange(len(x)))
    return {caption: np.asarray(images) for caption, images in shown.items()}


def wanted(row: dict) -> bool:
    """Whether a row of a table is drawn."""
    return row["data"] == SET and row["likelihood"] == "bernoulli"


def main(runs: str) -> None:
    """Draw it beside this file."""
    shown = rows(Path(runs))
    with paper.style():
        title = "Fashion-MNIST through 32 numbers: plain autoencoders rebuild, VAEs make up"
        figure = tiles(np.stack(list(shown.values())), title=title, rows=list(shown), limits=(0.0, 1.0))
        Path(__file__).with_name("architectures.png").write_bytes(paper.png(figure))


if __name__ == "__main__":
    main(sys.argv[1])
