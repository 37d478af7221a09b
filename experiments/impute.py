"""Fill the gaps of a table: the breast cancer data of scikit-learn, half of it taken away by chance. One table.

python -m experiments.impute --seeds 0 1 2

The protocol is that of the demonstration of MIWAE (Mattei and Frellsen 2019, arXiv:1812.02633; the notebook
MIWAE_demo_breast of its authors): columns standardised by the whole data, entries missing completely at random, one
table to learn from and to fill, and the mean squared error of the entries taken away. The width of the code is chosen
by cross-validation on the first table, by the bound of observed entries. The ridge of the normal distribution is chosen
on observed entries too, hidden from it for that, and so were the epochs of ours. Gaps hold the mean over several fits,
which differ in their seed alone, and an interval is between the 5 % and the 95 % quantile of the draws of all of them.
"""

from dataclasses import dataclass, replace
from operator import itemgetter
from pathlib import Path
from typing import Any

from aelab.config import Count, Positive, Seed, Share
from aelab.report import tables
from aelab.runner import launch

from .common import tasks

PUBLISHED = 0.300  # mean squared error printed by the authors' notebook, after 601 epochs
NOMINAL = 0.9  # chance that an interval is to hold its entry
COLUMNS = ("method", "seeds", "squared error", "of 90 % intervals, % that hold")


@dataclass(frozen=True)
class Config:
    """Variational autoencoders for each seed, whose table has gaps of its own, and the rivals on the same table."""

    missing: Share = 0.5  # share of the entries that is taken away
    codes: tuple[Count, ...] = (5, 10, 20)  # numbers in a code, to choose from
    widths: tuple[Count, ...] = (64, 64)  # hidden layers of the encoder; the decoder mirrors them
    members: Count = 3  # fits of each table, whose draws are put together
    epochs: Count = 400  # passes over the table
    batch_size: Count = 128  # rows per step
    lr: Positive = 3e-3  # peak learning rate, falling to 0 along a cosine
    samples: Count = 10  # draws of the code for each row and step
    draws: Count = 500  # codes that are weighed for each row when its gaps are filled
    imputations: Count = 100  # tables filled by each member; the quantiles of all of them are the intervals
    trees: Count = 100  # of each forest of missForest
    seeds: tuple[Seed, ...] = (0, 1, 2)  # each takes other entries away
    config: str = ""  # file of settings, YAML or JSON, or another table's table.json; flags win
    runs_dir: Path = Path("runs")  # where the table goes
    smoke: bool = False  # two steps: does it run?
    json: bool = False  # print the table as one line of JSON


def run(name: str, config: Config) -> None:
    """Choose the width of the code, fill the table of each seed by every method, keep and print what came of it."""
    small: dict[str, Any] = {"codes": (2,), "widths": (8,), "epochs": 1, "batch_size": 512, "samples": 2, "draws": 20}
    small |= {"members": 1, "imputations": 5, "trees": 2, "seeds": config.seeds[:1]}
    config = replace(config, **small) if config.smoke else config
    search = searched(config, with_gaps(config, config.seeds[0])[1])
    width = search.best_params_["autoencoder__latent_dim"]
    rows = [ours(config, width, seed) for seed in config.seeds]
    baselines = [row for seed in config.seeds for row in rivals(config, seed)]
    scores = dict(zip(config.codes, search.cv_results_["mean_test_score"].tolist(), strict=True))
    text = f"breast cancer, {config.missing:.0%} missing, seeds {config.seeds}, code of {width}:\n\n"
    text += f"{table(config, rows, baselines)}\n\nbound of rows left out, nats, by the width of the code: "
    text += ", ".join(f"{code} {score:.2f}" for code, score in scores.items())
    tasks.conclude(name, config, rows, text, baselines=baselines, search={str(code): scores[code] for code in scores})


def with_gaps(config: Config, seed: int) -> tuple[Any, Any]:
    """The table as it is, and with NaN in the place of the entries taken away; columns of mean 0 and variance 1."""
    import numpy as np
    from sklearn.datasets import load_breast_cancer

    data = load_breast_cancer().data
    x = (data - data.mean(0)) / data.std(0)
    gone = np.random.default_rng(seed).permutation(x.size) < int(config.missing * x.size)
    return x, np.where(gone.reshape(x.shape), np.nan, x)


def estimator(config: Config, latent_dim: int, seed: int) -> Any:
    """MIWAE: the importance-weighted bound of what was observed, a normal distribution with a spread of each entry."""
    from aelab.sklearn import Autoencoder

    shared = {name: getattr(config, name) for name in ("widths", "epochs", "batch_size", "lr", "samples")}
    fixed: dict[str, Any] = {"likelihood": "bounded_normal", "objective": "iwae", "activation": "tanh"}
    return Autoencoder(latent_dim, random_state=seed, **fixed, **shared)


