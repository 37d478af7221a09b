"""Draw `gradient_variance.png`: why the reparameterisation trick matters.

    python docs/make_gradient_variance.py

Two ways to estimate the gradient of E[f(z)], z ~ N(μ, σ²), in μ and σ, both without bias and both with aelab's own
normal: through the draw, ∇ f(μ + σε) (Kingma and Welling 2014, arXiv:1312.6114, section 2.4), and by the score
function, f(z) ∇ log N(z; μ, σ²) (Williams 1992, doi:10.1007/BF00992696). Here f(z) = ‖z‖² with μ = σ = 1 in every
coordinate, so the true gradients are 2μ and 2σ.
"""

from pathlib import Path

import jax
import jax.numpy as jnp
import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.ticker import FuncFormatter

from aelab.distributions import Normal

MU, SIGMA = 1.0, 1.0
PATH, SCORE, TEXT = "#1467a8", "#c8374b", "#333333"
PLAIN = FuncFormatter(lambda x, _: f"{x:,.0f}")
SIZES = (1, 4, 16, 64, 256, 1024)  # draws averaged into one estimate
ESTIMATES = 150  # dots in a cloud
CLOUD_DIMENSION = 16
DIMENSIONS = (1, 2, 4, 8, 16, 32, 64, 128, 256)


def f(z):
    return jnp.square(z).sum(-1)


def estimates(way: str, key, draws: int, dimension: int) -> np.ndarray:
    """Independent one-draw estimates of the gradient in the first μ and the first σ, [draws, 2]."""

    def surrogate(first):
        """Its gradient in row i of `first` is estimate i."""
        mean = jnp.full((draws, dimension), MU).at[:, 0].set(first[:, 0])
        sigma = jnp.full((draws, dimension), SIGMA).at[:, 0].set(first[:, 1])
        q = Normal(mean, 2 * jnp.log(sigma))
        z = q.sample(key)
        if way == "path":
            return f(z).sum()
        z = jax.lax.stop_gradient(z)
        baseline = dimension * (MU**2 + SIGMA**2) if way == "baseline" else 0.0  # E f(z): leaves the mean as it is
        return ((f(z) - baseline) * q.log_prob(z)).sum()

    first = jnp.tile(jnp.array([[MU, SIGMA]]), (draws, 1))
    return np.float64(jax.jit(jax.grad(surrogate))(first))


def clouds(axes, key) -> None:
    """Estimates against the number of draws averaged; a panel for μ and one for σ."""
    rng = np.random.default_rng(0)
    for way, colour, side in (("path", PATH, 1), ("score", SCORE, -1)):
        single = estimates(way, key, ESTIMATES * sum(SIZES), CLOUD_DIMENSION)
        parts = np.split(single, ESTIMATES * np.cumsum(SIZES)[:-1])
        for size, part in zip(SIZES, parts, strict=True):
            means = part.reshape(ESTIMATES, size, 2).mean(1)
            x = size * 2 ** (side * rng.uniform(0.1, 0.55, ESTIMATES))
            for axis, values in zip(axes, means.T, strict=True):
                axis.scatter(x, values, s=10, color=colour, alpha=0.5, linewidth=0)


def growth(axes, key) -> None:
    """Variance of a one-draw estimate against the dimension; a panel for μ and one for σ."""
    for way, colour, line in (("path", PATH, "o-"), ("baseline", SCORE, "o--"), ("score", SCORE, "o-")):
        variances = np.array([estimates(way, key, 40_000, d).var(0) for d in DIMENSIONS])
        for axis, values in zip(axes, variances.T, strict=True):
            axis.plot(DIMENSIONS, values, line, color=colour, markersize=5, linewidth=2)


def style(axis, ticks, xlabel: str, title: str) -> None:
    axis.set_xscale("log", base=2)
    axis.set_xticks(ticks)
    axis.set_title(title, loc="left", fontsize=12.5, color=TEXT, pad=10)
    axis.set_xlabel(xlabel, fontsize=11.5, color=TEXT)
    axis.spines[["top", "right"]].set_visible(False)
    axis.spines[["left", "bottom"]].set_color("#999999")
    axis.tick_params(colors="#555555", labelsize=10.5, length=3)
    axis.xaxis.set_major_formatter(PLAIN)
    axis.minorticks_off()


def say(axis, x, y, text: str, colour: str, ha: str = "left") -> None:
    axis.text(x, y, text, color=colour, fontsize=11.5, ha=ha, va="center")


def main() -> None:
    """Draw it beside this file."""
    plt.rcParams.update({"font.family": "DejaVu Sans"})  # it comes with matplotlib
    figure, ((top_mu, top_sigma), (low_mu, low_sigma)) = plt.subplots(2, 2, figsize=(12, 8.6), dpi=100)
    key_clouds, key_growth = jax.random.split(jax.random.key(0))
    clouds((top_mu, top_sigma), key_clouds)
    growth((low_mu, low_sigma), key_growth)

    for axis, name, truth in ((top_mu, "μ₁", 2 * MU), (top_sigma, "σ₁", 2 * SIGMA)):
        style(
            axis,
            SIZES,
            "draws averaged into one estimate",
            f"Estimates of ∂E‖z‖² / ∂{name}, one dot each (d = {CLOUD_DIMENSION})",
        )
        axis.set_xlim(0.55, 2000)
        axis.set_ylim(-110, 270)
        axis.axhline(truth, color=TEXT, linewidth=1, zorder=0)
        axis.annotate(
            f"the true gradient is {truth:g}",
            (1500, truth), (1900, -60), ha="right", fontsize=11.5, color=TEXT,
            arrowprops={"arrowstyle": "-", "color": "#999999", "shrinkA": 2, "shrinkB": 2},
        )  # fmt: skip
        say(axis, 3.2, 215, "score function:  f(z) ∇ log q(z)", SCORE)
        say(axis, 3.2, 180, "reparameterised:  ∇ f(μ + σε)", PATH)

    heights = ((low_mu, "μ₁", 2.2e4, 30, 2.2), (low_sigma, "σ₁", 4.5e4, 75, 6.3))
    for axis, name, score, baseline, path in heights:
        style(axis, DIMENSIONS, "dimension d of z", f"Variance of a one-draw estimate of ∂E‖z‖² / ∂{name}")
        axis.set_xlim(0.85, 320)
        axis.set_yscale("log")
        axis.minorticks_off()
        axis.set_ylim(1.2, 2e6)
        axis.yaxis.set_major_formatter(PLAIN)
        say(axis, 24, score, "score function: grows as d²", SCORE, "right")
        say(axis, 270, baseline, "with E f(z) as its baseline: grows as d", SCORE, "right")
        say(axis, 270, path, "reparameterised: does not grow", PATH, "right")

    figure.suptitle(
        "Both estimators are right on average, but the reparameterised one needs far fewer draws",
        x=0.012, y=0.985, ha="left", fontsize=16, color=TEXT,
    )  # fmt: skip
    figure.tight_layout(rect=(0, 0, 1, 0.97), h_pad=2.5, w_pad=3)
    figure.savefig(Path(__file__).with_name("gradient_variance.png"), metadata={"Software": None})


if __name__ == "__main__":
    main()
