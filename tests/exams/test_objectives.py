"""What every objective must do, whichever it is. A new one is a line in `OBJECTIVES`."""

from collections.abc import Callable
from dataclasses import replace
from functools import cached_property, partial
from typing import NamedTuple, get_args, get_type_hints

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import pytest
import two_layers

from aelab import distributions, latents, likelihoods, objectives, priors
from aelab.batch import TRACED, Batch, Hyper
from aelab.config import BoundOptions, PenaltyOptions, Traced, marked
from aelab.data.source import Spec
from aelab.experiment.player import own_parameters
from aelab.model import Autoencoder
from aelab.nets import critics, mlp
from aelab.objectives import Objective, as_objective
from aelab.runner import population
from experiments import aae, vae, vae_gan
from experiments import autoencoder as autoencoder_script

ROWS, EVENT, LATENT = 6, (5, 2), 3  # a series of 5 steps and 2 channels
SPEC = Spec(EVENT, "float32", "unit", examples=100)
OWN_NUMBERS = {"capacity": 3.0, "capacity_epochs": 8.0, "cycles": 2.0, "cycle_rise": 0.5, "free_bits": 0.1}
OWN_NUMBERS |= {"dip_off_diagonal": 2.0, "dip_diagonal": 3.0, "mmd_weight": 5.0, "info_alpha": 0.25}
OWN_NUMBERS |= {
    "contraction": 0.3,
    "sparsity": 0.1,
    "sparsity_weight": 2.0,
    "code_penalty": 0.5,
    "decoder_penalty": 0.2,
}
OWN_NUMBERS |= {"factor_gamma": 2.0, "critic_lr": 1e-4, "elbo_share": 0.5}
OF_GAMES = {"generator_lr": 1e-4, "feature_share": 0.25, "adversary_weight": 3.0}  # of scripts of their own
HYPER = Hyper(beta=0.7, beta_warmup=4.0, steps=8.0, own=OWN_NUMBERS | OF_GAMES)
STEP = 1  # in the middle of the warm-up: β is 0.35


class Member(NamedTuple):
    """An objective, or its record, and what its terms add up to."""

    objective: Callable | Objective
    total: Callable | None  # (terms, beta) -> value; None where they are no parts of it
    generative: bool = True  # it needs a prior
    made_by: Callable | None = None  # the name in the menu, where that is a function that makes the record
    short: bool = False  # its whole exam is long; among the fast tests it sits the short one
    surrogate: bool = (
        False  # its gradient is not the slope of its value, but one with the same mean or of another bound
    )
    models: tuple[str, ...] = ()  # those of `MODELS` for which it is defined; none is all
    networks: dict[str, Callable] = {}  # noqa: RUF012 - beside the model: name -> (key -> parameters)
    parts: tuple[str, ...] = ("model",)  # that its player moves
    reads_targets: bool = True
    draws: bool = True  # codes; not where a closed form spares it


def distortion(terms, beta):
    return terms["distortion"]


def bound(terms, beta):
    return terms["distortion"] + terms["rate"]


def weighted_bound(terms, beta):
    return terms["distortion"] + beta * terms["rate"]


def with_covariance(terms, beta):
    return weighted_bound(terms, beta) + terms["covariance_penalty"]


def with_penalties(terms, beta):
    return terms["distortion"] + 0.5 * terms["code_length"] + 0.2 * terms["decoder_penalty"]


def across(loss, total, models=()) -> Member:
    """One that looks across the batch."""
    return Member(Objective(loss, across=True), total, short=True, models=models)


