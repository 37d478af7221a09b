"""The sweeps of docs/results.md: their tables are what was measured, and say what theory says and others published."""

import json
import statistics
import sys
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from aelab.compare import written
from aelab.figures.tradeoff import hull

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "results.md").read_text()
sys.path.insert(0, str(ROOT / "tools"))
from keep_sweep import entries  # noqa: E402

ROWS, LATENT = (
    json.loads((ROOT / "results" / f"sweep-{name}.json").read_text())["rows"] for name in ("beta", "latent")
)
PUBLISHED = {2: 135.7, 5: 110.2, 10: 93.8, 20: 88.9, 40: 88.9}  # nats, Davidson et al. 2018, table of N-VAE


def by_beta(name: str) -> dict[float, list[float]]:
    """Test scores of all seeds, by rising beta."""
    found: dict[float, list[float]] = {}
    for row in sorted(ROWS, key=lambda row: row["config"]["beta"]):
        found.setdefault(row["config"]["beta"], []).append(row["scores"][f"test/{name}"])
    return found


def test_the_table_of_the_page_is_what_was_measured():
    assert written.markdown(entries(ROWS), "test/elbo") in PAGE


def test_every_point_has_three_seeds():
    assert {len(values) for values in by_beta("elbo").values()} == {3}
    assert {row["config"]["seed"] for row in ROWS} == {0, 1, 2}


@pytest.mark.parametrize(("name", "sign"), [("distortion", 1), ("rate", -1)])
def test_distortion_rises_and_rate_falls_with_beta_by_more_than_seeds_differ(name, sign):
    values = list(by_beta(name).values())
    for low, high in pairwise(values):
        assert min(sign * x for x in high) > max(sign * x for x in low)


def test_every_beta_lies_on_the_convex_hull():
    rate, distortion = (np.array([np.mean(v) for v in by_beta(name).values()]) for name in ("rate", "distortion"))
    assert sorted(hull(rate, distortion)) == list(range(6))


def test_codes_collapse_at_large_beta():
    units = {beta: statistics.mean(values) for beta, values in by_beta("active_units").items()}
    assert units[max(units)] < 0.75 * units[1.0]


@pytest.mark.parametrize("row", LATENT, ids=lambda row: f"z{row['config']['latent_dim']}")
def test_codes_of_a_size_come_within_a_nat_of_what_was_published(row):
    size, found = row["config"]["latent_dim"], {name: row["scores"][f"test/{name}"] for name in ("l_500", "elbo")}
    assert -found["l_500"] < PUBLISHED[size] + 1
    line = f"| {size} | {PUBLISHED[size]} | {-found['l_500']:.2f} | {-found['elbo']:.2f} |"
    assert line in PAGE


def test_all_published_sizes_are_there():
    assert {row["config"]["latent_dim"] for row in LATENT} == set(PUBLISHED)
