"""How much of a book of codes is in use: counts in closed form, and over a whole split of padded series."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.stats import entropy

from aelab.data.arrays import ArraySource
from aelab.data.source import Spec
from aelab.evaluation import code_use
from experiments import vq


def test_even_codes_are_all_in_use_and_one_code_is_one():
    assert code_use.use_of(np.full((2, 8), 5)) == pytest.approx((8.0, 1.0, 0.0))
    assert code_use.use_of(np.array([[0, 40, 0, 0]])) == pytest.approx((1.0, 0.25, 0.75))


def test_perplexity_is_the_exponential_of_the_entropy_of_the_worst_level():
    counts = np.random.default_rng(0).integers(0, 50, (3, 40))
    found = code_use.use_of(counts)
    assert found.perplexity == pytest.approx(min(np.exp(entropy(level)) for level in counts))
    assert found.usage == pytest.approx((counts > 0).mean(1).min())


def test_a_rare_code_is_dead_and_few_places_cannot_use_many_codes():
    counts = np.array([[1000, 1000, 4, 996]])
    assert code_use.use_of(counts).dead_share == 0.25  # 4 of 3000 are less than a hundredth of a quarter
    assert code_use.use_of(np.array([[1, 1, 1, *[0] * 97]])).usage == 1.0


def test_a_split_is_counted_whole_without_its_padding():
    """Against a count by hand of the indices of each series, up to its length."""
    spec = Spec((8, 2), "float32", "unit", lengths=tuple(range(9)))
    config = vq.Config(net="conv", channels=(4,), latent_grid=True, codes=16, latent_dim=3)
    model = vq.build(config, spec).model
    rng = np.random.default_rng(0)
    params = model.init(jax.random.key(0), jnp.zeros((1, 8, 2)))
    length = rng.integers(1, 9, 700)  # more than one batch, and a last one that is padded
    x = rng.normal(size=(700, 8, 2)).astype("f4")
    found = code_use.counts(model, params, ArraySource(x, None, spec, length))
    mask = np.arange(8) < length[:, None]
    indices = np.asarray(model.encode(params, np.where(mask[..., None], x, 0), mask=mask).indices)[..., 0]
    expected = np.bincount(
        np.concatenate([row[: -(-n // 2)] for row, n in zip(indices, length, strict=True)]), minlength=16
    )
    np.testing.assert_array_equal(found[0], expected)


PROVOKED = {
    "fine": {},
    "a learning rate too large": {"lr": 0.3, "codebook": "gradient"},
    "entries far from all vectors": {"codebook": "gradient", "codebook_scale": 100.0},
    "dead entries left alone": {"codebook_scale": 100.0, "restart_below": 0.0},
    "a learning rate too large for running means": {"lr": 0.3},
}


@pytest.mark.long
@pytest.mark.parametrize("name", PROVOKED)
def test_a_collapse_that_is_provoked_is_said_and_no_other(name, tmp_path):
    from aelab.runner import launch

    config = vq.Config(
        data="digits", widths=(32,), latent_dim=4, codes=128, batch_size=32, epochs=9, eval_every=9.0,
        runs_dir=tmp_path, **PROVOKED[name],
    )  # fmt: skip
    run = launch.train("experiments.vq", config, vq.build)
    summary = run.read("summary.json")
    said = [line for line in summary["trouble"] if line.startswith(("codebook collapse", "nothing is rebuilt"))]
    print(name, {score: summary["scores"][f"test/{score}"] for score in ("usage", "perplexity", "dead_share")}, said)
    assert (not said) == (name == "fine")
    assert all(line.partition(" --")[0] in (run.path / "report.html").read_text() for line in said)  # flags are marked
    assert all(line in (run.path / "log.txt").read_text() for line in said)