ONE_NORMAL = ("bernoulli", "learned", "categorical")  # models whose code is one diagonal normal
OBJECTIVES = {
    "reconstruction": Member(objectives.reconstruction, distortion, generative=False),
    "elbo": Member(objectives.elbo, weighted_bound),
    "iwae": Member(partial(objectives.iwae, samples=3), bound),
    "capacity": Member(
        objectives.capacity, lambda t, beta: t["distortion"] + beta * abs(t["rate"] - 3.0 * 2 / 8), short=True
    ),
    "cyclical": Member(
        objectives.cyclical, lambda t, beta: t["distortion"] + beta * t["rate"] * 1 / 4 / 0.5, short=True
    ),
    "free_bits": across(
        objectives.free_bits, lambda t, beta: t["distortion"] + beta * t["paid_rate"], models=ONE_NORMAL
    ),
    "dreg": Member(partial(objectives.dreg, samples=3), bound, short=True, surrogate=True),
    "stl": Member(partial(objectives.stl, samples=3), bound, short=True, surrogate=True),
    "miwae": Member(partial(objectives.miwae, samples=2, bounds=2), bound, short=True),
    "piwae": Member(partial(objectives.piwae, samples=2, bounds=2), bound, short=True, surrogate=True),
    "ciwae": Member(partial(objectives.ciwae, samples=3), bound, short=True),
    "contractive": Member(
        objectives.contractive, lambda t, beta: t["distortion"] + 0.3 * t["squared_slope"], generative=False, short=True
    ),
    "kl_sparse": Member(
        Objective(objectives.kl_sparse, across=True),
        lambda t, beta: t["distortion"] + 2.0 * t["activity_penalty"],
        generative=False,
        short=True,
    ),
    "rae_l2": Member(partial(objectives.rae, gradient=False), with_penalties, generative=False, short=True),
    "rae_gradient": Member(partial(objectives.rae, gradient=True), with_penalties, generative=False, short=True),
    "rae_spectral": Member(
        Objective(objectives.rae_spectral, project=objectives.with_turned_decoder),
        lambda t, beta: t["distortion"] + 0.5 * t["code_length"],
        generative=False,
        short=True,
    ),
    "beta_tc": across(
        partial(objectives.beta_tc, examples=100),
        lambda t, beta: t["distortion"] + t["information"] + beta * t["total_correlation"] + t["dimension_wise"],
        models=ONE_NORMAL,
    ),
    "dip_1": across(partial(objectives.dip, of_draws=False), with_covariance, models=ONE_NORMAL),
    "dip_2": across(partial(objectives.dip, of_draws=True), with_covariance, models=ONE_NORMAL),
    "info_vae": across(
        objectives.info_vae, lambda t, beta: t["distortion"] + 0.75 * t["rate"] + (0.25 + 5.0 - 1) * t["mmd"]
    ),
    "wae_mmd": across(objectives.wae_mmd, lambda t, beta: t["distortion"] + 5.0 * t["mmd"]),
}


def of_codes(params, codes, condition=None):
    """A critic of codes without kinks, over which no slope could be measured."""
    return mlp.Decoder((1,), (4,)).apply({"params": params}, codes)[:, 0]


def fresh_of_codes(key):
    return mlp.Decoder((1,), (4,)).init(key, jnp.zeros((1, LATENT)))["params"]


of_events, fresh_of_events = critics.of_events(mlp.Encoder((4,)), EVENT)
ENCODER, DECODER = ("encoder", "posterior"), ("decoder", "likelihood")


def player(make, critic, fresh, total=None, parts=("critic",), **more) -> Member:
    """A player of a game with a critic, which a script of its own puts together."""
    given = {"short": True, "models": ONE_NORMAL, "networks": {"critic": fresh}, "parts": parts, "made_by": make}
    return Member(make(critic), total, **(given | more))


GAMES = {
    "factor": player(
        objectives.factor,
        of_codes,
        fresh_of_codes,
        lambda t, beta: t["distortion"] + beta * t["rate"] + 2.0 * t["total_correlation"],
        ("model",),
    ),
    "factor_critic": player(objectives.factor_critic, of_codes, fresh_of_codes, generative=False, reads_targets=False),
    "aae_generator": player(
        objectives.aae_generator, of_codes, fresh_of_codes, parts=ENCODER, generative=False, reads_targets=False
    ),
    "aae_critic": player(objectives.aae_critic, of_codes, fresh_of_codes, reads_targets=False),
    "vae_gan": player(
        objectives.vae_gan,
        of_events,
        fresh_of_events,
        lambda t, beta: 0.75 * t["distortion"] + 0.25 * t["feature_distortion"] + beta * t["rate"],
        ENCODER,
    ),
    "vae_gan_generator": player(
        objectives.vae_gan_generator,
        of_events,
        fresh_of_events,
        lambda t, beta: t["distortion"] + 3.0 * t["adversary"],
        DECODER,
    ),
    "vae_gan_critic": player(objectives.vae_gan_critic, of_events, fresh_of_events),
}
# What trains a prior alone, whose parts are those that the model named here has besides its decoder.
GAMES["code_rate"] = Member(
    objectives.code_rate,
    lambda t, beta: t["rate"],
    short=True,
    models=("learned",),
    parts=("encoder", "posterior", "prior"),
    reads_targets=False,
    draws=False,
)


