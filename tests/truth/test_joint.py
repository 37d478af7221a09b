"""Which models have a log p(x) that is looked for here, and what it is on series, with conditions and in layers."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import two_layers
from small import small_model

from aelab import latents, likelihoods, nets, priors
from aelab.batch import Batch
from aelab.data.source import Spec
from aelab.errors import ConfigError
from aelab.model import Autoencoder
from aelab.truth import FROM_POSTERIOR, FROM_PRIOR, annealed, elbos, simulated
from aelab.truth.joint import log_joint

EVENT, KEY = (4,), jax.random.key(3)
SHORT = {"temperatures": 3, "chains": 2}
X = np.float32(np.random.default_rng(0).integers(0, 2, (3, *EVENT)))
BITS = Batch(X, X, index=np.arange(3))


def started(model, batch):
    context = {name: value for name, value in batch.beside_inputs.items() if value is not None}
    return model, jax.jit(lambda: model.init(KEY, batch.inputs, **context))()


@pytest.mark.parametrize(
    ("posterior", "prior", "reason"),
    [
        (latents.Point(2), None, "^prior: this model has none"),
        (latents.VonMisesFisher(3), priors.uniform(3), "^prior: codes of UniformSphere are directions on a sphere"),
        (latents.VonMisesFisher(3), priors.Vamp(2, EVENT), "^prior: codes of VonMisesFisher are directions"),
        (
            latents.Quantised(latents.Codebook(4, 2)),
            priors.UniformCodes((1,)),
            "^prior: codes of UniformCodes are entries of a book",
        ),
        (latents.Point(2), priors.standard_normal(2), "^posterior: codes of Point are points without a density"),
    ],
    ids=["none", "sphere", "mixture on the sphere", "book", "points"],
)
def test_where_no_integral_over_codes_is_a_line_says_why(posterior, prior, reason):
    model, params = started(small_model(EVENT, posterior, prior), BITS)
    with pytest.raises(ConfigError, match=reason) as raised:
        annealed(model, params, KEY, BITS, FROM_POSTERIOR._replace(**SHORT))
    assert "\n" not in str(raised.value)


def test_the_gap_is_split_for_diagonal_normals_alone():
    model, params = started(small_model(EVENT, latents.FullNormal(2), priors.standard_normal(2)), BITS)
    with pytest.raises(ConfigError, match="the gap is split for diagonal normal codes alone"):
        elbos(model, params, KEY, BITS)


def of_bits(posterior, prior):
    return small_model(EVENT, posterior, prior)


def in_layers():
    return two_layers.build(two_layers.Config(widths=(4,)), Spec(EVENT, "uint8", "unit", levels=2)).model


@pytest.mark.parametrize(
    ("how", "model"),
    [
        pytest.param(FROM_PRIOR, of_bits(latents.Point(2), priors.standard_normal(2)), marks=pytest.mark.long),
        pytest.param(FROM_PRIOR, of_bits(latents.Gaussian(2), priors.LearnedFlow((2,), 2, 4)), marks=pytest.mark.long),
        (FROM_POSTERIOR, of_bits(latents.Gaussian(2), priors.LearnedMixture((2,), 3))),
        pytest.param(FROM_POSTERIOR, of_bits(latents.FullNormal(2), priors.Vamp(3, EVENT)), marks=pytest.mark.long),
        pytest.param(FROM_PRIOR, in_layers(), marks=pytest.mark.long),
        pytest.param(FROM_POSTERIOR, in_layers(), marks=pytest.mark.long),
    ],
    ids=["points", "flow", "mixture", "vamp", "layers", "layers of q"],
)
def test_codes_of_every_kind_are_integrated_out(how, model):
    """As by the mean of p(x|z) over 20,000 draws of the prior, which leaves errors of about 1 %."""
    model, params = started(model, BITS)
    found = annealed(model, params, KEY, BITS, how._replace(temperatures=60, chains=64))

    @jax.jit
    def by_draws():
        logits = model.decode(params, model.draw_codes(params, KEY, jnp.arange(20_000))).logits
        each = jnp.einsum("ze,re->rz", logits, X) - jax.nn.softplus(logits).sum(-1)
        return jax.nn.logsumexp(each, 1) - jnp.log(20_000)

    weights = np.exp(found.log_weights - by_draws()[:, None])
    errors = np.hypot(weights.std(1, ddof=1) / 8, 0.01)
    np.testing.assert_array_less(np.abs(weights.mean(1) - 1), 4 * errors)
    assert errors.max() < 0.15


@pytest.fixture(scope="module")
def series():
    """An autoencoder of series, and three of one to four steps; behind their ends stands rubbish."""
    model = Autoencoder(
        encoder=nets.lstm.Encoder(3),
        posterior=latents.Gaussian(2),
        prior=priors.standard_normal(2),
        decoder=nets.lstm.Decoder((4, 1), 3),
        likelihood=likelihoods.Normal(0.5),
    )
    mask = np.arange(4) < np.array([1, 4, 2])[:, None]
    x = np.float32(np.random.default_rng(0).normal(size=(3, 4, 1)))
    return (*started(model, Batch(x, x, mask=mask, index=np.arange(3))), Batch(x, x, mask=mask, index=np.arange(3)))


def test_padding_counts_for_nothing(series):
    model, params, batch = series
    spoilt = np.where(batch.mask[..., None], batch.targets, 77)
    how = FROM_POSTERIOR._replace(**SHORT)
    found, same = (
        annealed(model, params, KEY, batch._replace(inputs=x, targets=x), how) for x in (batch.targets, spoilt)
    )
    np.testing.assert_array_equal(found.log_weights, same.log_weights)


def test_events_of_the_model_end_where_those_of_the_set_do(series):
    model, params, batch = series
    _, made = simulated(model, params, KEY, batch)
    assert (np.asarray(made.targets)[~batch.mask] == 0).all()
    assert (np.asarray(made.targets)[batch.mask] != 0).all()


def test_a_condition_reaches_prior_and_decoder():
    """One step from the prior gives log p(x|z, condition) at draws of p(z|condition)."""
    encoder, decoder = nets.conditioned(nets.mlp.Encoder((4,)), nets.mlp.Decoder(EVENT, (4,)), EVENT)
    prior = priors.Conditional(nets.mlp.Encoder((4,)), latents.Gaussian(2))
    posterior, likelihood = latents.Gaussian(2), likelihoods.Bernoulli()
    parts = {"encoder": encoder, "posterior": posterior, "prior": prior, "decoder": decoder, "likelihood": likelihood}
    batch = BITS._replace(condition=np.eye(3, dtype=np.float32))
    model, params = started(Autoencoder(**parts), batch)
    found = [
        annealed(model, params, KEY, batch._replace(condition=told), FROM_PRIOR._replace(temperatures=60)).lower
        for told in (batch.condition, batch.condition[::-1])
    ]
    z = model.prior(params, condition=jnp.repeat(batch.condition, 9000, 0)).sample(KEY)
    x = model.decode(params, z, condition=jnp.repeat(batch.condition, 9000, 0)).log_prob(jnp.repeat(X, 9000, 0))
    np.testing.assert_allclose(found[0], jax.nn.logsumexp(x.reshape(3, -1), 1) - np.log(9000), atol=0.1)
    assert (np.abs(found[0] - found[1])[[0, 2]] > 1e-3).all()


def test_the_joint_density_is_prior_and_likelihood():
    model, params = started(small_model(EVENT, latents.Gaussian(2), priors.standard_normal(2)), BITS)
    z = jax.random.normal(KEY, (3, 2))
    expected = -0.5 * (jnp.square(z) + jnp.log(2 * jnp.pi)).sum(1) + model.decode(params, z).log_prob(X)
    np.testing.assert_allclose(log_joint(model, params, BITS)(z), expected, rtol=1e-5)
