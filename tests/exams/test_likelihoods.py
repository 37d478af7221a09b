"""What every likelihood must do, whichever it is: those of `--likelihood`, by the names of their menu.

A new one is a line in `likelihoods.menu`, and in `VALUES` where it is not for numbers in [0, 1]. One for the columns
of a table is asked about a series of rows of one.
"""

from functools import cached_property
from typing import get_args

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from aelab import likelihoods
from aelab.config.likelihoods import LikelihoodName
from aelab.data.columns import Column

ROWS, EVENT, LEVELS = 6, (5, 2), 17  # a series of 5 steps and 2 channels
KEY = jax.random.key(7)
INDEX = np.array([3, 11, 7, 0, 400, 20])
MASK = np.arange(5) < np.array([[5], [1], [3], [4], [2], [5]])
VALUES = {"mixed": "real"}  # the kind of values, where it is not "unit"
COLUMNS = {
    "mixed": (
        Column("a", "number"),
        Column("b", "binary"),
        Column("c", "category", ("x", "y", "z")),
        Column("d", "number"),
    )
}


class Case:
    """One likelihood with random outputs of a decoder: compiled once, used by every question of the exam."""

    def __init__(self, name: str):
        values, self.columns = VALUES.get(name, "unit"), COLUMNS.get(name, ())
        self.event = (EVENT[0], sum(column.width for column in self.columns)) if self.columns else EVENT
        self.module = likelihoods.choose(name, values, levels=LEVELS, sigma=0.4, columns=self.columns)
        rng = np.random.default_rng(0)
        shape = (ROWS, *likelihoods.event_outputs(self.module, self.event))
        self.outputs = rng.normal(size=shape).astype("f4")
        self.x = rng.integers(0, LEVELS, (ROWS, *self.event)).astype("f4") / (LEVELS - 1)
        if self.columns:  # what is 0 or 1, and a choice
            self.x[..., 1] = rng.integers(0, 2, self.x.shape[:-1])
            self.x[..., 2:5] = np.eye(3)[rng.integers(0, 3, self.x.shape[:-1])]
        variables = self.module.init(jax.random.key(0), self.outputs)
        self.variables = jax.tree.map(lambda leaf: rng.normal(size=leaf.shape).astype("f4"), variables)

    def values(self, variables, outputs, x, mask, key, index):
        """All that is asked of p(x|z), and the gradient of Σ log p(x|z)."""

        def total(variables, outputs):
            log_p = self.module.apply(variables, outputs).log_prob(x, mask)
            return log_p.sum(), log_p

        (_, log_p), grad = jax.value_and_grad(total, (0, 1), has_aux=True)(variables, outputs)
        p = self.module.apply(variables, outputs)
        drawn = p.sample(key, index)
        found = {"mean": p.mean, "mode": p.mode, "drawn": drawn, "of_drawn": p.log_density(drawn)}
        found["of_mode"] = p.log_density(p.mode)
        return {"log_p": log_p, "grad": grad, **found}

    @cached_property
    def compiled(self):
        run = jax.jit(self.values)

        def answers(outputs=self.outputs, x=self.x, mask=MASK, key=KEY, index=INDEX):
            return jax.tree.map(np.asarray, run(self.variables, outputs, x, mask, key, index))

        return answers

    @cached_property
    def answers(self):
        return self.compiled()


LONG = {"negative_binomial", "logistic_mixture"}  # of which another member has all in it
NAMES = [pytest.param(name, marks=[pytest.mark.long] * (name in LONG)) for name in likelihoods.menu]


@pytest.fixture(scope="module", params=NAMES)
def case(request):
    return Case(request.param)


def test_every_likelihood_can_be_asked_for_by_name():
    assert {"auto", *likelihoods.menu} == set(get_args(LikelihoodName))


def test_it_is_finite_and_one_number_per_example(case):
    found = case.answers
    assert found["log_p"].shape == (ROWS,)
    assert found["log_p"].dtype == np.float32
    for name in ("mean", "mode", "drawn", "of_drawn"):
        assert found[name].shape == (ROWS, *case.event), name
    assert all(np.isfinite(leaf).all() for leaf in jax.tree.leaves(found))


def test_it_has_a_gradient_in_every_output_that_exists(case):
    variables, outputs = case.answers["grad"]
    assert all((leaf != 0).all() for leaf in jax.tree.leaves(variables))
    assert (outputs[MASK] != 0).mean() > 0.9
    assert (outputs[~MASK] == 0).all()


def test_what_is_outside_the_mask_counts_for_nothing(case):
    junk = np.where(MASK[..., None], case.x, np.float32(np.nan))
    found = case.compiled(x=junk)
    jax.tree.map(np.testing.assert_array_equal, found, case.answers)


def test_a_row_depends_on_itself_and_its_index_alone(case):
    order = np.array([4, 2, 0, 5, 1, 3])
    moved = case.compiled(case.outputs[order], case.x[order], MASK[order], index=INDEX[order])
    for name in ("log_p", "drawn", "mean"):
        np.testing.assert_allclose(moved[name], case.answers[name][order], rtol=1e-5, atol=1e-6)
    elsewhere, other = case.compiled(index=INDEX + 1)["drawn"], case.compiled(key=jax.random.key(8))["drawn"]
    for drawn in (elsewhere, other):
        assert (drawn != case.answers["drawn"]).any((1, 2)).all()


def test_no_draw_is_impossible_and_the_mode_is_likelier_than_most(case):
    of_mode, of_drawn = (by_column(case.answers[name], case.columns) for name in ("of_mode", "of_drawn"))
    likelier = of_mode >= of_drawn - 0.7
    assert likelier.mean() > 0.9  # of parts that overlap it is one part's mode


def by_column(values, columns):
    """Log densities of entries, of which those of one category are summed: they are of one choice."""
    starts = np.cumsum([0, *(column.width for column in columns[:-1])]) if columns else np.arange(values.shape[-1])
    return np.add.reduceat(values, starts, -1)


@pytest.mark.long
def test_it_is_the_same_without_jit(case):
    with jax.disable_jit():
        plain = case.values(
            case.variables, jnp.asarray(case.outputs), jnp.asarray(case.x), jnp.asarray(MASK), KEY, INDEX
        )
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-5), case.answers, plain)


@pytest.mark.long
@pytest.mark.parametrize("name", likelihoods.menu)
def test_the_loss_of_a_vae_falls(name, tmp_path):
    """Of real digits, or of a table, in 50 steps or fewer."""
    from aelab.runner import launch
    from experiments import vae

    own: dict = {"data": "digits"}
    if name == "mixed":
        rows = [f"{i % 7},{i % 2},{'xyz'[i % 3]}" for i in range(300)]
        (tmp_path / "a.csv").write_text("a,b,c\n" + "\n".join(rows) + "\n")
        own = {"data": f"csv:{tmp_path / 'a.csv'}", "categorical": ("auto",)}
    config = vae.Config(
        **own, widths=(32,), batch_size=29, epochs=2, likelihood=name, sigma=0.4, lr=3e-3, runs_dir=tmp_path
    )
    rows = launch.train("experiments.vae", config, vae.build).rows("metrics.jsonl")
    losses = [row["loss"] for row in rows if row["split"] == "validation"]
    assert losses[-1] < losses[0]