def kept(model, params, key, batch, *, step, hyper, extra):
    """The ELBO, scaled by an array of its own, and a sum that it would go on from."""
    loss = objectives.elbo(model, params, key, batch, step=step, hyper=hyper)
    scaled = {name: extra["scale"] * term for name, term in loss.terms.items()}
    return objectives.Loss(extra["scale"] * loss.value, scaled, {"rate": batch.weights @ loss.terms["rate"]})


# In no menu: it shows that a record can sit the exam.
OWN = {"kept": Member(Objective(kept, lambda *_: {"scale": jnp.float32(2)}, lambda extra, *_: extra), weighted_bound)}


class LearnedPrior(nn.Module):
    """N(μ, σ²) over one code with both learned."""

    @nn.compact
    def __call__(self):
        mean = self.param("mean", nn.initializers.normal(1.0), (LATENT,))
        return distributions.Normal(mean, self.param("log_variance", nn.initializers.normal(1.0), (LATENT,)))


def autoencoder(likelihood, **parts):
    usual = {
        "encoder": mlp.Encoder((4,)),
        "posterior": latents.Gaussian(LATENT),
        "prior": priors.standard_normal(LATENT),
        "decoder": mlp.Decoder(likelihoods.event_outputs(likelihood, EVENT), (4,)),
        "likelihood": likelihood,
    }
    return Autoencoder(**(usual | parts))


MODELS = {
    "bernoulli": autoencoder(likelihoods.Bernoulli()),
    "learned": autoencoder(likelihoods.Normal("learned"), prior=LearnedPrior()),
    "categorical": autoencoder(likelihoods.GreyLevels(3)),
    "two layers": autoencoder(
        likelihoods.Bernoulli(),
        posterior=two_layers.Posterior((LATENT, 2)),
        prior=two_layers.Prior((LATENT, 2)),
        decoder=two_layers.Decoder(mlp.Decoder(EVENT, (4,))),
    ),
    "plain": autoencoder(likelihoods.Bernoulli(), posterior=latents.Point(LATENT), prior=None),
}
WITHOUT_PRIOR = {"plain", "bernoulli"}  # models all of whose parameters a reconstruction touches


class Case:
    """One objective with one model: compiled once, used by every question of the exam."""

    def __init__(self, member: Member, model: Autoencoder):
        self.member, self.model, self.key = member, model, jax.random.key(0)
        self.record = as_objective(member.objective)

    def whole(self, params, batch, key, hyper=HYPER):
        """The loss, with its sums over the batch."""
        more = {"gather": lambda tree: tree} if self.record.across else {}
        more |= {"extra": self.record.init(params, SPEC, hyper)} if self.record.init else {}
        return self.record.loss(self.model, params, key, batch, step=STEP, hyper=hyper, **more)

    def loss(self, params, batch, key, hyper=HYPER):
        """What it says of each row."""
        return self.whole(params, batch, key, hyper)._replace(updates={})

    def total(self, params, batch, key):
        loss = self.loss(params, batch, key)
        return loss.value.sum(), loss

    @cached_property
    def fast(self):
        """Loss and gradient of its sum."""
        run = jax.jit(jax.value_and_grad(self.total, has_aux=True))

        def loss_and_grad(params, batch, key):
            (_, loss), grad = run(params, batch, key)
            return loss, grad

        return loss_and_grad

    @cached_property
    def traced(self):
        """The loss, its numbers traced."""
        return jax.jit(self.loss)

    @cached_property
    def params(self):
        """Random, biases too, for zeros hide mistakes; drawn by numpy, which has nothing to compile."""
        shapes = jax.eval_shape(self.model.init, self.key, jnp.zeros((ROWS, *EVENT)))
        shapes |= {name: jax.eval_shape(fresh, self.key) for name, fresh in self.member.networks.items()}
        rng = np.random.default_rng(1)
        return jax.tree.map(lambda leaf: rng.normal(0.1, 0.5, leaf.shape).astype(leaf.dtype), shapes)

    @cached_property
    def batch(self):
        """Every step exists, and says so: a batch where some do not needs no other program."""
        rng, shape = np.random.default_rng(2), (ROWS, *EVENT)
        inputs, targets = rng.normal(size=shape).astype("f4"), rng.uniform(size=shape).astype("f4")
        index = np.array([3, 11, 7, 0, 400, 20])
        return Batch(inputs, targets, index=index, mask=np.ones(shape[:2], bool))

    def own(self, grad):
        """Of a gradient, what its player moves by."""
        return own_parameters(grad, self.member.parts)

    @property
    def bare(self):
        """The same batch, which leaves out whatever it can."""
        return Batch(*self.batch[:2])