def searched(config: Config, gaps: Any) -> Any:
    """The search over the width of the code, in a pipeline, by the bound of the observed entries of rows left out."""
    from sklearn.model_selection import GridSearchCV
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    pipeline = make_pipeline(StandardScaler(), estimator(config, config.codes[0], config.seeds[0]))
    grid = {"autoencoder__latent_dim": list(config.codes)}
    return GridSearchCV(pipeline, grid, cv=3, refit=False).fit(gaps)


def ours(config: Config, latent_dim: int, seed: int) -> dict[str, Any]:
    """The row of the autoencoder on the table of a seed."""
    import numpy as np

    x, gaps = with_gaps(config, seed)
    models = [estimator(config, latent_dim, member).fit(gaps) for member in range(config.members)]
    filled = np.mean([model.impute(gaps, draws=config.draws) for model in models], axis=0)
    many = [model.impute(gaps, draws=config.draws, imputations=config.imputations) for model in models]
    low, high = np.quantile(np.concatenate(many), [(1 - NOMINAL) / 2, (1 + NOMINAL) / 2], axis=0)
    step = int(models[0].state_.step)
    about = {"method": "MIWAE, aelab.sklearn", "seed": seed, "step": step, "latent_dim": latent_dim}
    return about | judged(x, gaps, filled, (low, high))


def rivals(config: Config, seed: int) -> list[dict[str, Any]]:
    """The rows of the other methods on the same table."""
    from scipy.stats import norm
    from sklearn.impute import SimpleImputer

    from aelab.baselines import incomplete

    x, gaps = with_gaps(config, seed)
    normal = incomplete.fill(incomplete.fit(gaps, ridge_of(gaps, seed)), gaps)
    reach = norm.ppf((1 + NOMINAL) / 2) * normal.variance**0.5
    found = {
        "mean of the column": judged(x, gaps, SimpleImputer().fit_transform(gaps)),
        "missForest": judged(x, gaps, forest(config, seed).fit_transform(gaps)),
        "one normal distribution": judged(x, gaps, normal.mean, (normal.mean - reach, normal.mean + reach)),
    }
    return [{"method": method, "seed": seed, "step": 2 if config.smoke else 0, **row} for method, row in found.items()]


def forest(config: Config, seed: int) -> Any:
    """missForest (Stekhoven and Bühlmann 2012, doi:10.1093/bioinformatics/btr597) as scikit-learn has it."""
    import warnings

    from sklearn.ensemble import RandomForestRegressor
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.experimental import enable_iterative_imputer  # noqa: F401 - what it imports is new there
    from sklearn.impute import IterativeImputer

    warnings.simplefilter("ignore", ConvergenceWarning)  # ten rounds are what the method has
    trees = RandomForestRegressor(config.trees, max_features="sqrt", random_state=seed)
    return IterativeImputer(trees, max_iter=1 if config.smoke else 10, random_state=seed)


def ridge_of(gaps: Any, seed: int) -> float:
    """The ridge that fills best a tenth of the observed entries, hidden for that."""
    import numpy as np

    from aelab.baselines import incomplete

    hidden = ~np.isnan(gaps) & (np.random.default_rng([seed, 1]).random(gaps.shape) < 0.1)
    fewer = np.where(hidden, np.nan, gaps)

    def error(ridge: float) -> float:
        return float(np.square(incomplete.fill(incomplete.fit(fewer, ridge), fewer).mean - gaps)[hidden].mean())

    return min((1e-4, 1e-3, 1e-2, 1e-1, 1.0), key=error)


def judged(x: Any, gaps: Any, filled: Any, interval: Any = None) -> dict[str, float | None]:
    """The mean squared error of the entries taken away, and the share of them that their intervals hold."""
    import numpy as np

    gone = np.isnan(gaps)
    held = None if interval is None else float(((interval[0] <= x) & (x <= interval[1]))[gone].mean())
    return {"squared_error": float(np.square(filled - x)[gone].mean()), "held": held}


def table(config: Config, rows: list[dict[str, Any]], baselines: list[dict[str, Any]]) -> str:
    """A line a method, mean ± standard deviation over the seeds, and the published error."""
    lines: list[list[Any]] = [["MIWAE, the authors' notebook", 1, f"{PUBLISHED:.3f}", ""]]
    for method, own in tables.grouped([*rows, *baselines], itemgetter("method")).items():
        held = [100 * row["held"] for row in own if row["held"] is not None]
        error = tables.spread([row["squared_error"] for row in own], 3)
        lines.append([method, len(own), error, tables.spread(held, 1)])
    return tables.markdown(COLUMNS, lines)


if __name__ == "__main__":
    raise SystemExit(launch.command(Config, run))
