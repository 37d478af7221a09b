"""Draw `samples.png`: what a VAE rebuilds, passes through and makes up.

    make train
    python docs/make_samples.py runs/vae/fashion_small-mlp-z16-*-s0

The originals are the first test image of each class, the samples the first thirty draws of key 0: none is picked.
"""

import sys
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.patches import FancyBboxPatch

import aelab
from aelab import data
from aelab.figures import paper

SCALE, GAP, EDGE, LINE, SPACE = 4, 6, 32, 36, 26  # pixels: of a pixel, between tiles, around, of text, between bands
GROUND, INK = "#10141c", "#c9d1d9"
COLOURS = LinearSegmentedColormap.from_list("garment", [GROUND, "#3a4a5c", "#9aaab0", "#f7f1e3"])
ROWS = 3  # of samples
ENDS = ((1, 3), (7, 9))  # classes that the lines in code space join


def bands(run: str) -> dict[str, np.ndarray]:
    """Captions and images [row, column, height, width] in [0, 1]."""
    model, params, config = aelab.load(run)
    test = data.load(config).test
    stored = test.get_batch(np.arange(len(test)))
    first = [int(np.argmax(stored["label"] == label)) for label in range(len(test.spec.classes))]
    x = jnp.asarray(stored["x"][first], jnp.float32) / test.spec.scale
    z = model.encode(params, x).mode
    t = jnp.linspace(0, 1, len(x))[:, None]
    lines = [model.decode(params, (1 - t) * z[a] + t * z[b]).mean for a, b in ENDS]
    made = model.generate(params, jax.random.key(0), jnp.arange(ROWS * len(x)))
    shown = {
        f"Test images, and what comes back from {config.latent_dim} numbers": jnp.stack(
            [x, model.reconstruct(params, x)]
        ),
        "Along a straight line from one code to another": jnp.stack(lines),
        "Decoded from z ~ N(0, I)": made.reshape(ROWS, len(x), *x.shape[1:]),
    }
    return {caption: np.asarray(images[..., 0]) for caption, images in shown.items()}


def mosaic(images: np.ndarray) -> np.ndarray:
    """Side by side as RGB, with gaps in the colour of the ground."""
    tiles = np.pad(images.repeat(SCALE, 2).repeat(SCALE, 3), [(0, 0), (0, 0), (0, GAP), (0, GAP)])
    rows, columns, height, width = tiles.shape
    return COLOURS(tiles.swapaxes(1, 2).reshape(rows * height, columns * width)[:-GAP, :-GAP])[..., :3]


def main(run: str) -> None:
    """Draw it beside this file."""
    drawn = {caption: mosaic(images) for caption, images in bands(run).items()}
    width = 2 * EDGE + max(picture.shape[1] for picture in drawn.values())
    height = 2 * EDGE + sum(LINE + picture.shape[0] for picture in drawn.values()) + SPACE * (len(drawn) - 1)
    with paper.style():
        figure = paper.sheet(width, height)
        figure.patch.set_alpha(0)  # the corners show the page
        card = paper.place(figure, 0, 0, width, height)
        card.set(xlim=(0, width), ylim=(0, height))
        card.axis("off")
        card.add_patch(FancyBboxPatch((20, 20), width - 40, height - 40, "round,pad=20", color=GROUND, linewidth=0))
        top = EDGE
        for caption, picture in drawn.items():
            figure.text(EDGE / width, 1 - top / height, caption, va="top", color=INK, size=9.5)
            axes = paper.place(figure, EDGE, top + LINE, picture.shape[1], picture.shape[0])
            axes.imshow(picture, interpolation="nearest")
            axes.axis("off")
            top += LINE + picture.shape[0] + SPACE
        Path(__file__).with_name("samples.png").write_bytes(paper.png(figure))


if __name__ == "__main__":
    main(sys.argv[1])