def sat_with(member: Member) -> list[str]:
    """The models with which a member sits the exam."""
    fitting = [model for model in MODELS if (model != "plain" if member.generative else model in WITHOUT_PRIOR)]
    return [model for model in fitting if not member.models or model in member.models]


SHORT = {name: member for name, member in (OBJECTIVES | GAMES).items() if member.short}
NAMES = [(name, model) for name, member in OBJECTIVES.items() if not member.short for model in sat_with(member)]
NAMES += [(name, "bernoulli") for name in OWN]
LONG = [pytest.param((n, model), marks=pytest.mark.long) for n, member in SHORT.items() for model in sat_with(member)]


def label(case) -> str:
    """The names of an objective and a model."""
    return "-".join(case)


@pytest.fixture(scope="module", params=NAMES + LONG, ids=label)
def case(request):
    objective, model = request.param
    return Case((OBJECTIVES | GAMES | OWN)[objective], MODELS[model])


def close(a, b, rtol=1e-4, atol=1e-5):
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=rtol, atol=atol), a, b)


def as_numpy(tree):
    """Arrays on which questions need no compiler."""
    return jax.tree.map(np.array, tree)


def finite(tree):
    return all(np.isfinite(leaf).all() for leaf in jax.tree.leaves(tree))


def loss_of(member: Member) -> Callable:
    """The function behind a member."""
    loss = as_objective(member.objective).loss
    return getattr(loss, "func", loss)


def test_every_objective_of_the_menu_sits_the_exam():
    held = {member.made_by or loss_of(member) for member in (OBJECTIVES | GAMES).values()}
    tools = {objectives.Loss, objectives.divergence, objectives.drawn, objectives.log_weight, Objective, as_objective}
    tools |= {
        objectives.optimal_sigma,
        objectives.prior_draws,
        objectives.with_turned_decoder,
        objectives.m2,
    }  # the last needs a classifier, and labels
    tools |= {objectives.weighed_draw}  # what `log_weight` and the filling of gaps draw
    tools |= {objectives.quantised, objectives.moving_codebook, objectives.code_entropy, objectives.gumbel_softmax}
    # those need a quantised code, whose exam is their own
    named = {getattr(objectives, name) for name in objectives.__all__ if name not in ("menu", "dictionaries")} - tools
    assert held == named


def test_every_objective_can_be_asked_for_by_name():
    configs = {name: script.Config() for script in (vae, autoencoder_script) for name in asked_of(script)}
    assert set(configs) == set(objectives.menu) | {"factor"}
    made = {name: as_objective(objectives.menu[name](configs[name], SPEC)) for name in objectives.menu}
    for name, member in OBJECTIVES.items():
        assert made[name].across == as_objective(member.objective).across
        assert getattr(made[name].loss, "func", made[name].loss) is loss_of(member)
    declared = {number for record in (BoundOptions, PenaltyOptions) for number in marked(record, Traced)}
    assert set(OWN_NUMBERS) == declared - TRACED


@pytest.mark.parametrize("number", OWN_NUMBERS | OF_GAMES)
def test_runs_that_differ_in_one_of_its_numbers_train_together(number):
    """Also where it is 0, if it may be: the program reads it and is not made by it."""
    config = next(script.Config() for script in SCRIPTS if hasattr(script.Config(), number))
    values = (0.0, 0.25, 0.5) if number not in ("cycles", "critic_lr") else (0.25, 0.5)
    assert population.groups([replace(config, **{number: value}) for value in values]) == [list(range(len(values)))]


SCRIPTS = (vae, autoencoder_script, aae, vae_gan)


def asked_of(script) -> tuple[str, ...]:
    """The names that `--objective` of a script takes."""
    return get_args(get_type_hints(script.Config)["objective"])


FAST = [
    pytest.param(name, marks=pytest.mark.ci if name in GAMES and name != "vae_gan_generator" else ()) for name in SHORT
]


