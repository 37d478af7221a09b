"""The registry of scores says what is computed, for which models, and what the documentation says."""

import subprocess
import sys
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from aelab import latents, likelihoods, nets, priors
from aelab.data.arrays import ArraySource
from aelab.data.source import Spec
from aelab.evaluation.scores import score
from aelab.experiment.scores import SCORES, Score, as_json, find, from_json, full_name, no_density, place, suited
from aelab.model import Autoencoder

PAGE = (Path(__file__).parents[2] / "docs" / "command-line.md").read_text()
EVENT = (3, 2, 1)
SOURCE = ArraySource(
    np.random.default_rng(0).integers(0, 256, (9, *EVENT), np.uint8), None, Spec(EVENT, "uint8", "unit", 255.0)
)
CODES = {
    "point": (latents.Point(2), None),
    "normal": (latents.Gaussian(2), priors.standard_normal(2)),
}


@pytest.mark.parametrize("code", CODES)
@pytest.mark.parametrize("likelihood", [likelihoods.Bernoulli(), likelihoods.Normal()], ids=["bernoulli", "normal"])
def test_a_model_has_the_scores_that_the_registry_says(code, likelihood):
    posterior, prior = CODES[code]
    encoder, decoder = nets.mlp.Encoder((4,)), nets.mlp.Decoder(EVENT, (4,))
    model = Autoencoder(encoder=encoder, posterior=posterior, prior=prior, decoder=decoder, likelihood=likelihood)
    params = jax.jit(model.init)(jax.random.key(0), jnp.zeros((1, *EVENT)))
    found = score(model, params, jax.random.key(1), SOURCE, samples=3)
    expected = suited(code, isinstance(likelihood, likelihoods.Bernoulli))
    assert sorted(found) == sorted("l_3" if name == "l_k" else name for name in expected)


def test_the_documentation_has_a_line_for_each():
    where = {("any", "any"): "everywhere", ("random", "any"): "codes with a prior", ("normal", "any"): "normal codes"}
    where |= {("any", "bernoulli"): "Bernoulli likelihood"}
    lines = [
        f"| `{s.name}` | {s.unit} | {s.direction} | {s.meaning.replace('|', chr(92) + '|')} "
        f"| {where[s.codes, s.likelihoods]} |"
        for s in SCORES
    ]
    assert "\n".join(lines) in PAGE


def test_reading_the_registry_needs_no_jax():
    code = "import sys; import aelab.experiment.scores, aelab.compare.leaderboard; sys.exit('jax' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_score_is_found_by_its_name_with_or_without_a_split():
    own = Score("mine", "m", "higher")
    assert find("test/l_500").label == "L_500"
    assert find("validation/elbo") == find("elbo")
    assert find("test/mine", [own]) == own
    assert find("test/never_seen").called == "never seen"
    assert [place(name, [own]) for name in ("elbo", "l_9", "mine", "never")] == [0, 1, len(SCORES), len(SCORES) + 1]


def test_declared_scores_survive_the_manifest():
    own = (Score("mine", "m", "higher", "what", compute=len, relative=True), Score("other", compute=len, over="source"))
    back = from_json([{**stored, "later": 1} for stored in as_json(own)])
    assert back == tuple(each._replace(compute=None, over="batch") for each in own)


def test_a_name_is_taken_as_it_stands_first():
    names = ["validation/elbo", "validation/only", "test/elbo"]
    assert full_name("elbo", names) == "test/elbo"
    assert full_name("validation/elbo", names) == "validation/elbo"
    assert full_name("only", names) == "validation/only"
    assert full_name("nothing", names) == "nothing"


@pytest.mark.parametrize(
    ("likelihood", "values", "levels", "said"),
    [("auto", "unit", 256, True), ("bernoulli", "unit", 0, True), ("bernoulli", "unit", 2, False),
     ("normal", "unit", 256, False), ("auto", "real", 0, False)],
)  # fmt: skip
def test_bernoulli_on_grey_values_is_no_density(likelihood, values, levels, said):
    """∫ pˣ (1 − p)¹⁻ˣ dx over [0, 1] is 1 at no p but in the limits, so a bound of its log bounds no density."""
    p = np.array([0.1, 0.5, 0.9])
    x = np.linspace(0, 1, 10001)[:, None]
    assert (np.trapezoid(p**x * (1 - p) ** (1 - x), x, axis=0) < 0.98).all()
    assert bool(no_density(likelihood, {"values": values, "levels": levels})) == said
