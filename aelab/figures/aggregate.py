"""Where codes of training events lie, beside where the prior would draw them."""

from collections.abc import Mapping

import numpy as np
from matplotlib.figure import Figure

from aelab.figures import paper

SIDE, GAP = 420, 56  # pixels


def aggregate(arrays: Mapping[str, np.ndarray]) -> Figure:
    """A panel a model, `names` [n]: `codes` [n, example, 2] on top of `prior` [example, 2], draws from N(0, I).

    Both as the first two principal components of the codes see them, which no rotation of N(0, I) changes. The axes
    leave out the outermost half per cent.
    """
    left, top = paper.MARGIN + 32, paper.MARGIN + 76
    count = len(arrays["codes"])
    figure = paper.sheet(left + count * (SIDE + GAP) + paper.MARGIN, top + SIDE + 48 + paper.MARGIN)
    paper.title(figure, "Aggregate posterior and prior", left)
    for i, (name, codes) in enumerate(zip(arrays["names"], arrays["codes"], strict=True)):
        axes = paper.place(figure, left + i * (SIDE + GAP), top, SIDE, SIDE)
        both = {"codes of training images": (codes, paper.PALETTE[0]), "N(0, I)": (arrays["prior"], paper.PALETTE[1])}
        for label, (points, colour) in both.items():
            axes.scatter(*points.T, s=4, color=colour, alpha=0.5, linewidths=0, label=label)
        reach = 1.1 * max(float(np.quantile(np.abs(codes), 0.995)), 3.0)
        axes.set(xlim=(-reach, reach), ylim=(-reach, reach), xlabel="first principal component")
        axes.set_title(str(name), loc="left", color=paper.INK, size=8)
    figure.axes[0].legend(
        loc="lower left", bbox_to_anchor=(0, 1.07), ncols=2, borderaxespad=0, fontsize=7, markerscale=3
    )
    return figure