@pytest.mark.parametrize("name", FAST)
def test_the_short_exam(name):
    """Of a member whose whole exam is long: finite, one number per example, terms that add up, and all is learned."""
    case = Case(SHORT[name], MODELS[sat_with(SHORT[name])[0]])
    loss, grad = as_numpy(case.fast(case.params, case.batch, case.key))
    assert {number.shape for number in (loss.value, *loss.terms.values())} == {(ROWS,)}
    assert finite((loss, grad))
    if case.member.total:
        close(loss.value, case.member.total(loss.terms, beta=0.7 * 2 / 4))
    assert all((leaf != 0).any() for leaf in jax.tree.leaves(case.own(grad)))


def test_it_is_finite_and_one_number_per_example(case):
    loss, _ = case.fast(case.params, case.batch, case.key)
    assert type(loss) is objectives.Loss
    assert loss.terms
    for number in (loss.value, *loss.terms.values()):
        assert number.shape == (ROWS,)
        assert number.dtype == jnp.float32
    assert finite(loss)


def test_it_has_a_gradient_in_every_parameter(case):
    _, grad = case.fast(case.params, case.batch, case.key)
    assert jax.tree.structure(grad) == jax.tree.structure(case.params)
    assert finite(grad)
    for path, leaf in jax.tree.leaves_with_path(case.own(as_numpy(grad))):
        assert (leaf != 0).any(), jax.tree_util.keystr(path)


TIER = {"elbo": pytest.mark.ci, "reconstruction": pytest.mark.ci}  # the long tests have all
EAGER = [
    pytest.param(
        (name, model), marks=() if (name, model) == ("elbo", "bernoulli") else TIER.get(name, pytest.mark.long)
    )
    for name, model in NAMES
]


@pytest.mark.parametrize("case", EAGER + LONG, ids=label, indirect=True)
def test_it_is_the_same_without_jit(case):
    """Each operation without jit is a program of its own: one case is enough for the fast tests."""
    loss, grad = case.fast(case.params, case.batch, case.key)
    batch, params = jax.tree.map(jnp.asarray, (case.batch, case.params))
    batch = batch._replace(mask=None)
    with jax.disable_jit():
        (_, plain_loss), plain_grad = jax.value_and_grad(case.total, has_aux=True)(params, batch, case.key)
    close(loss, plain_loss)
    close(grad, plain_grad)


def test_its_gradient_is_the_slope_of_its_value(case):
    if case.member.surrogate:
        return
    _, grad = case.fast(case.params, case.batch, case.key)
    leaves, tree = jax.tree.flatten(grad)
    rng = np.random.default_rng(5)
    way = [rng.normal(size=leaf.shape) for leaf in leaves]
    expected = sum(np.vdot(d, leaf) for d, leaf in zip(way, leaves, strict=True))

    def at(distance):
        way_there = jax.tree.unflatten(tree, way)
        params = jax.tree.map(lambda p, d: np.float32(p + distance * d), as_numpy(case.params), way_there)
        return np.float64(case.fast(params, case.batch, case.key)[0].value).sum()

    np.testing.assert_allclose((at(5e-3) - at(-5e-3)) / 1e-2, expected, rtol=0.01, atol=0.02)


def test_a_row_does_not_see_its_batch_mates_or_its_place(case):
    if case.record.across:
        return
    loss, _ = case.fast(case.params, case.batch, case.key)
    loss, order = as_numpy(loss), np.array([4, 2, 0, 5, 1, 3])
    moved = jax.tree.map(lambda leaf: leaf[order], as_numpy(case.batch))
    close(case.fast(case.params, moved, case.key)[0], jax.tree.map(lambda leaf: leaf[order], loss))
    other = as_numpy(case.batch)  # a copy
    other.inputs[1:], other.targets[1:], other.index[1:] = -2, 0, other.index[1:] + 1
    mixed = as_numpy(case.fast(case.params, other, case.key)[0])
    close(jax.tree.map(lambda leaf: leaf[0], mixed), jax.tree.map(lambda leaf: leaf[0], loss))
    assert (mixed.value[1:] != loss.value[1:]).all()


def test_its_draws_follow_the_key_and_the_index(case):
    loss, _ = case.fast(case.params, case.batch, case.key)
    close(case.fast(case.params, case.batch, case.key)[0], loss, rtol=0, atol=0)
    elsewhere = case.batch._replace(index=np.asarray(case.batch.index) + 1)
    draws = case.member.draws and not isinstance(case.model.parts.posterior, latents.Point)
    for other in (case.fast(case.params, case.batch, jax.random.key(9)), case.fast(case.params, elsewhere, case.key)):
        assert (other[0].value != loss.value).all() if draws else (other[0].value == loss.value).all()


def test_without_an_index_rows_are_numbered_and_without_a_mask_all_steps_exist(case):
    weight = None if case.record.across else np.zeros(ROWS, "f4")
    loss = case.traced(case.params, case.bare._replace(weight=weight), case.key, HYPER)
    numbered = case.batch._replace(index=np.arange(ROWS))
    close(loss, case.fast(case.params, numbered, case.key)[0])


def test_its_terms_add_up(case):
    if case.member.total is None:
        return
    loss, _ = case.fast(case.params, case.batch, case.key)
    close(loss.value, case.member.total(loss.terms, beta=0.7 * 2 / 4))


def test_its_numbers_may_be_traced_and_weights_are_left_to_the_step(case):
    numbered = case.fast(case.params, case.batch._replace(index=np.arange(ROWS)), case.key)[0]
    weights = (np.zeros(ROWS, "f4"), np.arange(ROWS, dtype="f4"))
    for weight in (np.ones(ROWS, "f4"),) if case.record.across else weights:
        close(case.traced(case.params, case.bare._replace(weight=weight), case.key, HYPER), numbered)
    if case.member.total is None:
        return
    stronger = case.traced(case.params, case.bare._replace(weight=weight), case.key, HYPER._replace(beta=1.4))
    close(stronger.value, case.member.total(stronger.terms, beta=1.4 * 2 / 4))


def test_rows_of_weight_0_are_in_none_of_its_sums(case):
    if not (case.record.advance or case.record.across):
        return
    weighed = case.batch._replace(weight=np.float32(np.arange(ROWS) < 4))
    few = jax.tree.map(lambda leaf: leaf[:4], case.batch)
    if case.record.across:
        whole = as_numpy(case.fast(case.params, weighed, case.key)[0])
        close(jax.tree.map(lambda leaf: leaf[:4], whole), case.fast(case.params, few, case.key)[0])
        return
    sums, expected = (case.whole(case.params, batch, case.key).updates for batch in (weighed, few))
    assert sums
    close(sums, expected)


def test_what_is_outside_the_mask_counts_for_nothing(case):
    mask = np.arange(5) < np.array([[5], [1], [3], [4], [2], [5]])

    def padded(junk):
        inputs, targets = (np.where(mask[..., None], x, np.float32(junk)) for x in case.batch[:2])
        return case.batch._replace(inputs=inputs, targets=targets, mask=mask)

    loss, grad = as_numpy(case.fast(case.params, padded(0.5), case.key))
    other_loss, other_grad = case.fast(case.params, padded(np.nan), case.key)
    assert finite((other_loss, other_grad))
    close(other_loss, loss, rtol=1e-6)
    close(other_grad, grad, rtol=1e-6)
    if case.record.across:  # all rows see those that are padded
        return
    whole = as_numpy(case.fast(case.params, case.batch, case.key)[0])
    full = np.array([0, 5])  # rows without padding
    np.testing.assert_allclose(loss.value[full], whole.value[full], rtol=1e-5)
    assert (np.delete(loss.value, full) != np.delete(whole.value, full)).all()


def test_only_the_targets_that_count_do(case):
    if not case.member.reads_targets:
        return
    counted = np.random.default_rng(4).random((ROWS, *EVENT)) < 0.5
    targets = np.asarray(case.batch.targets)
    some = as_numpy(case.fast(case.params, case.batch._replace(counted=counted), case.key))
    other = case.batch._replace(counted=counted, targets=np.where(counted, targets, 1 - targets))
    close(case.fast(case.params, other, case.key), some)
    every = case.batch._replace(counted=np.ones_like(counted))
    close(case.fast(case.params, every, case.key), as_numpy(case.fast(case.params, case.batch, case.key)))
    assert (some[0].value != case.fast(case.params, case.batch, case.key)[0].value).all()


def test_a_generative_objective_needs_a_prior(case):
    if not case.member.generative:
        return
    parts = {**case.model.parts._asdict(), "prior": None}
    without = Case(case.member, Autoencoder(**parts))
    with pytest.raises(TypeError, match="no prior"):
        jax.eval_shape(without.loss, case.params, case.batch, case.key)
